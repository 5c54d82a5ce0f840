/** Another user of the same computer, and whoever reads logs: what they can see of a node. */
import assert from 'node:assert/strict';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Scene } from './scene.ts';

let scene: Scene;
before(async () => (scene = await Scene.open()));
after(async () => await scene[Symbol.asyncDispose]());

test('case J17: the key, the records and the control socket are for their owner alone', () => {
  const { home } = scene.victim;
  assert.equal(lstatSync(home).mode & 0o077, 0);
  const names = readdirSync(home, { recursive: true, encoding: 'utf8' });
  assert.ok(names.length > 2, names.join());
  const open = names.filter((name) => (lstatSync(join(home, name)).mode & 0o077) !== 0);
  const isNeeded = (name: string): boolean => /key|sock|records/u.test(name) || name.endsWith('.pem');
  assert.deepEqual(open.filter(isNeeded), []);
});

test('case J18: no secret is in the arguments, in the environment or in the log', async (t) => {
  await scene.run(t, {}, async ({ evil, folder, arrives }) => {
    const peer = await evil();
    peer.share([folder]);
    peer.serve = () => Buffer.from('evil');
    peer.update(folder, peer.author.file('a', 'evil'), peer.author.file('bad', 'evil', { type: 99 }));
    await arrives('a', 'evil');
    const { victim } = scene;
    const files = readdirSync(victim.home, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.pem'),
    );
    const texts = files.map((name) => readFileSync(join(victim.home, name), 'utf8'));
    const key = texts
      .map((text) => /PRIVATE KEY-----\n([^]+?)\n-----END/u.exec(text)?.[1])
      .find((found) => found !== undefined);
    assert.ok(key !== undefined, `no key in ${files.join()}`);
    const seen = [
      ...['cmdline', 'environ'].map((name) => readFileSync(`/proc/${victim.pid}/${name}`, 'utf8')),
      ...victim.program.stderr,
      ...victim.program.stdout,
      JSON.stringify(await victim.statusBySocket()),
    ].join('\n');
    for (const line of key.split('\n')) assert.ok(!seen.includes(line), 'the key is nowhere to be seen');
    return 'nothing to be seen';
  });
});
