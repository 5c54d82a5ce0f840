/** What the edges in memory do beyond their ports' contracts: time passes in them, and processes and links end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byName } from '../../core/model/folder-path.ts';
import type { Change } from '../../ports/file-tree.ts';
import type { Stream } from '../../ports/network.ts';
import type { WatchListener, WatchNews } from '../../ports/watcher.ts';
import { Life } from './life.ts';
import { MemoryClock } from './memory-clock.ts';
import { MemoryDisk } from './memory-disk.ts';
import { MemoryFolder } from './memory-folder.ts';
import { MemoryNetwork } from './memory-network.ts';
import { damageStaged } from './memory-staging.ts';
import { MemoryTree } from './memory-tree.ts';
import { MemoryWatcher } from './memory-watcher.ts';
import { Scheduler } from './scheduler.ts';
import { SeededChance } from './seeded-chance.ts';

const DIRECTORIES = 50;
const NEVER = new AbortController().signal;

function openDisk() {
  const scheduler = new Scheduler();
  const life = new Life(scheduler);
  const clock = new MemoryClock(life);
  const disk = new MemoryDisk(() => clock.nowNs());
  disk.makeDirectory('root');
  const chance = new SeededChance('edges');
  const tree = new MemoryTree({ disk, root: 'root', life, clock, chance, stepMsMax: 10 });
  return { scheduler, life, disk, tree, chance };
}

function makeDirectories(): Change[] {
  return Array.from({ length: DIRECTORIES }, (_, index) => {
    const name = String(index).padStart(2, '0');
    return { change: 'directory', name, permissions: 0o755, expected: undefined, displace: { to: 'history' } };
  });
}

test('O16 a crash in the middle of applying leaves the changes before it, and the call never ends', async () => {
  const { scheduler, life, disk, tree } = openDisk();
  let isSettled = false;
  const settle = (): void => void (isSettled = true);
  tree.apply(makeDirectories()).then(settle, settle);
  scheduler.after(40, () => life.end());
  await scheduler.run(() => false);
  const made = [...(disk.find('root')?.children.keys() ?? [])];
  assert.ok(made.length > 0 && made.length < DIRECTORIES, `${made.length} were made`);
  assert.deepEqual(
    made,
    makeDirectories()
      .slice(0, made.length)
      .map(({ name }) => name),
  );
  assert.equal(isSettled, false);
});

test('O16 others come between two changes of a batch', async () => {
  const { scheduler, disk, tree } = openDisk();
  scheduler.after(40, () => void disk.makeDirectory(`root/${DIRECTORIES - 1}`));
  const applied = await scheduler.runUntil(tree.apply(makeDirectories()));
  assert.deepEqual(
    applied.map((result) => ('trouble' in result ? result.trouble : 'done')),
    [...Array.from({ length: DIRECTORIES - 1 }, () => 'done'), 'changed'],
  );
});

test('O16 a crash keeps, damages or loses staged files', () => {
  const { disk, chance } = openDisk();
  const folder = new MemoryFolder(disk, 'root');
  const staging = folder.ensure('.lanfold/staging');
  for (let stage = 0; stage < 100; stage += 1) disk.createFile(`${staging}/${stage}`, 0o600, new Uint8Array(9).fill(1));
  damageStaged(folder, chance);
  const left = [...(disk.find(staging)?.children.values() ?? [])];
  const whole = left.filter(({ content }) => content.every((byte) => byte === 1));
  assert.ok(left.length > 50 && left.length < 100, `${left.length} are left`);
  assert.ok(whole.length > 20 && whole.length < left.length, `${whole.length} are whole`);
});

test('O17 a new directory is watched only from when its news is told, and news may be lost, but not silently', async () => {
  const { scheduler, life, disk, chance } = openDisk();
  const told: WatchNews[] = [];
  const lost: string[] = [];
  const listener: WatchListener = {
    touched: (news) => told.push(...news),
    lost: (directory) => lost.push(directory),
    degraded: () => assert.fail('it is as good as it gets'),
    restored: () => assert.fail('it never was worse'),
  };
  const options = { disk, root: 'root', life, chance };
  const watcher = new MemoryWatcher(options);
  const forgetful = new MemoryWatcher({ ...options, lossRate: 1 });
  await scheduler.runUntil(Promise.all([watcher.start(listener), forgetful.start({ ...listener, touched() {} })]));
  disk.makeDirectory('root/d');
  disk.createFile('root/d/early');
  await scheduler.runFor(100);
  disk.createFile('root/d/late');
  disk.createFile('beside');
  await scheduler.runFor(100);
  assert.deepEqual(told, [
    { name: 'd', what: 'appeared-directory' },
    { name: 'd/late', what: 'appeared' },
  ]);
  assert.deepEqual(lost, ['', '']);
});

async function openStreams() {
  const scheduler = new Scheduler();
  const network = new MemoryNetwork({ scheduler, seed: 'edges' });
  const [here, there] = [new Life(scheduler), new Life(scheduler)];
  const device = new Uint8Array(32).fill(1);
  let accepted: Stream | undefined;
  const listening = network.join('there', device, there);
  await listening.listen({ ports: [1111], accepts: () => true, onStream: (stream) => void (accepted = stream) });
  const dialling = network.join('here', new Uint8Array(32).fill(2), here);
  const dialled = await scheduler.runUntil(dialling.dial({ host: 'there', port: 1111 }, device, NEVER));
  assert.ok(accepted !== undefined);
  const told: string[] = [];
  dialled.receive({ data: () => {}, closed: (reason) => told.push(`here: ${reason}`) });
  accepted.receive({
    data: (chunk) => told.push(Buffer.from(chunk).toString()),
    closed: (reason) => told.push(`there: ${reason}`),
  });
  return { scheduler, network, there, dialled, told };
}

test('O18 what is sent over a cut link waits; then it arrives, or both ends find the connection reset', async () => {
  const outcomes = new Set<string>();
  for (let round = 0; round < 20; round += 1) {
    const { scheduler, network, dialled, told } = await openStreams();
    const link = network.link('there', 'here');
    for (let cut = 0; cut < round; cut += 1) link.delayMs(); // another place in the link's chance
    link.cut();
    dialled.send([Buffer.from('x')]);
    await scheduler.runFor(10_000);
    assert.deepEqual(told, []);
    link.heal();
    await scheduler.runFor(10_000);
    outcomes.add(told.sort(byName).join());
  }
  assert.deepEqual([...outcomes].sort(), ['here: connection reset,there: connection reset', 'x']);
});

test('O18 when a process ends, the other side of its conversations hears of it', async () => {
  const { scheduler, there, told } = await openStreams();
  there.end();
  await scheduler.runFor(1000);
  assert.deepEqual(told, ['here: the other side closed the connection']);
});
