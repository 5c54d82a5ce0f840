/**
 * Copies for the history that are made before the changes which need them, so that many share one flush.
 *
 * A file that has several names is copied to the history ({@link isToBeCopied}), and its copy has to be durable before its name goes.
 * A tree of hard links (pnpm, Bazel) has thousands of such files, and a flush for each takes a hundred times as long as all else.
 *
 * What cannot be copied here is copied when its turn comes, by itself. What is edited after it was copied here is seen to be when
 * its turn comes, and stays.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { statSync, unlinkSync } from 'node:fs';
import { sameLook } from '../../core/model/file-record.ts';
import type { Change } from '../../ports/file-tree.ts';
import type { CopiesAhead } from './batch.ts';
import { copyEntry, type CopyWay } from './copy.ts';
import { canFlushAll, FLUSH_ALL_FROM, flushStaged, OWNER_READS } from './durable.ts';
import { isToBeCopied, lookBySystem } from './look.ts';
import { HISTORY, STAGING } from './own-directory.ts';
import { stagedPath } from './staging.ts';
import type { SystemCalls } from './system-calls.ts';
import { guarded } from './trouble.ts';
import { nameTrouble, type Walk } from './walk.ts';

/** Makes the copies that a batch will need: where they are few, or cannot share a flush, none. */
export function copyAhead(walk: Walk, system: SystemCalls, changes: readonly Change[]): CopiesAhead {
  const copies: CopiesAhead = new Map();
  const failed = guarded(() => copyAll(walk, system, changes, copies));
  if (failed !== undefined) dropCopies(walk, copies);
  return copies;
}

function copyAll(walk: Walk, system: SystemCalls, changes: readonly Change[], copies: CopiesAhead): undefined {
  if (changes.length < FLUSH_ALL_FROM) return;
  const { dev: device } = statSync(walk.directory(HISTORY) ?? walk.directory('') ?? '', { bigint: true });
  // One name of each: once that has gone, its other names look otherwise than they are expected to.
  const inodes = new Set<bigint>();
  const names = changes.flatMap((change) => {
    walk.trim();
    const inode = inodeToCopy(walk, change, device);
    if (inode === undefined || inodes.has(inode)) return [];
    inodes.add(inode);
    return [change.name];
  });
  if (names.length < FLUSH_ALL_FROM) return;
  walk.ensure(STAGING, new Set());
  if (!canFlushAll(walk, system, STAGING)) return;
  const way: CopyWay = { flush: 'later', mayClone: true };
  const copyOne = (name: string): undefined => {
    const stage = `copy-${randomUUID()}`;
    const from = walk.path(name);
    const to = stagedPath(walk, stage);
    const look = from === undefined ? undefined : lookBySystem(from)?.look;
    if (from === undefined || to === undefined || look === undefined) return;
    copyEntry(from, to, system, way);
    copies.set(name, { stage, look });
  };
  for (const name of names) {
    walk.trim();
    guarded(() => copyOne(name));
  }
  const stages = [...copies.values()].map(({ stage }) => stage);
  const lost = flushStaged(walk, system, stages);
  for (const [name, { stage }] of copies) if (lost.has(stage)) dropCopy(walk, copies, name);
}

/** Removes what no change has used. */
export function dropCopies(walk: Walk, copies: CopiesAhead): void {
  for (const name of [...copies.keys()]) {
    walk.trim();
    dropCopy(walk, copies, name);
  }
}

/** A file whose owner may not read it cannot be asked about once all is flushed. */
function inodeToCopy(walk: Walk, change: Change, device: bigint): bigint | undefined {
  if (!('displace' in change) || change.displace.to !== 'history' || change.expected?.type !== 'file') return undefined;
  if (nameTrouble(change.name) !== undefined) return undefined;
  const isToBeMade = guarded(() => {
    const path = walk.path(change.name);
    const seen = path === undefined ? undefined : lookBySystem(path);
    if (seen === undefined || !isToBeCopied(seen) || !sameLook(seen.look, change.expected)) return false;
    return seen.device === device && (seen.look.permissions & OWNER_READS) !== 0;
  });
  return isToBeMade === true ? change.expected.inode : undefined;
}

function dropCopy(walk: Walk, copies: CopiesAhead, name: string): void {
  const copy = copies.get(name);
  copies.delete(name);
  guarded(() => copy && unlinkSync(stagedPath(walk, copy.stage) ?? ''));
}
