/** A hostile peer that changes one file without end: to keep the victim busy, to fill its disk, to push a user's version out. */
import assert from 'node:assert/strict';
import { lstatSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../harness/process.ts';
import { KIND } from './entry.ts';
import { Scene } from './scene.ts';

let scene: Scene;
before(async () => (scene = await Scene.open()));
after(async () => await scene[Symbol.asyncDispose]());

const CHURN_MS = 4000;

test('case I26: one file that changes to and fro a hundred times a second', async (t) => {
  await scene.run(t, { cpuMs: 30_000 }, async ({ evil, folder, path, served }) => {
    const peer = await evil();
    peer.share([folder]);
    const contents = [Buffer.alloc(100_000, 1), Buffer.alloc(100_001, 2)] as const;
    let turn = 0;
    peer.serve = ({ size }) => contents.find(({ length }) => length === size);
    const endMs = performance.now() + CHURN_MS;
    for (; performance.now() < endMs; turn += 1) {
      const { author } = peer;
      const [content = Buffer.alloc(0)] = [contents[turn % 2]];
      peer.update(folder, turn % 5 === 4 ? author.deletion('flip') : author.file('flip', content));
      if (turn % 7 === 0)
        peer.update(folder, author.directory('kind'), author.deletion('kind', { type: KIND.directory }));
      if (turn % 100 === 0) await served();
      await delay(10);
    }
    const slots = readdirSync(join(path, '.lanfold', 'history'), { recursive: true }).length;
    return `${turn} changes told, ${peer.asked} asked for, ${slots} entries of the history`;
  });
});

test("case I27: many versions of one file do not push a user's own version out of the history", async (t) => {
  await scene.run(t, { cpuMs: 30_000 }, async ({ evil, folder, path }) => {
    const own = 'what the user wrote';
    writeFileSync(join(path, 'flood'), own);
    const peer = await evil();
    peer.share([folder]);
    const theirs = await until('it is told', () => peer.told(folder).get('flood'));
    assert.ok(theirs.size > 0);
    let content = Buffer.alloc(0);
    peer.serve = () => content;
    for (let version = 0; version < 100; version += 1) {
      content = Buffer.from(`version ${version}`);
      const asked = peer.asked;
      peer.update(folder, peer.author.file('flood', content, { modifiedS: 4_000_000_000 + version }));
      await until('it is asked for', () => peer.asked > asked || undefined, { everyMs: 1 });
    }
    const there = async (): Promise<boolean> => {
      const inHistory = await scene.askNode(scene.victim, 'history', { path: join(path, 'flood') });
      const beside = readdirSync(path).filter((name) => name.startsWith('flood.sync-conflict-'));
      const sizes = [...inHistory.map(({ bytes }) => bytes), ...beside.map((name) => lstatSync(join(path, name)).size)];
      return sizes.includes(own.length);
    };
    assert.ok(await there(), "the user's version is still there");
    return 'kept';
  });
});
