/** A hostile peer that asks: for what it may not have, for more than there is, and for more than it ever reads. */
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '../harness/process.ts';
import { SECRET } from './canaries.ts';
import { Scene } from './scene.ts';
import { sha256 } from './wire.ts';

let scene: Scene;
before(async () => (scene = await Scene.open()));
after(async () => await scene[Symbol.asyncDispose]());

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const CONTENT = Buffer.from('what everybody may have');

test('case I19: requests for what lies outside, beyond the end, or is held back', async (t) => {
  await scene.run(t, {}, async ({ evil, folder, path }) => {
    writeFileSync(join(path, 'shared'), CONTENT);
    writeFileSync(join(path, 'ignored'), SECRET);
    writeFileSync(join(path, '.stignore'), 'ignored\n');
    symlinkSync('../outside', join(path, 'way'));
    symlinkSync('../canary', join(path, 'link'));
    mkdirSync(join(path, 'directory'));
    const peer = await evil();
    peer.share([folder]);
    await until('it is told of the file', () => peer.told(folder).get('shared'));
    await until('it is told of the link', () => peer.told(folder).get('link'));
    const n = CONTENT.length;
    const wrong: readonly (readonly [
      name: string | Uint8Array,
      offset: number | bigint,
      size: number | bigint,
      hash?: Buffer,
    ])[] = [
      ['../canary', 0, 64],
      ['../outside/canary', 0, 64],
      ['way/canary', 0, 64],
      ['way/../../canary', 0, 64],
      ['link', 0, 64],
      [join(path, '..', 'canary'), 0, 64],
      ['/etc/passwd', 0, 64],
      ['', 0, 1],
      ['.', 0, 1],
      ['directory', 0, 1],
      ['a\0', 0, 1],
      ['shared/', 0, 1],
      ['shared\0', 0, 1],
      ['nothing', 0, 1],
      ['ignored', 0, 64],
      ['.stignore', 0, 8],
      ['.lanfold/folder', 0, 8],
      ['.LANFOLD/folder', 0, 8],
      ['shared', 1, n],
      ['shared', n, 1],
      ['shared', -1, 1],
      ['shared', 0, -1],
      ['shared', 0, n + 1],
      ['shared', 0, GIB],
      ['shared', 2 ** 40, 1],
      ['shared', 0, n, sha256(SECRET)],
      ['shared', 0, n, Buffer.alloc(7)],
    ];
    for (const [name, offset, size, hash] of wrong) {
      const answer = await peer.answerTo(peer.ask(folder, name, offset, size, hash));
      assert.ok(answer !== 'closed' && answer.code !== 0, `${String(name)} at ${offset}, ${size} bytes`);
      assert.equal(answer.data.length, 0);
    }
    const elsewhere = await peer.answerTo(peer.ask('another folder', 'shared', 0, n));
    assert.ok(elsewhere !== 'closed' && elsewhere.code !== 0);
    const given = await peer.answerTo(peer.ask(folder, 'shared', 0, n, sha256(CONTENT)));
    assert.ok(given !== 'closed' && given.data.equals(CONTENT), 'what is asked rightly is given');
    for (const [offset, size] of [
      [2n ** 63n - 1n, 1],
      [2n ** 62n, 2n ** 31n],
    ] as const) {
      const next = await evil();
      next.share([folder]);
      const answer = await next.answerTo(next.ask(folder, 'shared', offset, size));
      assert.ok(answer === 'closed' || answer.code !== 0);
    }
    return 'answered with an error';
  });
});

test('case I19: a shared file that somebody replaced by a link to what lies outside gives nothing of it', async (t) => {
  await scene.run(t, {}, async ({ evil, folder, path, beside }) => {
    writeFileSync(join(path, 'shared'), SECRET.toString().replaceAll(/./g, 'x'));
    mkdirSync(join(path, 'd'));
    writeFileSync(join(path, 'd', 'canary'), SECRET.toString().replaceAll(/./g, 'y'));
    const peer = await evil();
    peer.share([folder]);
    await until('it is told', () => peer.told(folder).get('d/canary') && peer.told(folder).get('shared'));
    symlinkSync(join(beside, 'canary'), join(path, 'new'));
    renameSync(join(path, 'new'), join(path, 'shared'));
    renameSync(join(path, 'd'), join(path, 'was'));
    symlinkSync(join(beside, 'outside'), join(path, 'd'));
    for (const name of ['shared', 'd/canary']) await peer.answerTo(peer.ask(folder, name, 0, SECRET.length));
    assert.ok(!peer.hasSecret);
    return 'nothing given';
  });
});

test('case I20: a peer that asks for gigabytes in one breath, and reads nothing', async (t) => {
  await scene.run(t, { cpuMs: 30_000 }, async ({ evil, folder, path }) => {
    // Holes: it costs no room on the disk, and all the memory that it is read into.
    writeFileSync(join(path, 'large'), '');
    truncateSync(join(path, 'large'), 64 * MIB);
    const first = await evil();
    first.share([folder]);
    await until('it is told', () => first.told(folder).get('large'));
    const peers = [first, await evil(), await evil()];
    for (const peer of peers) {
      if (peer !== first) peer.share([folder]);
      peer.socket.pause();
      for (let number = 0; number < 300; number += 1) peer.ask(folder, 'large', 0, 16 * MIB);
      peer.ask(folder, 'large', 0, 64 * MIB);
    }
    return '16 MiB, 903 times: read as far as it is taken';
  });
});

test('case I20: 100,000 requests whose answers nobody reads', async (t) => {
  await scene.run(t, { cpuMs: 60_000 }, async ({ evil, folder, path }) => {
    writeFileSync(join(path, 'shared'), CONTENT);
    const peer = await evil();
    peer.share([folder]);
    await until('it is told', () => peer.told(folder).get('shared'));
    peer.socket.pause();
    for (let number = 0; number < 100_000; number += 1) peer.ask(folder, 'shared', 0, CONTENT.length);
    await Promise.race([peer.flushed(), new Promise((resolve) => setTimeout(resolve, 3000))]);
    return 'answered as far as it is read';
  });
});

test('case I20: a peer that asks for much, reads nothing, and comes again at once', async (t) => {
  await scene.run(t, { cpuMs: 60_000, grownBytes: 500 * MIB }, async ({ evil, folder, path }) => {
    writeFileSync(join(path, 'large'), '');
    truncateSync(join(path, 'large'), 64 * MIB);
    const first = await evil();
    first.share([folder]);
    await until('it is told', () => first.told(folder).get('large'));
    let times = 0;
    for (const endMs = performance.now() + 6000; performance.now() < endMs; times += 1) {
      const peer = await evil();
      peer.share([folder]);
      peer.socket.pause();
      for (let number = 0; number < 4; number += 1) peer.ask(folder, 'large', number * 16 * MIB, 16 * MIB);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return `${times} times`;
  });
});
