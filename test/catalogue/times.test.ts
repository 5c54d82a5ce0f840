/** Modification times that few disks can hold, and a disk that holds neither them nor permissions. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { FuseDisk, fuseMissing } from '../harness/fuse.ts';
import { mountsMissing, openExt4Disk } from '../harness/mounts.ts';
import { until } from '../harness/process.ts';
import { arrives, FOLDER, Pair } from '../nodes/pair.ts';
import { assertNoEcho } from './shared-pair.ts';

const NS_PER_S = 1_000_000_000n;

function modifiedNs(path: string): bigint {
  return statSync(path, { bigint: true }).mtimeNs;
}

async function isDone(pair: Pair): Promise<void> {
  await until('both say that they have all', async () => {
    for (const { node } of pair.sides) {
      const { state, peers } = await node.ask('status', FOLDER);
      if (state !== 'in-sync' || !peers.every(({ completion }) => completion === 100)) return undefined;
    }
    return true;
  });
}

test(
  'P18 case C22: times before 1970, in 2038, 2107, 2446 and 3000, and nanoseconds: content arrives, with the nearest time that the disk has',
  { skip: mountsMissing() ?? false },
  async () => {
    const disk = openExt4Disk(64);
    assert.ok(disk !== undefined, 'ext4 can be made here');
    using _ = disk;
    await using pair = await Pair.open({ folderB: disk.path });
    const seconds: Readonly<Record<string, number>> = {
      1969: -86_400,
      2038: 2_147_483_648,
      2107: 4_354_819_200,
      2446: 15_000_000_000,
      3000: 32_503_680_000,
    };
    for (const [name, second] of Object.entries(seconds)) {
      writeFileSync(pair.at(pair.a, name), name);
      utimesSync(pair.at(pair.a, name), String(second), String(second));
    }
    writeFileSync(pair.at(pair.a, 'ns'), 'ns');
    execFileSync('touch', ['-d', '2020-02-02T02:02:02.123456789Z', pair.at(pair.a, 'ns')]);
    for (const name of [...Object.keys(seconds), 'ns']) await arrives(pair.b, name, name);
    await isDone(pair);
    const before = Object.keys(seconds).map((name) => modifiedNs(pair.at(pair.a, name)));
    for (const name of ['1969', '2038', '2107', 'ns'])
      assert.equal(modifiedNs(pair.at(pair.b, name)), modifiedNs(pair.at(pair.a, name)), name);
    // What no 64 bits of nanoseconds hold (from 2261 on), or the disk does not, becomes the latest that there is.
    for (const name of ['2446', '3000'])
      assert.ok(modifiedNs(pair.at(pair.b, name)) / NS_PER_S >= 9_000_000_000n, name);
    await assertNoEcho(pair);
    assert.deepEqual(
      Object.keys(seconds).map((name) => modifiedNs(pair.at(pair.a, name))),
      before,
    );
  },
);

test(
  'S8 case F24: on a disk that keeps whole seconds, two saves of equal size within one second both arrive',
  { skip: mountsMissing() ?? false },
  async () => {
    const disk = openExt4Disk(64, undefined, 128);
    assert.ok(disk !== undefined, 'ext4 can be made here');
    using _ = disk;
    await using pair = await Pair.open({ folderA: disk.path });
    const path = pair.at(pair.a, 'state');
    for (let first = 0n, later = -1n; first !== later;) {
      await delay(1000 - (Date.now() % 1000)); // a whole second lies ahead
      writeFileSync(path, 'first save');
      first = modifiedNs(path);
      await delay(500); // time enough for a file that has come to rest to be told
      writeFileSync(path, 'later save');
      later = modifiedNs(path); // where the machine was slow, it shows
    }
    await arrives(pair.b, 'state', 'later save');
  },
);

describe('a disk without permissions, with whole seconds', { skip: fuseMissing() ?? false }, () => {
  let disk: FuseDisk;
  let pair: Pair;
  before(async () => {
    disk = await FuseDisk.open('exfat');
    pair = await Pair.open({ folderB: disk.path });
  });
  after(async () => {
    await pair?.[Symbol.asyncDispose]();
    await disk?.[Symbol.asyncDispose]();
  });

  test('case A02 F24: a time that the disk rounds is no change of ours; without links, files are replaced and deleted', async () => {
    const { a, b } = pair;
    writeFileSync(pair.at(a, 'rounded'), 'rounded');
    execFileSync('touch', ['-d', '2020-02-02T02:02:03.987654321Z', pair.at(a, 'rounded')]);
    const exact = modifiedNs(pair.at(a, 'rounded'));
    await arrives(b, 'rounded', 'rounded');
    await isDone(pair);
    assert.notEqual(modifiedNs(pair.at(b, 'rounded')), exact, 'the disk rounds');
    await assertNoEcho(pair);
    await b.node.restart();
    await isDone(pair);
    await assertNoEcho(pair);
    assert.equal(modifiedNs(pair.at(a, 'rounded')), exact);
    writeFileSync(pair.at(b, 'rounded'), 'edited there');
    await arrives(a, 'rounded', 'edited there');
    writeFileSync(pair.at(a, 'rounded'), 'edited here'); // replaced, without hard links to keep the old one by
    await arrives(b, 'rounded', 'edited here');
    assert.ok((await b.node.ask('history', FOLDER, 'rounded')).length > 0, 'what was replaced is kept');
    rmSync(pair.at(a, 'rounded'));
    await until('the delete arrives', () => (existsSync(pair.at(b, 'rounded')) ? undefined : true));
    await isDone(pair);
    await assertNoEcho(pair);
  });

  test('case A03: permissions that the disk does not take are no change of ours, and the origin keeps its own', async () => {
    const { a, b } = pair;
    for (const [name, mode] of [
      ['private', 0o600],
      ['program', 0o755],
    ] as const) {
      writeFileSync(pair.at(a, name), name);
      chmodSync(pair.at(a, name), mode);
      await arrives(b, name, name);
    }
    await isDone(pair);
    await assertNoEcho(pair);
    await b.node.restart();
    await isDone(pair);
    await assertNoEcho(pair);
    assert.equal(statSync(pair.at(a, 'private')).mode & 0o777, 0o600);
    assert.equal(statSync(pair.at(a, 'program')).mode & 0o777, 0o755);
    assert.equal(readFileSync(pair.at(b, 'private'), 'utf8'), 'private');
  });
});
