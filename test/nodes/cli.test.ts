/** The command line, as people and scripts use it: every command, before the node runs and while it does. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Lanfold, runLanfold } from '../harness/lanfold.ts';
import { until } from '../harness/process.ts';

const FOLDER = 'notes';
/** More deletes than are carried out unasked (SPEC R12). */
const MANY = 60;

interface Status {
  readonly device: string;
  readonly running: boolean;
  readonly listening: string | null;
  readonly folders: readonly { id: string; path: string; state: string; files?: number; problems?: unknown[] }[];
  readonly peers: readonly { id: string; connected: boolean; completion: number | null; addresses: string[] }[];
}

/** A directory that ends with its test. */
function scratch(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'lanfold-cli-'));
  context.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function node(context: TestContext): Promise<Lanfold> {
  const made = await Lanfold.create();
  context.after(() => made.stop());
  return made;
}

async function statusOf(lanfold: Lanfold): Promise<Status> {
  return (await lanfold.status()) as Status;
}

/** Two nodes that trust each other and share a folder, each as `lanfold run`. */
async function pair(context: TestContext): Promise<{ a: Lanfold; b: Lanfold; inA: string; inB: string }> {
  const root = scratch(context);
  const [inA, inB] = [join(root, 'a'), join(root, 'b')];
  const [a, b] = [await node(context), await node(context)];
  for (const [own, other, path] of [[a, b, inA] as const, [b, a, inB] as const]) {
    mkdirSync(path);
    await own.trust({ deviceId: other.deviceId, address: other.address, folders: [FOLDER] });
    await own.addFolder(FOLDER, path, [other.deviceId]);
    await own.up();
  }
  return { a, b, inA, inB };
}

function filesIn(folder: string): number {
  return readdirSync(folder).filter((name) => name.startsWith('file-')).length;
}

async function untilThere(path: string, isThere = true): Promise<void> {
  await until(`"${path}" is ${isThere ? 'there' : 'gone'}`, () => existsSync(path) === isThere || undefined, {
    everyMs: 20,
  });
}

test('U1 id makes the identity once, prints it alone, and prints the same while the node runs', async (context) => {
  const lanfold = await node(context);
  assert.match(lanfold.deviceId, /^([A-Z2-7]{7}-){7}[A-Z2-7]{7}$/);
  await lanfold.up();
  assert.equal((await lanfold.command(['id'])).stdout, lanfold.deviceId);
  assert.deepEqual(JSON.parse((await lanfold.command(['id', '--json'])).stdout), { id: lanfold.deviceId });
});

test('U2 peers and folders are set before the first run, and the node then runs with them', async (context) => {
  const { a, b, inA, inB } = await pair(context);
  writeFileSync(join(inA, 'plan.md'), 'plan');
  await untilThere(join(inB, 'plan.md'));
  const status = await statusOf(a);
  assert.deepEqual([status.device, status.running, status.listening], [a.deviceId, true, a.address]);
  assert.deepEqual(
    status.folders.map(({ id, path, state }) => [id, path, state]),
    [[FOLDER, inA, 'in-sync']],
  );
  assert.equal(status.folders[0]?.files, 1);
  const [peer] = status.peers;
  assert.deepEqual([peer?.id, peer?.connected, peer?.completion], [b.deviceId, true, 100]);
});

test('U3 what is set while the node runs acts at once, and stays after a restart', async (context) => {
  const root = scratch(context);
  const [a, b] = [await node(context), await node(context)];
  const [inA, inB] = [join(root, 'a'), join(root, 'b')];
  for (const path of [inA, inB]) mkdirSync(path);
  writeFileSync(join(inA, 'plan.md'), 'plan');
  await Promise.all([a.up(), b.up()]);
  assert.deepEqual((await statusOf(a)).folders, []);
  await a.trust({ deviceId: b.deviceId, address: b.address, folders: [] });
  await b.trust({ deviceId: a.deviceId, address: a.address, folders: [] });
  await a.addFolder(FOLDER, inA, [b.deviceId]);
  await b.addFolder(FOLDER, inB, [a.deviceId]);
  await untilThere(join(inB, 'plan.md'));
  await b.restart();
  writeFileSync(join(inA, 'second.md'), 'second');
  await untilThere(join(inB, 'second.md'));

  await b.command(['folders', 'remove', FOLDER]);
  await b.command(['peers', 'remove', a.deviceId]);
  const after = await statusOf(b);
  assert.deepEqual([after.folders, after.peers], [[], []]);
  assert.ok(existsSync(join(inB, 'second.md')), 'no file is touched');
});

test('U4 a folder that a peer is trusted with is shared with it as soon as it is added', async (context) => {
  const [a, b] = [await node(context), await node(context)];
  const [inA, inB] = [scratch(context), scratch(context)];
  await a.trust({ deviceId: b.deviceId, address: b.address, folders: [FOLDER] });
  await b.trust({ deviceId: a.deviceId, address: a.address, folders: [FOLDER] });
  await a.addFolder(FOLDER, inA);
  await b.addFolder(FOLDER, inB);
  writeFileSync(join(inB, 'plan.md'), 'plan');
  await Promise.all([a.up(), b.up()]);
  await untilThere(join(inA, 'plan.md'));
});

test('U5 a removed folder can be added again elsewhere, also while nothing runs', async (context) => {
  const lanfold = await node(context);
  const [first, second] = [scratch(context), scratch(context)];
  await lanfold.addFolder(FOLDER, first);
  await lanfold.up();
  await lanfold.down();
  await lanfold.command(['folders', 'remove', FOLDER]);
  await lanfold.addFolder(FOLDER, second);
  await lanfold.up();
  const isSynced = (status: unknown): boolean => (status as Status).folders[0]?.state === 'in-sync';
  await lanfold.waitForStatus('the new place is in sync', isSynced);
});

test('U6 history and restore bring back what another device deleted', async (context) => {
  const { a, b, inA, inB } = await pair(context);
  writeFileSync(join(inA, 'plan.md'), 'plan');
  await untilThere(join(inB, 'plan.md'));
  rmSync(join(inA, 'plan.md'));
  await untilThere(join(inB, 'plan.md'), false);

  const [version] = JSON.parse((await b.command(['history', 'plan.md', '-C', inB, '--json'])).stdout) as {
    at: string;
  }[];
  assert.ok(version !== undefined && Date.now() - Date.parse(version.at) < 60_000);
  const text = (await b.command(['history', join(inB, 'plan.md')])).stdout;
  const [time] = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.exec(text) ?? [''];
  await b.command(['restore', 'plan.md', '-C', inB, '--at', time]);
  assert.equal(readFileSync(join(inB, 'plan.md'), 'utf8'), 'plan');
  await untilThere(join(inA, 'plan.md'));

  const nothing = await runLanfold(['restore', 'never.md', '-C', inA, '--home', a.home]);
  assert.equal(nothing.code, 1);
  assert.match(nothing.stderr, /"never\.md".*\(E_NOT_IN_HISTORY\)$/);
  const outside = await runLanfold(['history', '/etc/hostname', '--home', a.home]);
  assert.match(outside.stderr, /\(E_FOLDER_UNKNOWN\)$/);
});

test('U7 status --check tells by its exit code: 0 in sync, 4 somebody must decide, which approve does', async (context) => {
  const { a, b, inA, inB } = await pair(context);
  for (let i = 0; i < MANY; i += 1) writeFileSync(join(inA, `file-${i}`), `${i}`);
  const check = async (lanfold: Lanfold): Promise<number | null> =>
    (await runLanfold(['status', '--check', '-q', '--home', lanfold.home])).code;
  await until('all is there', async () => ((await check(a)) === 0 && existsSync(join(inB, 'file-59'))) || undefined);
  assert.equal(await check(b), 0);

  await a.down();
  for (let i = 0; i < MANY; i += 1) rmSync(join(inA, `file-${i}`));
  await a.up();
  await until('the deletes are held', async () => (await check(a)) === 4 || undefined);
  const { stdout } = await runLanfold(['status', '--home', a.home]);
  assert.match(stdout, /needs you/, `${stdout}\n${a.program.tail()}`);
  assert.match(stdout, /lanfold approve/);
  assert.equal(filesIn(inB), MANY);
  assert.deepEqual(JSON.parse((await a.command(['approve', '--json'])).stdout), { folders: [FOLDER] });
  await until('the deletes are everywhere', async () => {
    if (filesIn(inB) > 0) await b.command(['approve', '-q']);
    return filesIn(inB) === 0 || undefined;
  });
});

test('U8 status --check is 3 while a name is left out, and 6 when nothing runs, with the status all the same', async (context) => {
  const lanfold = await node(context);
  const folder = scratch(context);
  await lanfold.addFolder(FOLDER, folder);
  const idle = await runLanfold(['status', '--json', '--check', '--home', lanfold.home]);
  assert.equal(idle.code, 6);
  const status = JSON.parse(idle.stdout) as Status;
  assert.deepEqual([status.running, status.listening], [false, null]);
  assert.deepEqual(status.folders, [{ id: FOLDER, path: folder, state: 'not-running' }]);
  assert.equal((await runLanfold(['status', '--home', lanfold.home])).code, 6);

  await lanfold.up();
  await lanfold.waitForStatus('it is in sync', (now) => (now as Status).folders[0]?.state === 'in-sync');
  rmSync(folder, { recursive: true });
  await lanfold.command(['rescan', '--folder', FOLDER]);
  const stopped = (now: unknown): boolean => (now as Status).folders[0]?.state === 'stopped';
  await lanfold.waitForStatus('the folder stops', stopped);
  assert.equal((await runLanfold(['status', '--check', '--home', lanfold.home])).code, 3);
});

test('U9 what only a running node can do says so, with exit code 6', async (context) => {
  const lanfold = await node(context);
  for (const words of [['approve'], ['rescan'], ['history', 'x'], ['restore', 'x']]) {
    const { code, stderr } = await runLanfold([...words, '--home', lanfold.home]);
    assert.equal(code, 6, words.join(' '));
    assert.match(stderr, /not running.*\(E_NOT_RUNNING\)$/);
  }
});

test("U10 the control socket is its owner's alone, and a dead one is replaced", async (context) => {
  const lanfold = await node(context);
  const socket = join(lanfold.home, 'control.sock');
  await lanfold.up();
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  await lanfold.kill();
  assert.ok(existsSync(socket));
  assert.equal((await runLanfold(['status', '--home', lanfold.home])).code, 6);
  await lanfold.up();
  assert.equal((await statusOf(lanfold)).running, true);
});

test('U11 many commands at once all take effect', async (context) => {
  const lanfold = await node(context);
  await lanfold.up();
  const others = await Promise.all(Array.from({ length: 5 }, () => node(context)));
  await Promise.all(others.map((other) => lanfold.trust({ deviceId: other.deviceId, folders: ['later'] })));
  const ids = (await statusOf(lanfold)).peers.map(({ id }) => id).sort();
  assert.deepEqual(ids, others.map((other) => other.deviceId).sort());
});

test('U12 peers list says who added a device and when; rename calls it otherwise; remove says what it means', async (context) => {
  const [lanfold, other] = [await node(context), await node(context)];
  await lanfold.trust({ deviceId: other.deviceId, folders: [] });
  await lanfold.command(['peers', 'rename', other.deviceId, 'the attic']);
  const { stdout } = await lanfold.command(['peers']);
  assert.match(stdout, /^the attic {2}not connected .*added \d{4}-\d\d-\d\d by you {2}[A-Z2-7]{7}-/);
  const [peer] = JSON.parse((await lanfold.command(['peers', '--json'])).stdout) as { added: { by: string } }[];
  assert.equal(peer?.added.by, lanfold.deviceId);
  const removed = await lanfold.command(['peers', 'remove', other.deviceId]);
  assert.match(removed.stdout + removed.stderr, /from all folders, for all members/);
  assert.equal((await lanfold.command(['peers', '--json'])).stdout, '[]');
});
