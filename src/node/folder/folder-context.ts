/**
 * What the parts of one running folder share. Parts talk through this and through the records, never to each other's inside.
 * @module
 */
import type { LocalRecord } from '../../core/model/file-record.ts';
import type { Author } from '../../core/scan/changes.ts';
import type { Ignores } from '../../core/scan/ignore.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FileTree } from '../../ports/file-tree.ts';
import type { Log } from '../../ports/log.ts';
import type { FolderRecords } from '../../ports/record-store.ts';
import type { BusyNames } from './busy-names.ts';
import type { DamageList } from './damage-list.ts';
import type { Doubt } from './doubt.ts';
import type { GitIndexes } from './git-indexes.ts';
import type { Givers } from './givers.ts';
import type { HistoryKeeper } from './history-keeper.ts';
import type { Mounts } from './mounts.ts';
import type { Problems } from './problems.ts';

export interface FolderContext {
  readonly id: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly tree: FileTree;
  readonly records: FolderRecords;
  readonly problems: Problems;
  readonly damageList: DamageList;
  readonly doubt: Doubt;
  readonly history: HistoryKeeper;
  readonly mounts: Mounts;
  /** Names that are being put in place right now: a look at them would see a state of no record. */
  readonly busy: BusyNames;
  readonly givers: Givers;
  readonly gitIndexes: GitIndexes;
  /** SHA-256. */
  readonly digest: (bytes: Uint8Array) => Uint8Array;
  ignores(): Ignores;
  /** This device, now. @param name that peers may have told of. */
  author(name?: string): Author;
  /** Saves own records durably, then tells the peers (R1). */
  save(records: readonly LocalRecord[]): void;
  /** A version of the history stands there again: it was not made from what it replaces. */
  putBack(name: string): void;
  /** Is it so, and not recorded yet? */
  isPutBack(name: string): boolean;
  /** Forgets own records, as if the names had never been here. */
  forget(names: readonly string[]): void;
  /** What peers said of such names may have to be answered otherwise now. */
  onForgotten(listener: (names: readonly string[]) => void): void;
  /** The own index has another ID, and the records are as peers are to hear them now. */
  retell(): void;
  /** Is the root still the folder that it was? Asked before anything is taken for deleted (SPEC F2). */
  rootIsOurs(): Promise<boolean>;
  /** While a walk goes on or is asked for: what seems to be gone may be found under another name. */
  isWalking(): boolean;
  /** While the records began with nothing and no peer has told all it knows (SPEC E5). */
  isProvisional(): boolean;
  /** While that is so because the records are older than what a peer has heard of them (SPEC E8). */
  isSetBack(): boolean;
  /** Has each peer that began to tell all of its index come to the end? Else what it has not said is no word of it. */
  isAllHeard(): boolean;
  /** Something is wanted from peers that was not before. */
  pullSoon(): void;
  /** Asks for these names to be looked at soon. */
  suspect(names: readonly string[]): void;
}
