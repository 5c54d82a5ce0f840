/**
 * What joining will do to a folder, counted before anything is done.
 * @module
 */
import { newestOf } from '../../core/index/newest.ts';
import { meet } from '../../core/reconcile/first-meeting.ts';
import type { FolderRecords } from '../../ports/record-store.ts';

/** Files and symlinks; directories go without saying. */
export interface JoinPreview {
  /** Nothing to do. */
  readonly same: number;
  /** Will be sent. */
  readonly onlyHere: number;
  /** Will be brought, of `bytesToCome` bytes. */
  readonly onlyThere: number;
  /** Both are kept, one as a conflict copy. */
  readonly different: number;
  readonly bytesToCome: number;
}

const PAGE = 500;

export function previewOf(records: FolderRecords): JoinPreview {
  const count = { same: 0, onlyHere: 0, different: 0 };
  for (let after = ''; ;) {
    const page = records.below('', after, PAGE);
    const last = page.at(-1);
    if (last === undefined) break;
    for (const { record } of page) {
      if (record.type === 'directory') continue;
      const theirs = newestOf(records.versions(record.name).remotes.map((remote) => remote.record));
      const meeting = meet(record, theirs);
      if (meeting === 'same') count.same += 1;
      else if (meeting === 'different') count.different += 1;
      else if (meeting === 'only-here') count.onlyHere += 1;
    }
    after = last.record.name;
  }
  const { global, local, need } = records.counts();
  // Whatever is in the folder all together and not here is only there.
  const onlyThere = global.files + global.symlinks - (local.files + local.symlinks);
  return { ...count, onlyThere: Math.max(0, onlyThere), bytesToCome: need.bytes };
}
