/** What the disk does not say for sure, on memory edges: nothing is deleted, believed or given away on a guess. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { Listing, Trouble } from '../src/ports/file-tree.ts';
import { FOLDER } from './desk.ts';
import { three, two, type Two } from './desks.ts';

const IO: Trouble = { trouble: 'io', detail: 'EIO: i/o error' };
/** Three blocks, each unlike the others. */
const BIG = Buffer.from(Array.from({ length: 50_000 }, (_, line) => `line ${line}\n`).join(''));

async function withDirectory(): Promise<Two> {
  const { desk, a, b } = two();
  a.disk.makeDirectory(`${FOLDER}/d`);
  a.write('d/one', 'one');
  a.write('d/two', 'two');
  await desk.start(a, b);
  ok(await desk.until(() => b.read('d/one') === 'one' && b.read('d/two') === 'two'));
  ok(await desk.inSync(a, b));
  return { desk, a, b };
}

test('F2 case B14: a directory that cannot be listed deletes nothing, and is listed as a problem until it can be', async () => {
  const { desk, a, b } = await withDirectory();
  using _ = desk;
  a.faults.afterDisk = (call, values, result) => {
    if (call === 'list') return values[0] === 'd' ? IO : result;
    // What is in it cannot be looked at either.
    if (call !== 'look') return result;
    const names = values[0] as readonly string[];
    return (result as unknown[]).map((look, index) => (names[index]?.startsWith('d/') ? IO : look));
  };
  a.folder().rescan();
  await desk.runFor(30_000);
  deepEqual(a.problems(), [['d', 'unreadable']]);
  deepEqual([b.read('d/one'), b.read('d/two')], ['one', 'two']);
  a.faults.afterDisk = (_, __, result) => result;
  a.folder().rescan();
  ok(await desk.until(() => a.problems().length === 0));
  deepEqual([a.read('d/one'), b.read('d/two')], ['one', 'two']);
});

test('F2 case B14: names that read as absent below a directory with an error are not gone', async () => {
  const { desk, a, b } = await withDirectory();
  using _ = desk;
  let isBroken = true;
  // The names in it read as absent as long as the directory cannot be listed: a network disk that drops out does that.
  a.faults.afterDisk = (call, values, result) => {
    if (!isBroken) return result;
    if (call === 'list') return values[0] === 'd' ? IO : result;
    if (call !== 'look') return result;
    const names = values[0] as readonly string[];
    return (result as unknown[]).map((look, index) => (names[index]?.startsWith('d/') ? undefined : look));
  };
  a.folder().rescan();
  await desk.runFor(30_000);
  deepEqual([b.read('d/one'), b.read('d/two')], ['one', 'two']);
  isBroken = false;
  a.folder().rescan();
  await desk.runFor(10_000);
  deepEqual([b.read('d/one'), b.read('d/two')], ['one', 'two']);
});

test('F2 case B13: what was made in a directory while it could not be read is found as soon as it can', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a, b);
  a.disk.makeDirectory(`${FOLDER}/d`);
  ok(await desk.until(() => b.disk.find(`${FOLDER}/d`) !== undefined));
  ok(await desk.inSync(a, b));
  a.faults.afterDisk = (call, values, result) =>
    call === 'list' && values[0] === 'd' ? { trouble: 'io', detail: 'the disk fails' } : result;
  a.folder().rescan();
  await desk.runFor(2000);
  deepEqual(
    a.problems().map(([name]) => name),
    ['d'],
  );
  const before = b.names().length;
  a.disk.createFile(`${FOLDER}/d/early`);
  delete a.faults.afterDisk;
  const inode = a.inode('d');
  a.disk.setAttributes(inode, { permissions: 0o700 });
  ok(await desk.until(() => b.disk.find(`${FOLDER}/d/early`) !== undefined, 30_000));
  equal(b.names().length, before);
});

test('F2 case B14: an error at a look at one name is not its absence', async () => {
  const { desk, a, b } = await withDirectory();
  using _ = desk;
  a.faults.afterDisk = (call, values, result) => {
    if (call !== 'look') return result;
    const names = values[0] as readonly string[];
    return (result as unknown[]).map((look, index) => (names[index] === 'd/one' ? IO : look));
  };
  a.write('d/one', 'one more');
  await desk.runFor(30_000);
  equal(b.read('d/one'), 'one');
  deepEqual(a.problems(), [['d/one', 'unreadable']]);
  a.faults.afterDisk = (_, __, result) => result;
  a.folder().rescan();
  ok(await desk.until(() => b.read('d/one') === 'one more'));
});

test('F2 case B18: a root that goes away right after a change deletes nothing', async () => {
  const { desk, a, b } = await withDirectory();
  using _ = desk;
  a.write('d/one', 'one more');
  a.disk.rename(FOLDER, 'elsewhere');
  await desk.runFor(10_000);
  equal(a.folder().state, 'stopped');
  a.disk.rename('elsewhere', FOLDER);
  ok(await desk.until(() => b.read('d/one') === 'one more'));
  equal(b.read('d/two'), 'two');
});

test('R4 case B09: an edit of the same size whose time is set back is an edit', async () => {
  const { desk, a, b } = await withDirectory();
  using _ = desk;
  const inode = a.inode('d/one');
  const { modifiedNs } = inode;
  a.disk.write(inode, Buffer.from('eno'));
  a.disk.setAttributes(inode, { modifiedNs });
  ok(await desk.until(() => b.read('d/one') === 'eno'));
  ok(await desk.inSync(a, b));
});

test('S1 case A10: of a file that changes while it is being hashed, no mix of old and new is announced', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a, b);
  const versions = ['1', '2'].map((digit) => Buffer.alloc(4 * 1024 * 1024, digit));
  const [before, after] = versions;
  ok(before && after);
  let isDue = true;
  a.faults.beforeDisk = (call) => {
    if (call !== 'hash' || !isDue) return;
    isDue = false;
    desk.scheduler.after(4, () => a.write('big', after)); // 32 blocks take longer
  };
  a.write('big', before);
  const told = new Set<string>();
  ok(
    await desk.until(() => {
      const blocks = b.folder().records.remote(a.short, 'big')?.blocks;
      if (blocks !== undefined) told.add(Buffer.from(blocks).toString('hex'));
      return b.read('big') === after.toString();
    }),
  );
  equal(isDue, false);
  for (const blocks of told) equal(new Set(blocks.match(/.{64}/gu)).size, 1, 'all blocks of a version are alike');
});

test('S1 case C17: what was in a directory that became a file is gone for the peers as well', async () => {
  const { desk, a, b } = await withDirectory();
  using _ = desk;
  a.crash();
  for (const name of ['one', 'two']) a.disk.unlink(`${FOLDER}/d/${name}`);
  a.disk.removeDirectory(`${FOLDER}/d`);
  a.write('d', 'a file now');
  await desk.start(a);
  ok(await desk.until(() => b.read('d') === 'a file now'));
  ok(await desk.inSync(a, b));
});

test('R5 case B05: news that the watcher has lost are found by a walk, at once', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  a.faults.newsLossRate = 1;
  await desk.start(a, b);
  await desk.runFor(5000);
  a.write('text', 'text');
  ok(await desk.until(() => b.read('text') === 'text', 10_000));
});

test('P12 case A11: bytes that are not any more what was announced never leave for a peer', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a);
  a.write('text', 'as it was written');
  ok(await desk.until(() => a.folder().records.local('text') !== undefined));
  const inode = a.inode('text');
  inode.content = Buffer.from('as it was wrItten'); // and no look shows it
  const staged: unknown[] = [];
  b.faults.afterDisk = (call, _, result) => {
    if (call === 'stage') staged.push(...(result as unknown[]));
    return result;
  };
  await desk.start(b);
  await desk.runFor(20_000);
  deepEqual(staged, [], 'no block of it came');
  equal(b.read('text'), undefined);
});

test('P14 what a crash left of a staged file is read again, and never believed', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a, b);
  let isApplied = false;
  b.faults.beforeDisk = (call) => {
    if (call !== 'apply') return undefined;
    isApplied = true;
    return new Promise(() => {}); // all is staged, and it dies before anything has its name
  };
  a.write('big', BIG);
  ok(await desk.until(() => isApplied));
  b.crash();
  const [stage] = b.disk.find(`${FOLDER}/.lanfold/staging`)?.children.values() ?? [];
  ok(stage);
  stage.content.fill(0, 200_000);
  b.faults.beforeDisk = () => {};
  await desk.start(b);
  ok(await desk.until(() => b.read('big') !== undefined));
  ok(await desk.inSync(a, b));
  equal(b.read('big'), BIG.toString());
});

test('P6 case D02: what is ignored stays when a peer deletes its directory, and so does the directory', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  b.write('.stignore', 'keep\n(?d)trash\n');
  await desk.start(a, b);
  a.disk.makeDirectory(`${FOLDER}/d`);
  a.write('d/one', 'one');
  ok(await desk.until(() => b.read('d/one') === 'one'));
  b.write('d/keep', 'mine');
  b.write('d/trash', 'nobody’s');
  ok(await desk.inSync(a, b));
  a.disk.unlink(`${FOLDER}/d/one`);
  a.disk.removeDirectory(`${FOLDER}/d`);
  ok(await desk.until(() => b.read('d/one') === undefined));
  await desk.runFor(90_000);
  equal(b.read('d/keep'), 'mine');
  deepEqual(b.problems(), [['d', 'not-empty']]);
});

test('P6 an ignored directory that may be deleted goes with all that is in it when a peer deletes the one around it', async () => {
  const { desk, a, b } = await withDirectory();
  using _ = desk;
  b.write('.stignore', 'precious\n(?d)modules\n');
  b.disk.makeDirectory(`${FOLDER}/d/modules`);
  b.disk.makeDirectory(`${FOLDER}/d/modules/deep`);
  for (const name of ['precious', 'code', 'deep/code']) b.write(`d/modules/${name}`, name);
  await desk.runFor(5000);
  for (const name of ['one', 'two']) a.disk.unlink(`${FOLDER}/d/${name}`);
  a.disk.removeDirectory(`${FOLDER}/d`);
  ok(await desk.until(() => b.problems().length > 0));
  deepEqual(b.problems(), [['d', 'not-empty']]);
  deepEqual([b.read('d/modules/code'), b.read('d/modules/precious')], ['code', 'precious']);
  b.disk.unlink(`${FOLDER}/d/modules/precious`);
  ok(await desk.until(() => !b.names().includes('d'), 10 * 60_000), b.problems().join());
  ok(await desk.inSync(a, b));
  deepEqual(b.problems(), []);
  ok(
    ['code', 'deep/code'].every((content) => b.allContents().has(content)),
    'in the history',
  );
});

test('P6 a disk that is mounted under an ignored name keeps all that it has when a peer deletes the directory around it', async () => {
  const { desk, a, b } = await withDirectory();
  using _ = desk;
  b.write('.stignore', '(?d)modules\n');
  await desk.runFor(5000);
  b.disk.makeDirectory(`${FOLDER}/d/modules`);
  b.disk.mount(`${FOLDER}/d/modules`);
  b.write('d/modules/code', 'code');
  for (const name of ['one', 'two']) a.disk.unlink(`${FOLDER}/d/${name}`);
  a.disk.removeDirectory(`${FOLDER}/d`);
  ok(await desk.until(() => b.problems().some(([name]) => name === 'd')));
  equal(b.read('d/modules/code'), 'code');
});

test('P6 what is ignored and may be deleted stays where something else keeps its directory', async () => {
  const { desk, a, b } = await withDirectory();
  using _ = desk;
  b.write('.stignore', '(?d)*.tmp\n');
  await desk.runFor(5000);
  b.write('d/x.tmp', 'half');
  b.disk.openForWriting(b.disk.createFile(`${FOLDER}/d/mine`));
  for (const name of ['one', 'two']) a.disk.unlink(`${FOLDER}/d/${name}`);
  a.disk.removeDirectory(`${FOLDER}/d`);
  ok(await desk.until(() => b.read('d/one') === undefined));
  await desk.runFor(10_000);
  b.disk.closeAfterWriting(b.inode('d/mine'));
  ok(await desk.until(() => a.read('d/mine') === ''));
  equal(b.read('d/x.tmp'), 'half');
});

test('P6 what is ignored and may be deleted stays also where what keeps its directory is further down', async () => {
  const { desk, a, b } = await withDirectory();
  using _ = desk;
  b.write('.stignore', 'precious\n(?d)*.tmp\n(?d)modules\n');
  await desk.runFor(5000);
  b.disk.makeDirectory(`${FOLDER}/d/modules`);
  b.write('d/modules/precious', 'mine');
  b.write('d/x.tmp', 'half');
  for (const name of ['one', 'two']) a.disk.unlink(`${FOLDER}/d/${name}`);
  a.disk.removeDirectory(`${FOLDER}/d`);
  ok(await desk.until(() => b.problems().length > 0));
  await desk.runFor(60_000);
  deepEqual([b.problems(), b.read('d/modules/precious')], [[['d', 'not-empty']], 'mine']);
  equal(b.read('d/x.tmp'), 'half');
});

test('P6 what is ignored and may be deleted stays where a name that is not UTF-8 keeps its directory', async () => {
  for (const place of ['d', 'd/modules']) {
    const { desk, a, b } = await withDirectory();
    using _ = desk;
    b.write('.stignore', '(?d)*.tmp\n(?d)modules\n');
    await desk.runFor(5000);
    b.disk.makeDirectory(`${FOLDER}/d/modules`);
    b.write('d/x.tmp', 'half');
    b.faults.afterDisk = (call, values, result) =>
      call === 'list' && values[0] === place ? { ...(result as Listing), unusable: ['\u{fffd}'] } : result;
    for (const name of ['one', 'two']) a.disk.unlink(`${FOLDER}/d/${name}`);
    a.disk.removeDirectory(`${FOLDER}/d`);
    ok(await desk.until(() => b.problems().some(([name]) => name === 'd')), place);
    equal(b.read('d/x.tmp'), 'half', place);
  }
});

test('P21 what cannot come because an ignored file has the name of its directory is listed, and comes when that is gone', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  b.write('.stignore', '!keep\nd\n');
  b.write('d', 'mine');
  await desk.start(a, b);
  ok(await desk.inSync(a, b));
  a.disk.makeDirectory(`${FOLDER}/d`);
  a.disk.makeDirectory(`${FOLDER}/d/e`);
  for (const name of ['d/keep', 'd/e/keep']) a.write(name, 'keep');
  ok(await desk.until(() => b.problems().length > 1));
  await desk.runFor(60_000);
  deepEqual(
    new Map(b.problems().map(([name = '', reason]) => [name, reason])),
    new Map([
      ['d/e/keep', 'parent'],
      ['d/keep', 'parent'],
    ]),
  );
  equal(b.read('d'), 'mine');
  b.disk.unlink(`${FOLDER}/d`);
  ok(await desk.until(() => b.read('d/keep') === 'keep' && b.read('d/e/keep') === 'keep', 10 * 60_000));
  ok(await desk.inSync(a, b));
  deepEqual(b.problems(), []);
});

test('R8 case D02: a file that is still being written stays when a peer deletes its directory', async () => {
  const { desk, a, b } = await withDirectory();
  using _ = desk;
  const growing = b.disk.createFile(`${FOLDER}/d/growing`);
  b.disk.openForWriting(growing);
  b.disk.write(growing, Buffer.from('the first half, '));
  for (const name of ['one', 'two']) a.disk.unlink(`${FOLDER}/d/${name}`);
  a.disk.removeDirectory(`${FOLDER}/d`);
  ok(await desk.until(() => b.read('d/one') === undefined));
  await desk.runFor(10_000);
  equal(b.read('d/growing'), 'the first half, ');
  b.disk.write(growing, Buffer.from('the first half, the second half'));
  b.disk.closeAfterWriting(growing);
  ok(await desk.until(() => a.read('d/growing') === 'the first half, the second half'));
});

test('M9 case D13: what is deleted is gone everywhere, and does not come back from who was away', async () => {
  const { desk, a, b, c } = three();
  using _ = desk;
  await desk.start(a, b, c);
  a.write('text', 'text');
  ok(await desk.until(() => [b, c].every((machine) => machine.read('text') === 'text')));
  ok(await desk.inSync(a, b, c));
  c.crash();
  a.disk.unlink(`${FOLDER}/text`);
  ok(await desk.until(() => b.read('text') === undefined));
  ok(await desk.inSync(a, b));
  a.crash();
  await desk.start(c);
  await desk.runFor(60_000);
  await desk.start(a);
  await desk.runFor(60_000);
  deepEqual(
    [a, b, c].map((machine) => machine.read('text')),
    [undefined, undefined, undefined],
  );
});

test('P2 a file that was copied at a peer is in both places here, and costs no transfer', async () => {
  const { desk, a, b } = await withDirectory();
  using _ = desk;
  let asked = 0;
  a.faults.beforeDisk = (call) => void (asked += call === 'read' ? 1 : 0);
  a.write('copy', 'one');
  ok(await desk.until(() => b.read('copy') === 'one'));
  ok(await desk.inSync(a, b));
  deepEqual([b.read('d/one'), asked], ['one', 0]);
});
