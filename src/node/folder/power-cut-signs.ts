/**
 * What a power cut, or the loss of our records, has made of the disk: bytes and names that nobody changed, and that must not be
 * told as somebody's doing (R3).
 * @module
 */
import {
  isHere,
  NO_BYTES,
  sameBytes,
  sameLook,
  type FileRecord,
  type LocalRecord,
  type Look,
} from '../../core/model/file-record.ts';
import { compareVersions } from '../../core/model/version-vector.ts';
import { disowned, looksDamaged, wasBroughtBack, wasSetBack, type Sighting } from '../../core/scan/changes.ts';
import { isLeftover } from '../../core/scan/provisional.ts';
import { isTrouble } from '../../ports/file-tree.ts';
import { isUnclaimed } from './damage-list.ts';
import type { FolderContext } from './folder-context.ts';
import { lostNames, type Missing } from './lost-names.ts';
import { MovedNames } from './moved-names.ts';
import { namesBelow } from './names-below.ts';

/** What a power cut leaves of a file are whole pages of zeros, and the zeros of the last page up to its end. */
const PAGE_BYTES = 4096;

/** Of more only those that stay where they are are known for what they are. */
const DAMAGED_MAX = 1000;

export interface Found {
  readonly name: string;
  readonly seen: Sighting;
}

export class PowerCutSigns {
  readonly #context: FolderContext;
  readonly #moves: MovedNames;
  #isRenewed = false;
  /** By inode: files that were found damaged in this run. */
  readonly #damaged = new Map<bigint, { readonly modifiedNs: bigint; readonly blocks: Uint8Array }>();

  constructor(context: FolderContext) {
    this.#context = context;
    this.#moves = new MovedNames(context.records);
  }

  /**
   * Of files that changed without a new time, those that a power cut has emptied or filled with zeros; and those that it has set
   * back, if a peer has what came after.
   */
  async damaged(found: readonly Found[]): Promise<ReadonlySet<string>> {
    const damaged = new Set<string>();
    for (const { name, seen } of found) if (await this.#isDamaged(name, seen)) damaged.add(name);
    return damaged;
  }

  async #isDamaged(name: string, { look, blocks }: Sighting): Promise<boolean> {
    const { records, tree, doubt, digest } = this.#context;
    const local = records.local(name);
    if (local?.look === undefined) return false;
    const inDoubt = doubt.mayHaveDamaged(local);
    if (inDoubt && doubt.wasTakenBack(local, look) && records.holders(local.record).length > 0) return true;
    if (look.type !== 'file') return false;
    if (look.size === local.record.size && sameBytes(blocks, local.record.blocks)) return false; // all is there
    if (doubt.isAboutName(local) && wasSetBack(local, look, digest(blocks)) && this.#isKnown(local.record, blocks)) {
      this.#giveUp([local]);
      return true;
    }
    // Nobody writes without leaving a trace.
    const isReread = inDoubt || doubt.isAbout(local.record, look) || isUnclaimed(local.record);
    if (sameLook(local.look, look) && isReread) return true;
    const { modifiedNs } = local.look;
    if (inDoubt ? look.modifiedNs > modifiedNs : look.modifiedNs !== modifiedNs) return false;
    if (wasBroughtBack(local, look, doubt.isFresh(name, local.look))) return false;
    const offset = Math.max(0, Math.ceil(look.size / PAGE_BYTES) - 1) * PAGE_BYTES;
    const [tail] = await tree.read([{ name, offset, bytes: look.size - offset, hash: undefined }]);
    return looksDamaged(local, look, tail === undefined || isTrouble(tail) ? NO_BYTES : tail);
  }

  /** Has a peer what came after, or, where nobody has told of that yet, what is here now? Then what peers know decides. */
  #isKnown(own: FileRecord, blocks: Uint8Array): boolean {
    const { records } = this.#context;
    if (records.holders(own).length > 0) return true;
    return records
      .versions(own.name)
      .remotes.some(({ record }) => !record.deleted && !record.invalid && sameBytes(record.blocks, blocks));
  }

  /** Peers have been told of it: of what nobody has they would ask us without end. They hear anew what we have. */
  #giveUp(lost: readonly LocalRecord[]): void {
    const { records } = this.#context;
    const isOursAlone = ({ record }: LocalRecord): boolean => {
      const newest = records.newest(record.name);
      const isNewest = newest !== undefined && compareVersions(newest.version, record.version) === 'equal';
      return isNewest && records.holders(record).length === 0;
    };
    if (!lost.some(isOursAlone)) return;
    records.renewIndexId();
    this.#isRenewed = true;
  }

  /** What was given up is recorded so by now: who is connected hears it at once, and not half of it with the next cluster config. */
  retell(): void {
    if (this.#isRenewed) this.#context.retell();
    this.#isRenewed = false;
  }

  /** It is damaged: wherever somebody moves it. */
  remember({ look, blocks }: Sighting): void {
    if (this.#damaged.size < DAMAGED_MAX) this.#damaged.set(look.inode, { modifiedNs: look.modifiedNs, blocks });
  }

  /** It was met for the first time, and nobody knows since when it is there: it may be what is missing elsewhere. */
  arrived(name: string, look: Look): void {
    this.#moves.arrived(name, look);
  }

  /** Was it damaged under another name, from which a person has moved it since? Then it is no better here. */
  isMoved(own: LocalRecord | undefined, seen: Sighting): boolean {
    const { look, blocks } = seen;
    const isInPlace = isHere(own) && own.look?.inode === look.inode;
    if (look.type !== 'file' || isInPlace) return false;
    if (this.#context.doubt.hasLost(look, this.#context.digest(blocks))) return true;
    const known = this.#damaged.get(look.inode);
    if (known !== undefined && known.modifiedNs === look.modifiedNs && sameBytes(known.blocks, blocks)) return true;
    return this.#context.damageList.isElsewhere(seen);
  }

  /**
   * Of names that are not on the disk, those that a power cut has taken are forgotten, and so wanted from the peers that have them.
   * @param doubtful those of the absent names that it may have taken, with what was in them.
   * @returns these, those of which nobody can tell yet, and the others.
   */
  async takeLost(
    absent: readonly string[],
    doubtful: ReadonlySet<string>,
  ): Promise<Readonly<Record<'lost' | 'untold' | 'gone', readonly string[]>>> {
    const { records, doubt } = this.#context;
    const missing = new Map<string, Missing>();
    for (const top of doubtful)
      for (const name of [top, ...namesBelow(records, top)]) {
        const local = records.local(name);
        const isDoubted = doubt.covers(top) || doubt.covers(name) || missing.get(name)?.isDoubted === true;
        if (isHere(local)) missing.set(name, { local, isDoubted });
      }
    const { lost: taken, untold } = await lostNames(this.#context, [...missing.values()], this.#moves);
    // Also where the doubt was about the directory that they went with, and that one is known for what it is by then.
    for (const name of untold) doubt.leave(name, missing.get(name)?.isDoubted === true);
    const lost = taken.map(({ record }) => record.name);
    if (lost.length > 0) {
      if (!(await this.#context.rootIsOurs())) return { lost: [], untold: absent, gone: [] };
      this.#giveUp(taken);
      this.#context.forget(lost);
      this.retell();
      this.#context.pullSoon(); // it may have been found long after the walk that looked for it
    }
    if (lost.length + untold.length === 0) return { lost, untold, gone: absent };
    const gone = new Set([...absent, ...missing.keys()]);
    for (const name of [...lost, ...untold]) gone.delete(name);
    return { lost, untold, gone: [...gone] };
  }

  /**
   * Found after the records were lost or set back, and known to a peer as what it has replaced or deleted (SPEC E5); or back
   * after a power cut, though deleted here and there, with no sign of a hand that brought it (SPEC E9).
   */
  isLeftover(found: FileRecord, look: Look, mayBeBack: boolean): boolean {
    const { remotes } = this.#context.records.versions(found.name);
    const touchedNs = look.modifiedNs > look.changedNs ? look.modifiedNs : look.changedNs;
    const hash = this.#context.digest(found.blocks);
    const isOlder = ({ deleted, modifiedNs, previousBlocksHash }: FileRecord): boolean => {
      // Where the delete is yet to come, one of two clocks is wrong: another content may be new.
      const isClock = modifiedNs <= this.#context.doubt.beganNs;
      return deleted && modifiedNs > touchedNs && (isClock || sameBytes(previousBlocksHash, hash));
    };
    if (mayBeBack && remotes.some(({ record }) => isOlder(record))) return true;
    if (!this.#context.isProvisional()) return false;
    return remotes.some(({ record }) => isLeftover(disowned(found), look, record, hash, this.#context.author()));
  }
}
