/** Who is a member of a folder, with real processes: joining through any member, and removals that win. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../harness/ports.ts';
import { until } from '../harness/process.ts';
import { DrivenNode } from './driven-node.ts';

const FOLDER = 'main';

type Place = { readonly node: DrivenNode; readonly folder: string; readonly name: string };

/** Nodes with a folder each, which nobody shares with anybody yet. */
class Places implements AsyncDisposable {
  readonly root = mkdtempSync(join(tmpdir(), 'lanfold-members-'));
  readonly #all: Place[] = [];

  async open<const Names extends readonly string[]>(...names: Names): Promise<{ [Index in keyof Names]: Place }> {
    const places = names.map(async (name) => {
      const folder = join(this.root, name);
      mkdirSync(folder);
      const listen = `127.0.0.1:${await freePort()}`;
      const home = join(this.root, `home-${name}`);
      const place = { node: await DrivenNode.open({ home, listen, discovery: 'off', name }), folder, name };
      this.#all.push(place);
      return place;
    });
    return (await Promise.all(places)) as { [Index in keyof Names]: Place };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map(({ node }) => node.end()));
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** A person at each of two machines makes them trust each other and share the folder. */
async function pair(host: Place, joiner: Place): Promise<void> {
  await host.node.ask('trust', joiner.node.id, [joiner.node.listening], [FOLDER]);
  await joiner.node.ask('trust', host.node.id, [host.node.listening]);
  await joiner.node.ask('share', joiner.folder, FOLDER, [host.node.id]);
}

const connectedTo = async ({ node }: Place, other: Place): Promise<boolean> =>
  (await node.ask('peers')).some(({ id, connected }) => connected && id === other.node.id);

async function connected(a: Place, b: Place): Promise<void> {
  await until(`${a.name} is connected to ${b.name}`, async () =>
    (await connectedTo(a, b)) && (await connectedTo(b, a)) ? true : undefined,
  );
}

const trusts = async ({ node }: Place, other: Place): Promise<boolean> =>
  (await node.ask('configuration')).peers.some(({ id }) => id === other.node.id);

async function trustsNoMore(place: Place, other: Place): Promise<void> {
  await until(`${place.name} no longer trusts ${other.name}`, async () =>
    (await trusts(place, other)) ? undefined : true,
  );
}

/** Two that share the folder, and a third that knows nobody yet. */
async function twoThatShare(places: Places): Promise<readonly [Place, Place, Place]> {
  const [a, b, c] = await places.open('a', 'b', 'c');
  await a.node.ask('share', a.folder, FOLDER, []);
  await pair(a, b);
  await connected(a, b);
  return [a, b, c];
}

async function arrives(place: Place, name: string): Promise<void> {
  await until(`"${name}" arrives at ${place.name}`, () => existsSync(join(place.folder, name)) || undefined);
}

const put = (place: Place, name: string): void => writeFileSync(join(place.folder, name), name);

test('Y11 a newcomer joins through any member: all trust it, share with it, and say by whom it came', async () => {
  await using places = new Places();
  const [a, b, c, d] = await places.open('a', 'b', 'c', 'd');
  await a.node.ask('share', a.folder, FOLDER, []);
  await pair(a, b);
  await connected(a, b);
  await pair(b, c);
  await connected(a, c);
  await pair(c, d);
  for (const place of [a, b, c]) await connected(place, d);
  put(d, 'from the newcomer');
  for (const place of [a, b, c]) await arrives(place, 'from the newcomer');

  const atA = await a.node.ask('peers');
  const added = atA.find(({ id }) => id === d.node.id)?.added;
  assert.equal(added?.by, c.node.id);
  assert.equal(added.byName, 'c');
  assert.equal(atA.find(({ id }) => id === b.node.id)?.added?.by, a.node.id);
  const news = await a.node.ask('memberNews');
  assert.deepEqual(
    news.map(({ is, folder, device, byName }) => [is, folder, device, byName]),
    [
      ['added', FOLDER, c.node.id, 'b'],
      ['added', FOLDER, d.node.id, 'c'],
    ],
  );
  // The one by whom it came goes away for good, and a restart forgets nothing.
  await c.node.end();
  await a.node.restart();
  await connected(a, d);
  assert.equal((await a.node.ask('peers')).find(({ id }) => id === d.node.id)?.added?.by, c.node.id);
});

test('Y11 who shares the folder only after it heard of the members knows them all the same', async () => {
  await using places = new Places();
  const [a, b, c] = await twoThatShare(places);
  await b.node.ask('trust', c.node.id, [c.node.listening], [FOLDER]);
  await c.node.ask('trust', b.node.id, [b.node.listening]);
  await connected(b, c);
  await c.node.ask('share', c.folder, FOLDER, [b.node.id]);
  await connected(a, c);
});

test('Y11 who is admitted at one end first is believed at the other from its admission on', async () => {
  await using places = new Places();
  const [a, b, c] = await twoThatShare(places);
  await c.node.ask('share', c.folder, FOLDER, []);
  await c.node.ask('trust', b.node.id, [b.node.listening]);
  await b.node.ask('trust', c.node.id, [c.node.listening], [FOLDER]);
  await connected(b, c);
  await c.node.ask('share', c.folder, FOLDER, [b.node.id]);
  await connected(a, c);
});

test('Y12 Done when 6: removed at A while B is away, C is refused by both, for good, also after restarts', async () => {
  await using places = new Places();
  const [a, b, c] = await places.open('a', 'b', 'c');
  await a.node.ask('share', a.folder, FOLDER, []);
  await pair(a, b);
  await pair(a, c);
  for (const [one, other] of [
    [a, b],
    [a, c],
    [b, c],
  ] as const)
    await connected(one, other);
  put(a, 'shared by all');
  for (const place of [b, c]) await arrives(place, 'shared by all');

  await b.node.end();
  // C hears nothing of it either: what it does next is what a stolen machine would do.
  await c.node.kill();
  const before = readFileSync(join(places.root, 'home-c', 'config.json'));
  await a.node.ask('forget', c.node.id);
  assert.equal(await trusts(a, c), false);

  // C meets B before A does. B cannot know yet.
  await a.node.end();
  await c.node.up();
  await b.node.up();
  await connected(b, c);
  await a.node.up();
  await connected(a, b);
  await trustsNoMore(b, c);
  await until('C has lost B', async () => ((await connectedTo(c, b)) ? undefined : true));

  for (let round = 0; round < 2; round += 1) {
    put(a, `a secret of round ${round}`);
    await arrives(b, `a secret of round ${round}`);
    // As if it had never heard of it: it takes back what it knew, and tries both.
    await c.node.end();
    writeFileSync(join(places.root, 'home-c', 'config.json'), before);
    await c.node.up();
    await until('C was refused by both', async () => {
      const refusals = (await c.node.ask('log')).join('\n');
      const tried = [a, b].every(({ node }) => refusals.includes(`"peer":"${node.id}"`));
      return tried ? true : undefined;
    });
    assert.equal(await c.node.ask('logCount', 'connected'), 0, 'nor was it let in for a moment');
    assert.deepEqual([await trusts(a, c), await trusts(b, c)], [false, false]);
    assert.equal(existsSync(join(c.folder, `a secret of round ${round}`)), false);
    await Promise.all([a.node.restart(), b.node.restart()]);
    await connected(a, b);
  }
});

test('Y13 a device that hears of its own removal stops, says so, keeps every file, and comes back only by a person', async () => {
  await using places = new Places();
  const [a, b, c] = await places.open('a', 'b', 'c');
  await a.node.ask('share', a.folder, FOLDER, []);
  await pair(a, b);
  await pair(b, c);
  await connected(a, c);
  put(a, 'kept');
  await arrives(c, 'kept');
  await b.node.ask('forget', c.node.id);
  await trustsNoMore(a, c);
  const stopped = async (): Promise<true | undefined> =>
    (await c.node.ask('status', FOLDER)).state === 'stopped' ? true : undefined;
  await until('C has stopped', stopped);
  const { error } = await c.node.ask('status', FOLDER);
  assert.equal(error?.code, 'E_FOLDER_REMOVED');
  assert.match(error.message, /removed by b/);
  assert.ok(c.node.warnings.some(({ code }) => code === 'E_FOLDER_REMOVED'));
  assert.deepEqual([await trusts(c, a), await trusts(c, b), existsSync(join(c.folder, 'kept'))], [false, false, true]);
  await c.node.restart();
  await until('C is still stopped', stopped);

  // A person at A takes it in again, and one at C agrees: that reaches B, which is away, as well.
  await b.node.end();
  await pair(a, c);
  await connected(a, c);
  await b.node.up();
  await connected(b, c);
  put(c, 'back again');
  for (const place of [a, b]) await arrives(place, 'back again');
});

test('Y14 who leaves tells the others, and touches no file', async () => {
  await using places = new Places();
  const [a, b, c] = await places.open('a', 'b', 'c');
  await a.node.ask('share', a.folder, FOLDER, []);
  await pair(a, b);
  await pair(a, c);
  await connected(b, c);
  put(a, 'kept');
  for (const place of [b, c]) await arrives(place, 'kept');
  await c.node.ask('leave', FOLDER);
  for (const place of [a, b]) await trustsNoMore(place, c);
  assert.deepEqual((await c.node.ask('configuration')).folders, []);
  assert.equal(existsSync(join(c.folder, 'kept')), true);
  assert.deepEqual(c.node.warnings, []);
  put(a, 'later');
  await arrives(b, 'later');
  assert.deepEqual(
    (await a.node.ask('memberNews')).map(({ is, device, by }) => [is, device, by]),
    [['removed', c.node.id, c.node.id]],
  );
});

test('Y15 a configuration from before there were member sets still opens, and its folders get theirs', async () => {
  await using places = new Places();
  const [a, b] = await places.open('a', 'b');
  await a.node.end();
  const old = {
    version: 1,
    peers: [{ id: b.node.id, addresses: [b.node.listening] }],
    folders: [{ id: FOLDER, path: a.folder, peers: [b.node.id] }],
  };
  writeFileSync(join(places.root, 'home-a', 'config.json'), JSON.stringify(old));
  await a.node.up();
  await b.node.ask('trust', a.node.id, []);
  await b.node.ask('share', b.folder, FOLDER, [a.node.id]);
  put(a, 'as before');
  await arrives(b, 'as before');
  await a.node.ask('rename', b.node.id, 'the other one');
  assert.equal((await a.node.ask('peers'))[0]?.name, 'the other one');
  const [folder] = (await a.node.ask('configuration')).folders;
  assert.deepEqual(
    folder?.members?.map(({ device }) => device),
    [a.node.id, b.node.id].sort(),
  );
});
