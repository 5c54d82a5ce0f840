/** A hostile peer and what it says of files: blocks, sizes, versions, times, kinds, and how much of it. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { lstatSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../harness/process.ts';
import { blocksOf, entryBytes, manyBlocks, type Block, type Entry } from './entry.ts';
import { shortOf } from './evil-peer.ts';
import { namesIn, Scene } from './scene.ts';
import { fieldsOf, HASH_OF_NOTHING, numberOf, record, sha256 } from './wire.ts';

let scene: Scene;
before(async () => (scene = await Scene.open()));
after(async () => await scene[Symbol.asyncDispose]());

const KIB = 1024;
const MIB = KIB * KIB;
const EVIL = Buffer.from('evil');
const COUNTER_MAX = 2n ** 64n - 1n;
const hash = sha256(EVIL);
/** The largest message that there is, for the moment in which it is read: 42 MB of it, and an object for each block. */
const MESSAGE_GROWTH_BYTES_MAX = 640 * MIB;
const BLOCK = 131_072;

test('case I08: blocks that overlap, leave gaps, or do not make up the size', async (t) => {
  await scene.run(t, { log: /not taken from the peer/ }, async ({ evil, folder, path, arrives }) => {
    const peer = await evil();
    peer.share([folder]);
    peer.serve = ({ size }) => EVIL.subarray(0, size);
    const at = (offset: number | bigint, size: number | bigint, sum: Uint8Array = hash): Block => ({
      offset,
      size,
      hash: sum,
    });
    const wrong: Readonly<Record<string, Partial<Entry>>> = {
      overlap: { size: 2 * BLOCK, blocks: [at(0, BLOCK), at(BLOCK / 2, BLOCK)] },
      gap: { size: 3 * BLOCK, blocks: [at(0, BLOCK), at(2 * BLOCK, BLOCK)] },
      'negative offset': { size: 4, blocks: [at(-4, 4)] },
      'negative size': { size: 4, blocks: [at(0, -4)] },
      'sum below the size': { size: 5, blocks: [at(0, 3)] },
      'sum above the size': { size: 3, blocks: [at(0, 5)] },
      'block of 32 MiB': { size: 32 * MIB, blockSize: 32 * MIB, blocks: [at(0, 32 * MIB)] },
      'block size of 100,000': { size: 100_000, blockSize: 100_000, blocks: [at(0, 100_000)] },
      'negative block size': { size: 4, blockSize: -131_072, blocks: [at(0, 4)] },
      'offset of 2^63 - 1': { size: 4, blocks: [at(2n ** 63n - 1n, 4)] },
      'hash of 31 bytes': { size: 4, blocks: [at(0, 4, hash.subarray(1))] },
      'no hash': { size: 4, blocks: [at(0, 4, Buffer.alloc(0))] },
      'empty, with another hash': { size: 0, blocks: [at(0, 0, hash)] },
      'blocks in the other order': { size: 2 * BLOCK, blocks: [at(BLOCK, BLOCK), at(0, BLOCK)] },
      'one block too many': { size: BLOCK, blocks: [at(0, BLOCK), at(BLOCK, 0, HASH_OF_NOTHING)] },
      'negative file': { size: -4, blocks: [at(0, 4)] },
      'symlink with blocks': { type: 4, target: 'x', size: 0, blocks: [at(0, 4)] },
    };
    const entries = Object.entries(wrong).map(([name, fields]) => peer.author.file(name, EVIL, fields));
    peer.update(folder, ...entries, peer.author.file('last', EVIL));
    await arrives('last', EVIL);
    assert.deepEqual(namesIn(path), ['last']);
    assert.equal(peer.asked, 1, 'nothing else was asked for');
    for (const fields of [{ blocks: [] }, { deleted: true }, { type: 1 }]) {
      const next = await evil();
      next.share([folder]);
      next.update(folder, next.author.file('broken', EVIL, fields));
      await next.closes();
    }
    return 'left out; closed for what no Syncthing sends';
  });
});

test('case I09: wrong block data for ever', async (t) => {
  await scene.run(t, { cpuMs: 5000 }, async ({ evil, folder, path, served }) => {
    const peer = await evil();
    peer.share([folder]);
    let answer = 0;
    peer.serve = ({ size }) =>
      [Buffer.alloc(size, 1), Buffer.alloc(0), Buffer.alloc(size + 1), Buffer.alloc(1)][answer++ % 4];
    const large = randomBytes(4 * MIB);
    peer.update(folder, peer.author.file('small', EVIL), peer.author.file('large', large));
    await until('it was asked for all', () => peer.asked > blocksOf(large).length || undefined);
    const [endMs, before] = [performance.now() + 3000, peer.asked];
    while (performance.now() < endMs) await served();
    const again = peer.asked - before;
    // Each file that is served has the others tried again: a bounded number of times, not in a loop.
    assert.ok(again < 100 * blocksOf(large).length, `asked ${again} times in 3 s`);
    assert.deepEqual(namesIn(path), []);
    return `nothing taken; asked ${again} times more in 3 s`;
  });
});

test('case I10: a size of 2^62, and a million blocks', async (t) => {
  await scene.run(
    t,
    { cpuMs: 30_000, grownBytes: MESSAGE_GROWTH_BYTES_MAX },
    async ({ evil, folder, path, served }) => {
      const first = await evil();
      first.share([folder]);
      first.update(folder, first.author.entry('no blocks', { size: 2n ** 62n }));
      await first.closes();
      const peer = await evil();
      peer.share([folder]);
      const { author } = peer;
      const oneBlock = [{ offset: 0, size: 2n ** 62n, hash }];
      peer.update(folder, author.file('one block', EVIL, { size: 2n ** 62n, blocks: oneBlock }));
      const free = (): number => {
        const { bavail, bsize } = statfsSync(path);
        return bavail * bsize;
      };
      const before = free();
      const large = (name: string, count: number, blockSize: number, hashOf: (index: number) => Uint8Array): Buffer => {
        const entry = author.file(name, EVIL, { size: count * blockSize, blockSize, blocks: [] });
        return Buffer.concat([entryBytes(entry), manyBlocks(count, blockSize, hashOf)]);
      };
      const hashes = randomBytes(32 * 1_000_000);
      const random = (index: number): Uint8Array => hashes.subarray(index * 32, index * 32 + 32);
      peer.updateOf(folder, [large('million', 1_000_000, BLOCK, random)]);
      // It fits on every disk, so that all of it is looked for here and asked for there.
      peer.updateOf(folder, [large('tenth', 20_000, BLOCK, random)]);
      const zeros = sha256(Buffer.alloc(16 * MIB));
      peer.updateOf(folder, [large('holes', 50_000, 16 * MIB, () => zeros)]);
      await peer.flushed();
      for (let times = 0; times < 3; times += 1) await served();
      await until('blocks of what fits are asked for', () => peer.asked > 0 || undefined);
      await served();
      assert.ok(!peer.isClosed);
      assert.ok(before - free() < 256 * MIB, `${before - free()} bytes of the disk are gone`);
      return 'nothing written';
    },
  );
});

test('case I13: 200,000 entries at once', async (t) => {
  // Seen: 180 to 230 MiB, most of it garbage that V8 has not collected yet.
  await scene.run(t, { cpuMs: 60_000, grownBytes: 288 * MIB }, async ({ evil, folder, served }) => {
    const peer = await evil();
    peer.share([folder]);
    const { name: _, sequence: __, ...same } = peer.author.file('', EVIL);
    const tail = entryBytes({ name: '', sequence: 0, ...same }).subarray(2); // all but the empty name
    const entryOf = (i: number): Buffer =>
      Buffer.concat([record([1, `many/${Math.floor(i / 1000)}/${i}`]), tail, record([10, i + 1])]);
    for (let from = 0; from < 200_000; from += 25_000) {
      const entries = Array.from({ length: 25_000 }, (_, i) => entryOf(from + i));
      peer.updateOf(folder, entries);
      await peer.flushed();
      await served();
    }
    // They are kept in parts, between which others are served.
    await until('all are needed', async () => {
      const { folders } = await scene.askNode(scene.victim, 'status', {});
      return (
        folders.some((status) => status.id === folder && 'need' in status && status.need.items >= 199_000) || undefined
      );
    });
    assert.ok(!peer.isClosed);
    return 'taken, and nobody else waits';
  });
});

test('case I15: sequence numbers that go back, stand still, or are past all numbers', async (t) => {
  await scene.run(t, { log: /sequence out of range/ }, async ({ evil, folder, arrives }) => {
    const peer = await evil();
    peer.share([folder]);
    peer.serve = () => EVIL;
    const sequences = [100, 7, 7, 7, 1, 2 ** 53 - 1, 3] as const;
    const entries = sequences.map((sequence, i) => peer.author.file(`number ${i}`, EVIL, { sequence }));
    const beyond = [2n ** 63n - 1n, 2n ** 63n, 0, -1].map((sequence, i) =>
      peer.author.file(`beyond ${i}`, EVIL, { sequence }),
    );
    peer.update(folder, ...entries, ...beyond);
    for (const [i] of sequences.entries()) await arrives(`number ${i}`, EVIL);
    // It says that it has less now than it told: what is new after that is taken as well.
    peer.share([folder], { id: 0x1234n, maxSequence: 5 });
    peer.update(folder, peer.author.file('after it went back', EVIL));
    await arrives('after it went back', EVIL);
    return 'nothing skipped';
  });
});

test("case I16: a counter of the victim's own at 2^64 - 1 does not outdo its user's next edit", async (t) => {
  await scene.run(t, {}, async ({ evil, folder, path, honestPath, arrives }) => {
    writeFileSync(join(path, 'mine'), 'first');
    const peer = await evil();
    const own = shortOf(peer.victim);
    peer.share([folder]);
    peer.serve = () => EVIL;
    await until('it is told of it', () => peer.told(folder).get('mine'));
    for (const value of [
      COUNTER_MAX,
      COUNTER_MAX - 1n,
      2n ** 63n,
      2n ** 53n,
      BigInt(Math.floor(Date.now() / 1000)) + 90_000n,
    ]) {
      const version = [
        [own, value],
        [peer.author.device, 1n],
      ].sort(([a = 0n], [b = 0n]) => (a < b ? -1 : 1));
      const poisoned = { version: version as [bigint, bigint][] };
      peer.update(folder, peer.author.file('mine', EVIL, poisoned), peer.author.file(`new ${value}`, EVIL, poisoned));
    }
    peer.update(folder, peer.author.file('last', EVIL));
    await arrives('last', EVIL);
    await arrives('mine', EVIL);
    const copies = namesIn(path).filter((name) => name.startsWith('mine.sync-conflict-'));
    assert.deepEqual(
      copies.map((name) => readFileSync(join(path, name), 'utf8')),
      ['first'],
      'it cannot have seen it',
    );
    writeFileSync(join(path, 'mine'), 'the next edit');
    const there = (): boolean => readFileSync(join(honestPath, 'mine'), 'utf8') === 'the next edit';
    await until('the edit is at the honest peer', () => there() || undefined);
    assert.equal(readFileSync(join(path, 'mine'), 'utf8'), 'the next edit');
    return 'counted on from; what it claims to have seen stays beside';
  });
});

test('case I17: times out of range are brought into it', async (t) => {
  await scene.run(t, {}, async ({ evil, folder, arrives }) => {
    const peer = await evil();
    peer.share([folder]);
    peer.serve = () => EVIL;
    const times = [
      [2n ** 63n - 1n, 0],
      [-(2n ** 63n), 0],
      [0, 1_000_000_000],
      [0, -1],
      [0, 2 ** 31 - 1],
      [1n << 40n, 999_999_999],
      [-1, 5],
    ] as const;
    peer.update(
      folder,
      ...times.map(([modifiedS, modifiedNs], i) => peer.author.file(`time ${i}`, EVIL, { modifiedS, modifiedNs })),
    );
    for (const [i] of times.entries()) await arrives(`time ${i}`, EVIL);
    const told = await until('it tells of all', () => {
      const told = peer.told(folder);
      return times.every((_, i) => told.has(`time ${i}`)) ? told : undefined;
    });
    await delay(500); // an echo would come by now
    for (const [i] of times.entries()) {
      const entry = peer.told(folder).get(`time ${i}`) ?? new Map<number, (bigint | Buffer)[]>();
      const vector = fieldsOf(entry.get(9)?.[0] as Buffer);
      assert.equal(vector.get(1)?.length, 1, 'its version is still the one that came');
      assert.ok(numberOf(entry, 11) >= 0 && numberOf(entry, 11) < 1e9);
    }
    return `brought into range, no echo (${told.size} told)`;
  });
});

test('case I18: special permissions and kinds that no folder holds', async (t) => {
  await scene.run(t, { log: /unknown type/ }, async ({ evil, folder, path, arrives }) => {
    const peer = await evil();
    peer.share([folder]);
    peer.serve = () => EVIL;
    const { author } = peer;
    const modes = [0o4777, 0o6755, 0o2711, 0o1777, 0o177_777, 2 ** 32 - 1];
    peer.update(folder, ...modes.map((permissions, i) => author.file(`mode ${i}`, EVIL, { permissions })));
    peer.update(folder, author.directory('directory', { permissions: 0o7777 }));
    const kinds = [5, 6, 99, -1, 2 ** 31 - 1, -(2 ** 31)];
    peer.update(folder, ...kinds.map((type, i) => author.file(`kind ${i}`, EVIL, { type })), author.file('last', EVIL));
    await arrives('last', EVIL);
    for (const [i, mode] of modes.entries()) {
      await arrives(`mode ${i}`, EVIL);
      assert.equal(lstatSync(join(path, `mode ${i}`)).mode & 0o7777, mode & 0o777);
    }
    assert.equal(lstatSync(join(path, 'directory')).mode & 0o7000, 0);
    assert.deepEqual(namesIn(path), ['directory', 'last', ...modes.map((_, i) => `mode ${i}`)]);
    return 'masked; left out';
  });
});
