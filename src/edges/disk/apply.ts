/**
 * Applying a batch of changes: staged bytes durable → each change put in place → directories durable (R1).
 * @module
 */
import { parentOf } from '../../core/model/folder-path.ts';
import { isTrouble, type Applied, type Change, type Trouble } from '../../ports/file-tree.ts';
import { whileWritable } from './attributes.ts';
import type { Batch } from './batch.ts';
import { copyAhead, dropCopies } from './copies-ahead.ts';
import { settleEntries, settleStaged } from './durable.ts';
import { HistorySlot } from './history-slot.ts';
import { place } from './place.ts';
import { keepSpare, spendSpare } from './spare.ts';
import type { SystemCalls } from './system-calls.ts';
import { guarded } from './trouble.ts';
import { nameTrouble, walking } from './walk.ts';

/** @param nowMs the moment that the history will name. */
export function apply(root: string, changes: readonly Change[], nowMs: number, system: SystemCalls): Applied[] {
  const { refused, copies } = walking(root, (walk) => ({
    copies: copyAhead(walk, system, changes),
    refused: settleStaged(walk, system, changes),
  }));
  // A new walk: flushing took its time, and the user may have moved directories meanwhile.
  return walking(root, (walk) => {
    const touchedDirectories = new Set<string>();
    const slot = new HistorySlot(walk, touchedDirectories, nowMs);
    const batch: Batch = { walk, system, slot, copies, touchedDirectories, touchedFiles: new Set() };
    const applied = changes.map((change) => {
      walk.trim();
      return stageTrouble(refused, change) ?? applyInAnyRoom(batch, change);
    });
    dropCopies(walk, copies);
    keepSpare(walk);
    const failed = guarded(() => settleEntries(batch));
    if (failed === undefined) return applied;
    return applied.map((one) => (isTrouble(one) ? one : { ...failed, mayBeDone: true }));
  });
}

/** A delete is done on a full disk, too. */
function applyInAnyRoom(batch: Batch, change: Change): Applied {
  const applied = applyOne(batch, change);
  const isShort = change.change === 'delete' && isTrouble(applied) && applied.trouble === 'disk-full';
  return isShort && spendSpare(batch.walk) ? applyOne(batch, change) : applied;
}

function applyOne(batch: Batch, change: Change): Applied {
  const names = change.change === 'move' ? [change.name, change.from] : [change.name];
  for (const name of names) {
    const refused = nameTrouble(name);
    if (refused !== undefined) return refused;
  }
  return guarded(() => {
    const parents = names.map((name) => batch.walk.directory(parentOf(name)));
    return whileWritable(new Set(parents.filter((path) => path !== undefined)), () => place(batch, change));
  });
}

function stageTrouble(refused: ReadonlyMap<string, Trouble>, change: Change): Trouble | undefined {
  return change.change === 'file' ? refused.get(change.stage) : undefined;
}
