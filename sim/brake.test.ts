/** The brake on mass deletes, when the deletes of a peer come while others are being carried out. */
import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { NO_BYTES, type FileRecord } from '../src/core/model/file-record.ts';
import { Desk, type Machine } from './desk.ts';

const FILES = 1500;
/** Fewer than a fifth, and more than the puller reads at a time. */
const ALLOWED = 250;

/** What a peer says of names that it has deleted. */
function deletesOf(machine: Machine, names: readonly string[], peer: bigint): FileRecord[] {
  const { records } = machine.folder();
  return names.flatMap((name) => {
    const theirs = records.versions(name).remotes[0]?.record;
    if (theirs === undefined) return [];
    const version = theirs.version.map(({ device, value }) => ({ device, value: value + 1n }));
    const gone = { deleted: true, size: 0, blocks: NO_BYTES, blockSize: 0, modifiedBy: peer };
    return [{ ...theirs, ...gone, version, sequence: theirs.sequence + 10 * FILES }];
  });
}

test('R12 deletes that come while allowed ones are carried out are judged before they are', async () => {
  using desk = new Desk(['a', 'b']);
  const [a, b] = desk.machines;
  ok(a !== undefined && b !== undefined);
  await desk.start(a, b);
  for (let index = 0; index < FILES; index += 1) a.write(`file ${String(index).padStart(4, '0')}`, `content ${index}`);
  ok(await desk.until(() => b.names().length === FILES));
  ok(await desk.inSync(a, b));
  const names = b.names();
  a.crash(); // b hears of a from here on alone
  await desk.runFor(2000);
  const { records } = b.folder();
  let areMoreTold = false;
  b.faults.beforeRecords = (call, values) => {
    const cursor = values[0] as { phase: string; name?: string } | undefined;
    if (call !== 'need' || cursor?.phase !== 'delete-file' || cursor.name === undefined || areMoreTold) return;
    areMoreTold = true;
    records.saveRemote(a.short, deletesOf(b, names.slice(ALLOWED), a.short), false);
    b.folder().pullSoon();
  };
  records.saveRemote(a.short, deletesOf(b, names.slice(0, ALLOWED), a.short), false);
  b.folder().pullSoon();
  await desk.runFor(60_000);
  ok(areMoreTold);
  equal(b.folder().state, 'needs-you');
  equal(b.names().length, FILES - ALLOWED);
});
