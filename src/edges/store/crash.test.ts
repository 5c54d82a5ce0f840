/** A writer is killed in the middle of its work, many times over; this file is both the test and the writer. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { blankFile } from '../../../test/harness/records.ts';
import type { FileRecord } from '../../core/model/file-record.ts';
import type { RecordStore } from '../../ports/record-store.ts';
import { openRecordStore } from './record-store.ts';

const KILLS = 20;
const PEER = 9n;
const RANDOM = { randomBytes: (length: number) => new Uint8Array(length).fill(5) };

if (process.argv[2] === 'write') write(process.argv[3] ?? '', Number(process.argv[4]));
else
  test(`K18 what was saved is there after ${KILLS} kills, and no sequence number comes twice`, async (context) => {
    const directory = mkdtempSync(join(tmpdir(), 'lanfold-crash-'));
    context.after(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'records.db');
    const promised = new Map<string, number>();
    let highest = 0;
    for (let round = 0; round < KILLS; round += 1) {
      for (const [name, sequence] of await writeUntilKilled(path, round)) {
        assert.ok(sequence > highest, `round ${round}: ${sequence} was given out before, up to ${highest}`);
        highest = sequence;
        promised.set(name, sequence);
      }
      const store = openRecordStore(path, { ...RANDOM, onRebuilt: (reason) => assert.fail(reason) });
      assert.equal(store.uncleanStop, true);
      highest = Math.max(highest, checkWhole(store, promised));
      store.close();
    }
    const store = openRecordStore(path, RANDOM);
    assert.equal(store.uncleanStop, false);
    store.close();
  });

/** @returns the highest sequence number in the store. */
function checkWhole(store: RecordStore, promised: ReadonlyMap<string, number>): number {
  const folder = store.folder('f');
  for (const [name, sequence] of promised) {
    const kept = folder.local(name)?.record.sequence ?? 0;
    assert.ok(kept >= sequence, `"${name}" was saved as ${sequence} and is kept as ${kept}`);
  }
  const changes = folder.changesSince(0, 1_000_000);
  const last = folder.maxSequence();
  assert.ok((changes.at(-1)?.sequence ?? 0) <= last);
  assert.equal(folder.counts().local.files, changes.length, 'the counts do not belong to the records');
  assert.equal(folder.need(undefined, 1_000_000).length, folder.counts().need.items);
  return last;
}

/** Kills the writer after a few of its batches; it is then at work on the next one. */
async function writeUntilKilled(path: string, round: number): Promise<[name: string, sequence: number][]> {
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const writer = spawn(process.execPath, [import.meta.filename, 'write', path, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: environment,
  });
  const ended = once(writer, 'close');
  const saved: [string, number][] = [];
  let lines = 0;
  for await (const line of createInterface({ input: writer.stdout })) {
    saved.push(...(JSON.parse(line) as [string, number][]));
    lines += 1;
    if (lines === 1 + ((round * 7) % 11)) writer.kill('SIGKILL');
  }
  const [, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  assert.equal(signal, 'SIGKILL', 'the writer ended by itself');
  return saved;
}

/** Saves for ever; tells each batch only after it is saved. */
function write(path: string, round: number): void {
  const folder = openRecordStore(path, RANDOM).folder('f');
  for (let batch = 0; ; batch += 1) {
    const count = 1 + ((batch * 37 + round * 11) % 200);
    const records = Array.from({ length: count }, (_, index) => file(`d${index % 7}/${(batch + index * round) % 500}`));
    const unlike = new Map(records.map((record) => [record.name, record]));
    const saved = folder.saveLocal([...unlike.values()].map((record) => ({ record, look: undefined })));
    folder.saveRemote(PEER, [file(`theirs/${batch}`)], batch % 5 === 0);
    writeSync(1, `${JSON.stringify(saved.map(({ name, sequence }) => [name, sequence]))}\n`);
  }
}

function file(name: string): FileRecord {
  return blankFile(name, { size: 200_000, blocks: new Uint8Array(64).fill(name.length) });
}
