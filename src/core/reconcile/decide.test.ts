import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { record, version } from '../../../test/harness/records.ts';
import type { FileRecord } from '../model/file-record.ts';
import { decide, mustRevive, type Decision } from './decide.ts';

const mine = record({ content: 'mine', version: version({ 1: 1 }), modifiedNs: 1n });
const next = record({ content: 'next', version: version({ 1: 1, 2: 1 }), modifiedNs: 2n });
const theirs = record({ content: 'theirs', version: version({ 2: 1 }), modifiedNs: 2n });
const twin = record({ content: 'mine', version: version({ 2: 1 }), modifiedNs: 2n });
const removal = record({ deleted: true, version: version({ 1: 1, 2: 1 }), modifiedNs: 2n });
const directory = record({ type: 'directory', version: version({ 1: 1 }) });
const copy = 'notes.sync-conflict-20261124-101500-ABCDEFG.txt';

const rows: [rule: string, mine: FileRecord | undefined, newest: FileRecord, others: FileRecord[], want: Decision][] = [
  ['M8 what is here is no work: our own echo', mine, mine, [], 'nothing'],
  ['M8 a name never seen is installed', undefined, next, [], 'install'],
  ['M8 a delete of what was never here is no work', undefined, removal, [], 'nothing'],
  ['M9 a later edit replaces what it has seen', mine, next, [], 'install'],
  ['M9 a delete that has seen it is carried out', mine, removal, [], 'delete'],
  ['M9 both are deleted: only the record changes', { ...removal, version: version({ 1: 1 }) }, removal, [], 'record'],
  ['M9 a file comes back after a delete', { ...removal, version: version({ 1: 1 }) }, next, [], 'install'],
  ['M1 equal content is no conflict', mine, twin, [], 'attributes'],
  ['M3 both edited: ours stays beside, not lost', mine, theirs, [], 'install-beside'],
  [
    'M3 an equal vector with other content is a conflict',
    mine,
    { ...mine, blocks: theirs.blocks },
    [],
    'install-beside',
  ],
  ['M4 somebody has seen ours and gone on: no conflict', mine, theirs, [next], 'install'],
  [
    'M4 what was replaced is the content that is here: no conflict',
    mine,
    { ...theirs, previousBlocksHash: mine.blocks },
    [],
    'install',
  ],
  ['M4 what has no claim gives way', { ...mine, version: [] }, theirs, [], 'install'],
  ['M6 a conflict copy is not copied again', { ...mine, name: copy }, { ...theirs, name: copy }, [], 'install'],
  ['M6 a directory is not set aside', directory, theirs, [], 'install'],
  [
    'M3 a directory wins over our file: the file stays beside',
    mine,
    { ...directory, version: version({ 2: 1 }), modifiedNs: 9n },
    [],
    'install-beside',
  ],
];
const feigned = version({ 1: 4_000_000_000, 2: 1 });
rows.push(
  [
    'R10 a version that only claims to have seen our edit leaves it beside',
    mine,
    { ...next, version: feigned },
    [],
    'install-beside',
  ],
  ['R10 nor does its word count for another one', mine, theirs, [{ ...next, version: feigned }], 'install-beside'],
  ['R10 a delete that only claims so does not stand', mine, { ...removal, version: feigned }, [], 'revive'],
  [
    'R10 what others made is theirs to look after',
    { ...mine, modifiedBy: 3n },
    { ...next, version: feigned },
    [],
    'install',
  ],
  [
    'R10 a claim that is no larger than what we hold is none',
    { ...mine, version: feigned },
    { ...next, version: [...feigned, ...version({ 3: 1 })] },
    [],
    'install',
  ],
);
const ME = { device: 1n, nowMs: 5_000_000 };
/** Good enough for a hash here: the bytes themselves. */
const hashOf = (bytes: Uint8Array): Uint8Array => bytes;
for (const [rule, own, newest, others, want] of rows)
  test(rule, () => equal(decide(own, newest, others, hashOf, ME), want));

const revivals: [rule: string, mine: FileRecord | undefined, theirs: FileRecord, want: boolean][] = [
  [
    'M5 an edit speaks up against a delete that had not seen it',
    mine,
    { ...removal, version: version({ 2: 1 }) },
    true,
  ],
  ['M5 a delete that has seen it stands', mine, removal, false],
  ['M5 a delete is nothing to a device without the file', undefined, removal, false],
  [
    'M5 what is ignored here says nothing',
    { ...mine, invalid: true },
    { ...removal, version: version({ 2: 1 }) },
    false,
  ],
  ['M5 an edit is no delete', mine, theirs, false],
];
for (const [rule, own, other, want] of revivals) test(rule, () => equal(mustRevive(own, other), want));
