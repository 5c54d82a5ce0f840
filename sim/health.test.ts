/** Verifying a folder and mending what is damaged, when a person asks for it. */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import type { VerifyOptions, VerifyReport } from '../src/node/folder/verifier.ts';
import type { Repaired, RepairOptions } from '../src/node/folder/repairer.ts';
import { Desk, FOLDER, type Machine } from './desk.ts';

/** What a bad disk does: other bytes, and nothing that a look could show. */
function rot(machine: Machine, name: string, content: string): void {
  const inode = machine.disk.find(`${FOLDER}/${name}`);
  if (inode === undefined) throw new Error(`${name} is not there`);
  inode.content = Buffer.from(content);
}

const NAMES = ['edited', 'gone', 'kept', 'photo', 'secret'];

async function synced(...more: string[]): Promise<{ desk: Desk; a: Machine; b: Machine; others: Machine[] }> {
  const desk = new Desk(['a', 'b', ...more]);
  const [a, b, ...others] = desk.machines;
  if (a === undefined || b === undefined) throw new Error('no machines');
  await desk.start(a, b, ...others);
  a.disk.makeDirectory(`${FOLDER}/album`);
  for (const name of [...NAMES, 'album/one', 'album/two']) a.write(name, `content of ${name}`);
  ok(await desk.until(() => desk.machines.every((machine) => machine.read('album/two') !== undefined)));
  ok(await desk.inSync(a, b, ...others));
  return { desk, a, b, others };
}

function verify(desk: Desk, machine: Machine, options: VerifyOptions = {}): Promise<VerifyReport> {
  return desk.scheduler.runUntil(machine.folder().health.verifier.verify(options));
}

function repair(desk: Desk, machine: Machine, options: RepairOptions = {}): Promise<Repaired> {
  return desk.scheduler.runUntil(machine.folder().health.repairer.repair(options));
}

function findings(report: VerifyReport): string[][] {
  return report.findings.map(({ path, is }) => [path, is]);
}

function contents(machine: Machine): (string | undefined)[] {
  return [...machine.names(), 'album/one', 'album/two'].map((name) => machine.read(name));
}

test('U80 case A14: bytes that changed under the same look are told from edits, from what is gone and from what cannot be read', async () => {
  const { desk, a, b } = await synced();
  using _ = desk;
  const all = await verify(desk, a);
  deepEqual([all.files, all.damaged, all.findings], [7, 0, []]);
  b.crash();
  const told = a.folder().records.maxSequence();
  rot(a, 'photo', 'content 0f photo');
  rot(a, 'album/two', 'content 0f album/two');
  a.faults.afterDisk = (call, values, result) => {
    const [jobs] = values as [{ name: string }[]];
    const isSecret = call === 'read' && jobs[0]?.name === 'secret';
    return isSecret ? jobs.map(() => ({ trouble: 'denied', detail: 'EACCES' })) : result;
  };
  a.write('edited', 'edited by a person');
  a.disk.unlink(`${FOLDER}/gone`);
  const before = contents(a);
  const progress: number[] = [];
  const report = await verify(desk, a, { onProgress: ({ files }) => void progress.push(files) });
  deepEqual(findings(report), [
    ['album/two', 'damaged'],
    ['edited', 'changed'],
    ['gone', 'missing'],
    ['photo', 'damaged'],
    ['secret', 'unreadable'],
  ]);
  deepEqual([report.files, report.damaged, report.changed, report.missing, report.unreadable], [2, 2, 1, 1, 1]);
  deepEqual(
    progress,
    [...progress].sort((x, y) => x - y),
  );
  deepEqual(contents(a), before, 'nothing was changed');
  const damaged = a.folder().problems();
  deepEqual(damaged.map(({ name }) => name).sort(), ['album/two', 'photo']);
  // The edit and the delete are synced as ever; what is damaged is not.
  await desk.runFor(20_000);
  const since = a.folder().records.changesSince(told, 100);
  deepEqual(since.map(({ name }) => name).sort(), ['edited', 'gone']);
});

test('U80 only the paths that are asked for are read, with all that is below them', async () => {
  const { desk, a, b } = await synced();
  using _ = desk;
  b.crash();
  rot(a, 'photo', 'content 0f photo');
  rot(a, 'album/one', 'content 0f album/one');
  const report = await verify(desk, a, { paths: ['album', 'album/one', 'kept'] });
  deepEqual([report.files, findings(report)], [2, [['album/one', 'damaged']]]);
});

test('U80 a path under which nothing is recorded is said', async () => {
  const { desk, a } = await synced();
  using _ = desk;
  a.disk.unlink(`${FOLDER}/kept`);
  ok(await desk.until(() => a.folder().records.local('kept')?.record.deleted === true));
  const paths = ['Photo', 'album', 'kept', 'photo'];
  const report = await verify(desk, a, { paths });
  deepEqual(
    [report.files, report.unknown, findings(report)],
    [
      3,
      2,
      [
        ['Photo', 'unknown'],
        ['kept', 'unknown'],
      ],
    ],
  );
  const { left } = await repair(desk, a, { paths });
  deepEqual(
    left.map(({ path, because }) => [path, because]),
    [
      ['Photo', 'unknown'],
      ['kept', 'unknown'],
    ],
  );
});

test('U81 it reads no faster than it may, and by itself steps aside while a peer pulls', async () => {
  const { desk, a } = await synced();
  using _ = desk;
  for (let index = 0; index < 4; index += 1) a.write(`big ${index}`, new Uint8Array(4 << 20).fill(index + 1));
  ok(await desk.until(() => a.folder().records.counts().local.files === 11));
  await desk.runFor(60_000);
  const took = async (options: VerifyOptions): Promise<number> => {
    const startMs = desk.scheduler.nowMs;
    await verify(desk, a, options);
    return desk.scheduler.nowMs - startMs;
  };
  const bytes = 4 * (4 << 20);
  const slowMs = await took({ bytesPerSecond: 1_000_000 });
  ok(slowMs > (bytes / 1_000_000) * 950 && slowMs < (bytes / 1_000_000) * 1200, `${slowMs} ms`);
  const aloneMs = await took({});
  ok(aloneMs > (bytes / 50_000_000) * 700 && aloneMs < (bytes / 50_000_000) * 2000, `${aloneMs} ms`);
  a.folder()
    .supplier.supply({ name: 'photo', offset: 0, bytes: 4, hash: new Uint8Array(0) })
    .catch(() => {});
  const besideMs = await took({});
  ok(besideMs > 2 * aloneMs, `${besideMs} ms beside a peer, ${aloneMs} ms alone`);
});

test('U82 it ends at once when it is told to, and what it found by then stays listed, also after a restart', async () => {
  const { desk, a, b } = await synced();
  using _ = desk;
  b.crash();
  rot(a, 'album/one', 'content 0f album/one');
  const stop = new AbortController();
  const reason = new Error('enough');
  const found = (): boolean => a.folder().problems().length > 0;
  const startMs = desk.scheduler.nowMs;
  const verifying = a.folder().health.verifier.verify({
    bytesPerSecond: 1,
    signal: stop.signal,
    onProgress: () => {
      if (found()) stop.abort(reason);
    },
  });
  await rejects(desk.scheduler.runUntil(verifying), reason);
  ok(desk.scheduler.nowMs - startMs < 100);
  a.crash();
  await desk.start(a);
  ok(await desk.until(() => a.folder().problems()[0]?.reason === 'damaged'));
});

test('U84 case A14: a peer gives the good content, what stood there is in the history, and nothing else is touched', async () => {
  const { desk, a, b, others } = await synced('c');
  using _ = desk;
  const [c] = others;
  ok(c);
  const whole = contents(a);
  b.crash();
  c.crash();
  rot(a, 'photo', 'content 0f photo');
  equal((await verify(desk, a)).damaged, 1);
  const version = a.folder().records.local('photo')?.record.version;
  // One that has it whole, and one that has it damaged as well and does not know: its bytes are refused.
  rot(c, 'photo', 'c0ntent of photo');
  const told: string[] = [];
  a.faults.beforeRecords = (call, values) => {
    if (call !== 'saveLocal') return;
    const [saved] = values as [{ record: { name: string; version: unknown[] } }[]];
    told.push(...saved.filter(({ record }) => record.version.length > 0).map(({ record }) => record.name));
  };
  await desk.start(b, c);
  ok(await desk.until(() => a.folder().records.remotes().length === 2 && a.engine.of(FOLDER).length === 2));
  const { mended, left } = await repair(desk, a);
  deepEqual(left, []);
  deepEqual(mended, [{ path: 'photo', from: [b.short] }]);
  deepEqual(contents(a), whole);
  deepEqual(told, ['photo'], 'only the good version was recorded as one to tell of');
  deepEqual(a.folder().records.local('photo')?.record.version, version, 'it is the version that it was');
  const [kept, ...more] = await desk.scheduler.runUntil(a.folder().restorer.history('photo'));
  deepEqual([kept?.name, more], ['photo', []], 'the damaged bytes are in the history');
  await desk.scheduler.runUntil(a.folder().restorer.restore('photo'));
  ok(await desk.until(() => a.read('photo') === 'content 0f photo'));
});

test('U84 with paths it reads these first, and mends what it finds there', async () => {
  const { desk, a } = await synced();
  using _ = desk;
  rot(a, 'photo', 'content 0f photo');
  rot(a, 'album/one', 'content 0f album/one');
  const { mended } = await repair(desk, a, { paths: ['album'] });
  deepEqual(
    mended.map(({ path }) => path),
    ['album/one'],
  );
  equal(a.read('photo'), 'content 0f photo');
});

test('U85 what no connected peer has whole stays as it is, and is said with the reason', async () => {
  const { desk, a, b } = await synced();
  using _ = desk;
  b.crash();
  a.write('new', 'content of new');
  ok(await desk.until(() => a.folder().records.local('new') !== undefined));
  await desk.runFor(5000);
  rot(a, 'photo', 'content 0f photo');
  rot(a, 'new', 'content 0f new');
  equal((await verify(desk, a)).damaged, 2);
  const first = await repair(desk, a);
  deepEqual(
    first.left.map(({ path, because, holders }) => [path, because, holders]),
    [
      ['new', 'no-copy', []],
      ['photo', 'not-connected', [b.short]],
    ],
  );
  match(first.left[0]?.text ?? '', /No other computer has it whole/);
  deepEqual([a.read('new'), a.read('photo')], ['content 0f new', 'content 0f photo']);
  await desk.start(b);
  ok(await desk.until(() => a.engine.of(FOLDER).length === 1));
  const second = await repair(desk, a);
  deepEqual(
    [second.mended.map(({ path }) => path), second.left.map(({ because }) => because)],
    [['photo'], ['no-copy']],
  );
  equal(a.read('photo'), 'content of photo');
  equal(a.read('new'), 'content 0f new');
  equal(b.read('new'), undefined, 'damaged bytes are announced to nobody as what they are not');
});

test('U86 what was edited since it was found damaged is an edit: not mended, and synced', async () => {
  const { desk, a, b } = await synced();
  using _ = desk;
  for (const name of ['photo', 'secret']) rot(a, name, `content 0f ${name}`);
  equal((await verify(desk, a)).damaged, 2);
  // One edit is known to the records by now, the other was made this very moment.
  a.write('photo', 'content 0f photo, and I like it');
  ok(await desk.until(() => b.read('photo') === 'content 0f photo, and I like it'));
  a.write('secret', 'content 0f secret, and I like it');
  const { mended, left } = await repair(desk, a);
  deepEqual([mended, left], [[], []]);
  ok(await desk.until(() => b.read('secret') === 'content 0f secret, and I like it'));
  equal(a.read('photo'), 'content 0f photo, and I like it');
  equal(a.read('secret'), 'content 0f secret, and I like it');
  deepEqual(a.folder().problems(), []);
});

test('U88 damage that waits for a peer that is off is known to status, verify and repair after restarts, until it is mended', async () => {
  const { desk, a, b } = await synced();
  using _ = desk;
  b.crash();
  rot(a, 'photo', 'content 0f photo');
  equal((await verify(desk, a)).damaged, 1);
  a.folder().rescan();
  ok(await desk.until(() => a.folder().records.local('photo')?.record.version.length === 0), 'its claim is given up');
  for (let restart = 0; restart < 2; restart += 1) {
    await desk.restart(a);
    await desk.runFor(20 * 60_000);
    a.disk.setAttributes(a.inode('photo'), { permissions: 0o600 });
    a.folder().rescan();
    await desk.runFor(60_000);
    deepEqual(a.problems(), [['photo', 'damaged']]);
    const report = await verify(desk, a);
    deepEqual([report.files, findings(report)], [6, [['photo', 'damaged']]]);
    const { left } = await repair(desk, a);
    deepEqual(
      left.map(({ path, because, holders }) => [path, because, holders]),
      [['photo', 'not-connected', [b.short]]],
    );
  }
  await desk.start(b);
  ok(await desk.until(() => a.read('photo') === 'content of photo'));
  ok(await desk.inSync(a, b));
  deepEqual(a.problems(), []);
  deepEqual((await verify(desk, a)).findings, []);
  deepEqual(await repair(desk, a), { mended: [], left: [] });
});

for (const how of ['edited', 'removed'])
  test(`U88 damage that waits for a peer that is off is none any more when it is ${how}`, async () => {
    const { desk, a, b } = await synced();
    using _ = desk;
    b.crash();
    rot(a, 'photo', 'content 0f photo');
    equal((await verify(desk, a)).damaged, 1);
    a.folder().rescan();
    ok(await desk.until(() => a.folder().records.local('photo')?.record.version.length === 0));
    a.crash();
    await desk.start(a);
    if (how === 'edited') a.write('photo', 'content of mine');
    else a.disk.unlink(`${FOLDER}/photo`);
    await desk.runFor(60_000);
    deepEqual([(await verify(desk, a)).damaged, await repair(desk, a)], [0, { mended: [], left: [] }]);
    ok(a.problems().every(([, reason]) => reason !== 'damaged'));
  });

test('U88 damage is not listed any more when its name is ignored', async () => {
  const { desk, a, b } = await synced();
  using _ = desk;
  b.crash();
  a.write('new', 'content of new'); // nobody else has it
  ok(await desk.until(() => a.folder().records.local('new') !== undefined));
  await desk.runFor(5000);
  for (const name of ['photo', 'new']) rot(a, name, `content 0f ${name}`);
  equal((await verify(desk, a)).damaged, 2);
  a.folder().rescan();
  ok(await desk.until(() => a.folder().records.local('photo')?.record.version.length === 0));
  a.write('.stignore', 'photo\nnew\n');
  const areIgnored = (): boolean => ['photo', 'new'].every((name) => a.folder().records.local(name)?.record.invalid);
  ok(await desk.until(areIgnored));
  deepEqual(a.problems(), [], 'at once, not only when the folder has been walked and read');
  await desk.runFor(60_000);
  deepEqual([a.problems(), a.folder().state], [[], 'in-sync']);
  deepEqual(await repair(desk, a), { mended: [], left: [] });
  a.crash();
  await desk.start(a);
  await desk.runFor(60_000);
  deepEqual([a.problems(), (await verify(desk, a)).damaged], [[], 0]);
});

test('U88 what has no claim for its time alone is no damage', async () => {
  const { desk, a, b } = await synced();
  using _ = desk;
  a.faults.afterDisk = (call, values, result) => {
    const [changes] = values as [unknown[]];
    return call === 'apply' ? changes.map(() => ({ trouble: 'io', detail: 'EIO' })) : result;
  };
  b.write('new', 'content of new');
  ok(await desk.until(() => a.folder().records.newest('new') !== undefined));
  a.write('new', 'content of new');
  ok(await desk.until(() => a.folder().records.local('new')?.record.version.length === 0));
  b.crash();
  a.crash();
  await desk.start(a);
  await desk.runFor(60_000);
  const report = await verify(desk, a);
  deepEqual([report.files, report.findings], [8, []]);
  deepEqual(await repair(desk, a), { mended: [], left: [] });
});
