/**
 * What a cluster config means for one folder: from where on the peer is told, and whether what is held of it still counts
 * (bep.md §4.1, R14).
 * @module
 */
import { shortId } from '../../core/model/device-id.ts';
import { sameBytes } from '../../core/model/file-record.ts';
import { hasGoneBack, indexStart, isOtherIndex, type IndexPosition } from '../../core/session/index-start.ts';
import type { ClusterConfig } from '../../core/wire/messages.ts';
import type { Log } from '../../ports/log.ts';
import type { Folder } from '../folder/folder.ts';
import { RUNNING } from './own-config.ts';

/** All that is kept of a folder in a cluster config (R19). */
export interface Told {
  readonly id: string;
  readonly isRunning: boolean;
  /** What the peer says it holds of our index; undefined: it does not name us. */
  readonly ours: IndexPosition | undefined;
  /** Its own index; undefined: it does not name itself. */
  readonly theirs: IndexPosition | undefined;
}

export interface Terms {
  /** Tell what has a higher sequence number; 0: a full index. */
  readonly from: number;
  /** The peer's index is whole once this sequence number has been heard. */
  readonly completeAt: number;
  /** Our index has another ID now: everybody has to hear of it. */
  readonly isRenewed: boolean;
  /** What was held of the peer is dropped, and has to be asked for. */
  readonly isDropped: boolean;
}

export interface Parties {
  /** Raw device IDs. */
  readonly own: Uint8Array;
  readonly peer: Uint8Array;
  readonly log: Log;
}

/** What a cluster config says of the indexes. */
export function toldIn({ folders }: ClusterConfig, { own, peer }: Pick<Parties, 'own' | 'peer'>): Told[] {
  return folders.map(({ id, stopReason, devices }) => {
    const of = (device: Uint8Array): IndexPosition | undefined => {
      const found = devices.find((listed) => sameBytes(listed.id, device));
      return found && { indexId: found.indexId, maxSequence: found.maxSequence };
    };
    return { id, isRunning: stopReason === RUNNING, ours: of(own), theirs: of(peer) };
  });
}

/** Do two cluster configs say the same of the indexes? */
export function isSame(before: readonly Told[], after: readonly Told[]): boolean {
  const textOf = (told: readonly Told[]): string =>
    JSON.stringify(told, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  return textOf(before) === textOf(after);
}

/**
 * @param isFresh the config has just come; an older one says less than was told since.
 * @returns undefined if it does not name both of us.
 */
export function agree(folder: Folder, told: Told, parties: Parties, isFresh: boolean): Terms | undefined {
  const { records } = folder;
  const peer = shortId(parties.peer);
  const { ours: me, theirs: them } = told;
  if (me === undefined || them === undefined) return undefined;
  const held = records.remoteIndex(peer);
  const isDropped = isFresh && hasGoneBack(held, them);
  if (isDropped || isOtherIndex(held, them.indexId)) {
    folder.admission.dropTold(peer);
    records.setRemoteIndex(peer, them.indexId);
  }
  if (isDropped) {
    const details = { folder: folder.id, held: held.maxSequence, announced: them.maxSequence };
    parties.log.warn(details, 'the index of a peer went back; asking for all of it again');
  }
  const own = { indexId: records.indexId(), maxSequence: folder.announced.atMost(peer) };
  const start = indexStart(own, me, records.gaps());
  const isAhead = start.tell === 'renew';
  const isRenewed = isAhead && folder.admission.doubt(peer);
  if (isAhead) {
    const consequence = isRenewed ? 'starting a new one' : 'it said so before, and is told all of it';
    parties.log.warn({ folder: folder.id }, `a peer knows more of our index than we do; ${consequence}`);
  }
  // Who has told us of another index says 0 while it may not tell of the new one yet: then nothing of that is heard.
  const isSilent = them.maxSequence === 0 && held.maxSequence > 0;
  return { from: isAhead ? 0 : start.sequence, completeAt: isSilent ? 1 : them.maxSequence, isRenewed, isDropped };
}
