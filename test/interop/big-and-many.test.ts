/**
 * Files that are big, files at the borders of blocks, and files that are many, between lanfold and both Syncthings.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../harness/process.ts';
import { conflictCopies } from '../harness/snapshot.ts';
import { Mesh, whySkip } from './mesh.ts';

const MIB = 1 << 20;
/** Around a block of 128 KiB, and around the size from which blocks are 256 KiB. */
const BORDERS = [0, 1, 131_071, 131_072, 131_073, 262_143_999, 262_144_000];
const MANY = 5000;
const MANY_PER_DIRECTORY = 500;

describe('lanfold and both Syncthings, much of all', { skip: whySkip() ?? false }, () => {
  let mesh: Mesh;

  before(async () => {
    mesh = await Mesh.start();
  });
  after(() => mesh?.stop());

  const at = (side: number, ...names: string[]): string => join(mesh.directories[side] ?? '', ...names);

  test('I8 sizes around the borders of blocks, sparse or not, from lanfold and from a Syncthing', async () => {
    for (const side of [0, 1]) {
      for (const sizeBytes of BORDERS) writeAtBorder(at(side, `${sizeBytes} bytes by ${side}`), sizeBytes, side);
    }
    const tree = await mesh.settle({ files: 2 * BORDERS.length });
    for (const sizeBytes of BORDERS) assert.equal(tree.get(`${sizeBytes} bytes by 1`)?.sizeBytes, sizeBytes);
    const stored = fs.statSync(at(0, '262144000 bytes by 1')).blocks * 512;
    assert.ok(stored < 4 * MIB, `what is holes there is holes here: ${stored} bytes are stored`);
    for (const sizeBytes of BORDERS.slice(-2)) {
      for (const side of [0, 1]) fs.rmSync(at(side, `${sizeBytes} bytes by ${side}`));
    }
    await mesh.settle({ files: 2 * (BORDERS.length - 2) });
  });

  test('I9 five thousand files come from a Syncthing to lanfold, and go back changed', async () => {
    writeMany(at(1), 'first');
    const before = fs.readdirSync(at(0)).length;
    assert.ok(before > 0);
    const files = 2 * (BORDERS.length - 2) + MANY;
    await mesh.settle({ files, timeoutMs: 120_000 });
    writeMany(at(0), 'second');
    await mesh.settle({ files, timeoutMs: 120_000 });
    assert.equal(fs.readFileSync(at(2, 'many 3', '1700'), 'utf8'), 'second 1700');
  });

  test('I10 a Syncthing deletes most of it: held until a person confirms, and no directory comes back', async () => {
    const gone = Array.from({ length: 8 }, (_, index) => `many ${index}`);
    for (const name of gone) fs.rmSync(at(1, name), { recursive: true });
    await mesh.of('1.19.2').scan('shared');
    // Deletes wait, a minute at most, for what may show that they are none.
    const isHeld = (): true | undefined => (mesh.folder.status().state === 'needs-you' ? true : undefined);
    await until('the deletes are held', isHeld, { timeoutMs: 120_000 });
    // Syncthing tells of a thousand at a time: less than a fifth may be gone before the act shows what it is.
    assert.ok(mesh.folder.status().files >= 0.8 * MANY);
    mesh.folder.approve();
    const tree = await mesh.settle({ timeoutMs: 120_000 });
    assert.deepEqual(
      gone.filter((name) => tree.has(name)),
      [],
    );
    assert.equal([...tree.keys()].filter((name) => /^many \d\//.test(name)).length, 2 * MANY_PER_DIRECTORY);
  });

  test('I11 a file of 1 GiB goes from lanfold to both, and a change in its middle takes little', async () => {
    writeBig(at(0, 'big'), 1024);
    const tree = await mesh.settle({ timeoutMs: 180_000 });
    assert.equal(tree.get('big')?.sizeBytes, 1024 * MIB);
    const sentBefore = await receivedBytes();
    const file = fs.openSync(at(0, 'big'), 'r+');
    fs.writeSync(file, randomBytes(100), 0, 100, 512 * MIB);
    fs.closeSync(file);
    const changed = await mesh.settle({ timeoutMs: 180_000 });
    assert.notEqual(changed.get('big')?.content, tree.get('big')?.content);
    assert.ok((await receivedBytes()) - sentBefore < 8 * MIB, 'only the changed block travels');
    assert.deepEqual(conflictCopies(changed), []);
  });

  /** Bytes that the Syncthings have received, from anybody. */
  const receivedBytes = async (): Promise<number> => {
    const answers = await Promise.all(
      mesh.syncthings.map((syncthing) => syncthing.rest('GET', 'system/connections') as Promise<Totals>),
    );
    return answers.reduce((sum, { total }) => sum + total.inBytesTotal, 0);
  };
});

type Totals = { readonly total: { readonly inBytesTotal: number } };

/** Holes, but for some bytes at the beginning, in the middle and at the very end. */
function writeAtBorder(path: string, sizeBytes: number, side: number): void {
  const file = fs.openSync(path, 'w');
  try {
    fs.ftruncateSync(file, sizeBytes);
    for (const position of [0, Math.floor(sizeBytes / 2), sizeBytes - 1]) {
      if (sizeBytes > 0) fs.writeSync(file, Buffer.from([1 + side]), 0, 1, position);
    }
  } finally {
    fs.closeSync(file);
  }
}

/** Content that is random, and of which no MiB is like another, at the speed of the disk. */
function writeBig(path: string, mebibytes: number): void {
  const piece = randomBytes(MIB);
  const file = fs.openSync(path, 'w');
  try {
    for (let index = 0; index < mebibytes; index += 1) {
      piece.writeUInt32LE(index);
      fs.writeSync(file, piece);
    }
  } finally {
    fs.closeSync(file);
  }
}

function writeMany(root: string, word: string): void {
  for (let index = 0; index < MANY; index += 1) {
    const directory = join(root, `many ${Math.floor(index / MANY_PER_DIRECTORY)}`);
    fs.mkdirSync(directory, { recursive: true });
    fs.writeFileSync(join(directory, `${index}`), `${word} ${index}`);
  }
}
