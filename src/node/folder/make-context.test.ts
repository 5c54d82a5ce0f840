import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { blankFile } from '../../../test/harness/records.ts';
import { sha256 } from '../../edges/memory/memory-folder.ts';
import { openRecordStore } from '../../edges/store/record-store.ts';
import type { FileRecord, Look } from '../../core/model/file-record.ts';
import type { FolderRecords } from '../../ports/record-store.ts';
import type { FolderContext } from './folder-context.ts';
import { makeContext } from './make-context.ts';

const OWN = 1n;
const EDITOR = 2n;
const DELETER = 3n;

const LOOK: Look = {
  type: 'file',
  size: 4,
  permissions: 0o644,
  modifiedNs: 1n,
  changedNs: 1n,
  inode: 1n,
  symlinkTarget: new Uint8Array(0),
};

function contextOf(records: FolderRecords, nowMs: number, onSaved?: (names: string[]) => void): FolderContext {
  return makeContext(
    {
      id: 'docs',
      device: OWN,
      edges: {
        clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
        log: {},
        store: { uncleanStop: false },
        digest: sha256,
      },
      onSaved: (saved: readonly { name: string }[]) => onSaved?.(saved.map(({ name }) => name)),
    } as never,
    { records } as never,
  );
}

test('M5 what is taken over after another peer has told a delete that had not seen it is told anew to that peer', () => {
  const store = openRecordStore(':memory:', { randomBytes: (length) => new Uint8Array(length).fill(7) });
  const records = store.folder('docs');
  const saves: string[][] = [];
  const context = contextOf(records, 10_000, (saved) => void saves.push(saved));
  const edit = blankFile('text', {
    size: 4,
    version: [{ device: EDITOR, value: 2n }],
    blocks: sha256(Buffer.from('text')),
  });
  const gone = { ...blankFile('text', { version: [{ device: DELETER, value: 1n }] }), deleted: true };
  records.saveRemote(EDITOR, [edit], true);
  records.saveRemote(DELETER, [gone], true);
  context.save([{ record: edit, look: LOOK }]);
  const { version } = records.local('text')?.record ?? {};
  deepEqual(saves, [['text'], ['text']]);
  deepEqual(version, [
    { device: OWN, value: 10n },
    { device: EDITOR, value: 2n },
    { device: DELETER, value: 1n },
  ]);
  store.close();
});

test('V3 after a restart with a clock that is behind, what begins anew counts on from all that was given out, also to versions that are gone', () => {
  const store = openRecordStore(':memory:', { randomBytes: (length) => new Uint8Array(length).fill(7) });
  const records = store.folder('docs');
  const made = (device: bigint, value: bigint): FileRecord => blankFile('text', { version: [{ device, value }] });
  const before = contextOf(records, 10_000);
  before.save([{ record: made(OWN, 10n), look: LOOK }]);
  before.save([{ record: made(EDITOR, 4n), look: LOOK }]);
  equal(contextOf(records, 9000).author('text').given, 10n);
  store.close();
});
