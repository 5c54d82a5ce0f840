/** What is in files: nothing, zeros, holes, sizes at the borders of blocks, growth. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { test } from 'node:test';
import type { Pair } from '../nodes/pair.ts';
import { sharedPair } from './shared-pair.ts';

const MIB = 1 << 20;
/** The real sizes of the cases take minutes: `LANFOLD_TEST_LARGE=true` runs them. */
const LARGE_MIB = process.env['LANFOLD_TEST_LARGE'] === 'true' ? 1024 : 64;

const pairOf = sharedPair();

/** A file of this size with `data` at these offsets and holes between. */
function writeSparse(path: string, sizeBytes: number, offsets: readonly number[], data: Buffer): void {
  const file = openSync(path, 'w');
  ftruncateSync(file, sizeBytes);
  for (const offset of offsets) writeSync(file, data, 0, data.length, offset);
  closeSync(file);
}

/** Blocks that the second side has got from the first. */
async function blocksSent({ a }: Pair): Promise<number> {
  return await a.node.ask('logCount', 'a peer asked for a block');
}

test('case A06: a file that is meant to be empty arrives empty', async () => {
  const pair = pairOf();
  writeFileSync(pair.at(pair.a, 'empty'), '');
  const tree = await pair.converged();
  assert.equal(tree.get('empty')?.sizeBytes, 0);
});

test('case A07: files of nothing but zeros arrive whole', async () => {
  const pair = pairOf();
  const sizes = [128 << 10, 16 * MIB, 16 * MIB + 1];
  for (const size of sizes) writeSparse(pair.at(pair.a, `${size} zeros`), size, [], Buffer.alloc(0));
  const tree = await pair.converged(); // compares all bytes
  for (const size of sizes) {
    assert.equal(tree.get(`${size} zeros`)?.sizeBytes, size);
    rmSync(pair.at(pair.a, `${size} zeros`));
  }
  await pair.converged();
});

test(`case A08: a sparse file of ${LARGE_MIB} MiB with one page of data is the same, and as small, on the other side`, async () => {
  const pair = pairOf();
  const size = LARGE_MIB * MIB;
  writeSparse(pair.at(pair.a, 'sparse'), size, [size / 2], randomBytes(4096));
  const tree = await pair.converged(240_000);
  assert.equal(tree.get('sparse')?.sizeBytes, size);
  const storedBytes = statSync(pair.at(pair.b, 'sparse')).blocks * 512;
  assert.ok(storedBytes < 10 * MIB, `${storedBytes} bytes are stored`);
  rmSync(pair.at(pair.a, 'sparse'));
  await pair.converged();
});

test('case A09: files one byte around each border of blocks arrive whole', async () => {
  const pair = pairOf();
  const sizes = [1, 131_071, 131_072, 131_073, (1 << 24) - 1, 1 << 24, (1 << 24) + 1];
  const data = randomBytes((1 << 24) + 1);
  for (const size of sizes) writeFileSync(pair.at(pair.a, `${size} bytes`), data.subarray(0, size));
  const tree = await pair.converged();
  for (const size of sizes) {
    assert.equal(tree.get(`${size} bytes`)?.sizeBytes, size);
    rmSync(pair.at(pair.a, `${size} bytes`));
  }
  await pair.converged();
});

test(`case A12: of a file of ${LARGE_MIB} MiB to which one byte is appended, the last block alone travels`, async () => {
  const pair = pairOf();
  const path = pair.at(pair.a, 'appended');
  const piece = randomBytes(MIB);
  const file = openSync(path, 'w');
  for (let index = 0; index < LARGE_MIB; index += 1) {
    piece.writeUInt32LE(index); // so that no MiB is like another
    writeSync(file, piece);
  }
  closeSync(file);
  await pair.converged(240_000);
  const before = await blocksSent(pair);
  assert.ok(before >= LARGE_MIB / 16, 'all of it travelled once');
  appendFileSync(path, 'x');
  const tree = await pair.converged(240_000);
  assert.equal(tree.get('appended')?.sizeBytes, LARGE_MIB * MIB + 1);
  const sent = (await blocksSent(pair)) - before;
  assert.ok(sent >= 1 && sent <= 2, `${sent} blocks`);
});
