import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { record, version } from '../../../test/harness/records.ts';
import type { FileRecord } from '../model/file-record.ts';
import { meet, type Meeting } from './first-meeting.ts';

const mine = record({ content: 'mine', version: version({ 1: 1 }) });
const twin = record({ content: 'mine', version: version({ 2: 1 }) });
const theirs = record({ content: 'theirs', version: version({ 2: 1 }) });
const removal = record({ deleted: true, version: version({ 2: 2 }) });
const ignored: FileRecord = { ...mine, invalid: true };

const rows: [rule: string, mine: FileRecord | undefined, theirs: FileRecord | undefined, want: Meeting][] = [
  ['M11 equal content is the same, whatever the versions', mine, twin, 'same'],
  ['M11 other content is different: both are kept', mine, theirs, 'different'],
  [
    'M11 another kind of thing is different',
    record({ type: 'directory', version: version({ 1: 1 }) }),
    theirs,
    'different',
  ],
  ['M11 nobody else has it', mine, undefined, 'only-here'],
  ['M11 others have deleted one of that name: ours is still ours', mine, removal, 'only-here'],
  ['M11 it is not here', undefined, theirs, 'only-there'],
  ['M11 what is ignored here is not here', ignored, theirs, 'only-there'],
  ['M11 nobody has it any more', undefined, removal, 'nothing'],
];
for (const [rule, ours, others, want] of rows) test(rule, () => equal(meet(ours, others), want));
