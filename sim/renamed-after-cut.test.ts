/** What a person renames between a power cut and the next start is renamed; what only looks like it was taken by the cut (E9). */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER, type Machine } from './desk.ts';
import { two, type Two } from './desks.ts';

const TWINS = Array.from({ length: 30 }, (_, index) => `twin${index}`);

/** Two that share what was saved right before a lost its power; a `kept` file, and what `before` makes, have been there for long. */
async function cut(save: (a: Machine) => void, before: (a: Machine) => void = () => {}): Promise<Two> {
  const world = two();
  const { desk, a, b } = world;
  a.bootId = 'first start';
  await desk.start(a, b);
  a.write('kept', 'kept');
  before(a);
  await desk.runFor(120_000);
  save(a);
  await desk.runFor(2000);
  ok(await desk.inSync(a, b));
  deepEqual(b.names(), a.names());
  a.crash();
  a.bootId = 'second start';
  await desk.runFor(2000);
  return world;
}

async function restart({ desk, a, b }: Two): Promise<void> {
  await desk.runFor(20_000);
  await desk.start(a);
  await desk.runFor(60_000);
  ok(await desk.inSync(a, b));
}

test('E9 a directory, a symlink, and a file with the bytes of many others, renamed after a power cut, leave no old name behind', async () => {
  const world = await cut((a) => {
    for (const name of ['d', 'd/sub', 'd/sub/deep', 'empty']) a.disk.makeDirectory(`${FOLDER}/${name}`);
    a.write('d/sub/text', 'text');
    a.write('d/sub/deep/text', 'deep');
    a.disk.makeSymlink(`${FOLDER}/link`, Buffer.from('kept'));
    for (const name of TWINS) a.write(name, '');
  });
  const { desk, a, b } = world;
  using _ = desk;
  for (const name of ['d', 'empty', 'link', 'twin7']) a.disk.rename(`${FOLDER}/${name}`, `${FOLDER}/${name} renamed`);
  await restart(world);
  for (const machine of [a, b]) {
    const twins = TWINS.map((name) => (name === 'twin7' ? 'twin7 renamed' : name));
    deepEqual(machine.names(), ['d renamed', 'empty renamed', 'kept', 'link renamed', ...twins].sort(), machine.name);
    deepEqual([machine.read('d renamed/sub/text'), machine.read('d renamed/sub/deep/text')], ['text', 'deep']);
  }
});

for (const isOld of [false, true])
  test(`E9 what a power cut took from a directory${isOld ? ' that had been there for long' : ''} comes back, also where that was renamed since`, async () => {
    const make = (a: Machine): void => {
      a.disk.makeDirectory(`${FOLDER}/d`);
      a.write('d/there', 'd/there');
    };
    const world = await cut(
      (a) => {
        if (!isOld) make(a);
        a.write('d/taken', 'd/taken');
      },
      (a) => {
        if (isOld) make(a);
      },
    );
    const { desk, a, b } = world;
    using _ = desk;
    a.disk.unlink(`${FOLDER}/d/taken`);
    a.disk.rename(`${FOLDER}/d`, `${FOLDER}/e`);
    await restart(world);
    for (const machine of [a, b]) {
      deepEqual(machine.names(), ['d', 'e', 'kept'], machine.name);
      deepEqual([machine.read('e/there'), machine.read('d/there')], ['d/there', undefined], machine.name);
      equal(machine.read('d/taken'), 'd/taken', machine.name);
    }
  });

for (const isOld of [false, true])
  test(`E9 nor is it deleted where the directory${isOld ? ', an old one,' : ''} is renamed right after the start, before it is back`, async () => {
    const make = (a: Machine): void => void a.disk.makeDirectory(`${FOLDER}/d`);
    const world = await cut(
      (a) => {
        if (!isOld) make(a);
        a.write('d/taken', 'd/taken');
      },
      (a) => {
        if (isOld) make(a);
      },
    );
    const { desk, a, b } = world;
    using _ = desk;
    a.disk.unlink(`${FOLDER}/d/taken`);
    await desk.runFor(20_000);
    b.crash();
    let isFound = false;
    a.faults.beforeDisk = (call, _folder, [name]) => void (isFound ||= call === 'list' && name === 'd');
    await desk.start(a);
    ok(await desk.until(() => isFound));
    a.disk.rename(`${FOLDER}/d`, `${FOLDER}/e`);
    await desk.runFor(10_000);
    await desk.start(b);
    await desk.runFor(60_000);
    ok(await desk.inSync(a, b));
    for (const machine of [a, b]) equal(machine.read('d/taken'), 'd/taken', machine.name);
  });

test('E9 the same bytes under the inode that a power cut has freed are no rename: what it took comes back', async () => {
  const world = await cut((a) => {
    a.write('taken', '');
    a.disk.makeDirectory(`${FOLDER}/folder`);
  });
  const { desk, a, b } = world;
  using _ = desk;
  const { number } = a.inode('taken');
  a.disk.unlink(`${FOLDER}/taken`);
  a.write('new', '');
  const folder = a.inode('folder').number;
  a.disk.removeDirectory(`${FOLDER}/folder`);
  a.disk.makeDirectory(`${FOLDER}/new folder`);
  deepEqual([a.inode('new').number, a.inode('new folder').number], [number, folder]);
  await restart(world);
  for (const machine of [a, b])
    deepEqual(machine.names(), ['folder', 'kept', 'new', 'new folder', 'taken'], machine.name);
});

test('E9 another name that the file had before is no rename: the one that a power cut took comes back', async () => {
  const world = await cut((a) => {
    for (const name of ['taken', 'linked']) a.write(name, 'a day of work');
    Object.assign(a.inode('linked'), { number: a.inode('taken').number });
  });
  const { desk, a, b } = world;
  using _ = desk;
  a.disk.unlink(`${FOLDER}/taken`);
  a.disk.setAttributes(a.inode('linked'), { permissions: 0o600 });
  await restart(world);
  for (const machine of [a, b]) deepEqual(machine.names(), ['kept', 'linked', 'taken'], machine.name);
});

for (const [kind, path] of [
  ['directory', 'd/text'],
  ['file', 'text'],
] as const)
  test(`E9 a ${kind} whose rename a power cut took back has not been renamed by who changes its permissions then: the new name comes back`, async () => {
    const [old = '', ...below] = path.split('/');
    const renamed = ['renamed', ...below].join('/');
    const times = new Map<string, object>();
    const world = await cut(
      (a) => {
        for (const name of [old, path]) {
          const { modifiedNs, changedNs } = a.inode(name);
          times.set(name, { modifiedNs, changedNs });
        }
        a.disk.rename(`${FOLDER}/${old}`, `${FOLDER}/renamed`);
      },
      (a) => {
        if (kind === 'directory') a.disk.makeDirectory(`${FOLDER}/d`);
        a.write(path, 'text');
      },
    );
    const { desk, a, b } = world;
    using _ = desk;
    a.disk.rename(`${FOLDER}/renamed`, `${FOLDER}/${old}`);
    for (const [name, before] of times) Object.assign(a.inode(name), before);
    a.disk.setAttributes(a.inode(old), { permissions: 0o700 });
    await restart(world);
    for (const machine of [a, b]) equal(machine.read(renamed), 'text', machine.name);
  });
