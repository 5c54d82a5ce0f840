/** The brake on mass deletes and replacements, made here or by a peer: what is held, what is not, and what comes meanwhile. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { NO_BYTES, type FileRecord } from '../src/core/model/file-record.ts';
import { FOLDER, type Machine } from './desk.ts';
import { two, twoWith, type Two } from './desks.ts';
import { countOf, filesOf, nameOf, namesOf, remove, replace, twoWithMany } from './many-files.ts';

const HOUR_MS = 3_600_000;
const FILES = 1500;
/** Fewer than a fifth, and more than the puller reads at a time. */
const ALLOWED = 250;

/** What a peer says of names that it has deleted. */
function deletesOf(machine: Machine, names: readonly string[], peer: bigint): FileRecord[] {
  return successorsOf(machine, names, 2, { deleted: true, size: 0, blocks: NO_BYTES, blockSize: 0, modifiedBy: peer });
}

/** What a peer says of names that it has edited, before it deletes them. */
function editsOf(machine: Machine, names: readonly string[], peer: bigint): FileRecord[] {
  return successorsOf(machine, names, 1, { size: 9, blocks: new Uint8Array(32).fill(1), modifiedBy: peer });
}

/** @param later by how many versions. */
function successorsOf(
  machine: Machine,
  names: readonly string[],
  later: number,
  changed: Partial<FileRecord>,
): FileRecord[] {
  const { records } = machine.folder();
  return names.flatMap((name) => {
    const theirs = records.versions(name).remotes[0]?.record;
    if (theirs === undefined) return [];
    const version = theirs.version.map(({ device, value }) => ({ device, value: value + BigInt(later) }));
    return [{ ...theirs, ...changed, version, sequence: theirs.sequence + later * 10 * FILES }];
  });
}

test('R12 deletes that come while allowed ones are carried out are judged before they are', async () => {
  const { desk, a, b } = await twoWith(filesOf(FILES));
  using _ = desk;
  const names = b.names();
  a.crash(); // b hears of a from here on alone
  await desk.runFor(2000);
  const { records } = b.folder();
  let areMoreTold = false;
  b.faults.beforeRecords = (call, values) => {
    const cursor = values[0] as { phase: string; name?: string } | undefined;
    if (call !== 'need' || cursor?.phase !== 'delete-file' || cursor.name === undefined || areMoreTold) return;
    areMoreTold = true;
    records.saveRemote(a.short, deletesOf(b, names.slice(ALLOWED), a.short), false);
    b.folder().pullSoon();
  };
  records.saveRemote(a.short, deletesOf(b, names.slice(0, ALLOWED), a.short), false);
  b.folder().pullSoon();
  await desk.runFor(60_000);
  ok(areMoreTold);
  equal(b.folder().state, 'needs-you');
  equal(b.names().length, FILES - ALLOWED);
});

test('R12 deletes that come while their names are about to be replaced are judged before they are carried out', async () => {
  const { desk, a, b } = await twoWith(filesOf(100));
  using _ = desk;
  const names = b.names();
  a.crash();
  await desk.runFor(2000);
  const { records } = b.folder();
  const edits = editsOf(b, names, a.short);
  const deletes = deletesOf(b, names, a.short);
  let areTold = false;
  b.faults.beforeRecords = (call, [name]) => {
    if (call !== 'versions' || name !== names[0] || areTold) return;
    areTold = true;
    records.saveRemote(a.short, deletes, false);
    b.folder().pullSoon();
  };
  records.saveRemote(a.short, edits, false);
  b.folder().pullSoon();
  await desk.runFor(60_000);
  ok(areTold);
  equal(b.folder().state, 'needs-you');
  equal(b.names().length, 100);
});

test('R12 files whose only twins are deleted with them count as deleted', async () => {
  const { desk, a, b } = await twoWith(
    Object.fromEntries(
      Object.entries(filesOf(100)).flatMap(([name, text]) => [
        [name, text],
        [`${name} copy`, text],
      ]),
    ),
  );
  using _ = desk;
  a.remove(...a.names());
  await desk.runFor(10_000);
  equal(b.names().length, 200);
  equal(a.folder().state, 'needs-you');
  a.folder().approveDeletes();
  await desk.runFor(10_000);
  equal(b.names().length, 200);
  equal(b.folder().state, 'needs-you');
});

test('R12 a directory with many files of the same content is renamed unasked', async () => {
  const { desk, a, b } = await twoWith({ first: 'x' });
  using _ = desk;
  a.disk.makeDirectory(`${FOLDER}/m`);
  for (let index = 0; index < 300; index += 1) a.write(`m/${index}`, index < 100 ? 'a licence' : `content ${index}`);
  ok(await desk.until(() => b.folder().records.counts().local.files === 301));
  ok(await desk.inSync(a, b));
  a.disk.rename(`${FOLDER}/m`, `${FOLDER}/n`);
  await desk.runFor(60_000);
  deepEqual([a.folder().state, b.folder().state, b.names()], ['in-sync', 'in-sync', ['first', 'n']]);
});

test('R12 a directory that has nothing but many files of one content is renamed unasked', async () => {
  const { desk, a, b } = await twoWith({ first: 'x' });
  using _ = desk;
  a.disk.makeDirectory(`${FOLDER}/m`);
  for (let index = 0; index < 1500; index += 1) a.write(`m/${index}`, 'a stub');
  ok(await desk.until(() => b.folder().records.counts().local.files === 1501));
  await desk.runFor(25 * HOUR_MS); // nothing of it was just made
  a.disk.rename(`${FOLDER}/m`, `${FOLDER}/n`);
  await desk.runFor(60_000);
  deepEqual([a.folder().state, b.folder().state, b.names()], ['in-sync', 'in-sync', ['first', 'n']]);
});

test('R12 a peer that replaces one of many files of one content after the other is held', async () => {
  const { desk, a, b } = await twoWith(Object.fromEntries(namesOf(0, 600).map((name) => [name, 'a stub'])));
  using _ = desk;
  await desk.runFor(25 * HOUR_MS);
  for (let index = 0; index < 600; index += 1) a.write(nameOf(index), `X ${index}`);
  ok(await desk.until(() => b.folder().state === 'needs-you'));
});

test('R12 held deletes cost nothing while they wait, and are forgotten when the files are back', async () => {
  const { desk, a, b } = await twoWith(filesOf(100));
  using _ = desk;
  const names = a.names();
  for (const name of names) a.disk.rename(`${FOLDER}/${name}`, name);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  await desk.runFor(5000);
  let looks = 0;
  a.faults.beforeDisk = (call) => void (looks += call === 'look' ? 1 : 0);
  await desk.runFor(60_000);
  ok(looks <= 8, `${looks} looks`);
  for (const name of names) a.disk.rename(name, `${FOLDER}/${name}`);
  ok(await desk.inSync(a, b), a.folder().state);
  equal(b.names().length, 100);
});

test('R12 a peer that replaces one file after the other is held at half of them, until a person confirms', async () => {
  const { desk, a, b } = await twoWithMany(500);
  using _ = desk;
  await replace(desk, a, 500);
  a.write('new', 'goes on');
  await desk.runFor(60_000);
  equal(b.folder().state, 'needs-you');
  deepEqual(
    b.problems().map(([, reason]) => reason),
    ['held-replacements-by-peers'],
  );
  equal(countOf(b, 'X'), 250, 'half of all files');
  equal(b.read('new'), 'goes on');
  b.folder().approveDeletes();
  ok(await desk.until(() => countOf(b, 'X') === 500));
  ok(await desk.inSync(a, b));
});

test('R12 replacements that are held are said at once, not when all that is on its way is here', async () => {
  const { desk, a, b } = await twoWithMany(500);
  using _ = desk;
  const gate = Promise.withResolvers<void>();
  a.faults.beforeDisk = (call, _folder, [jobs]) =>
    call === 'read' && (jobs as { name: string }[]).some(({ name }) => name === 'slow') ? gate.promise : undefined;
  for (let index = 0; index < 500; index += 1) a.write(nameOf(index), `X ${index}`);
  a.write('slow', 'slow');
  ok(await desk.until(() => b.folder().state === 'needs-you', 8000));
  equal(b.read('slow'), undefined);
  gate.resolve();
  ok(await desk.until(() => b.read('slow') === 'slow'));
  equal(b.folder().state, 'needs-you');
});

test('R12 edits of a holiday are no act, nor is a rewrite of what was just made', async () => {
  const { desk, a, b } = await twoWithMany(300);
  using _ = desk;
  b.crash();
  for (let index = 0; index < 300; index += 1) {
    a.write(nameOf(index), `X ${index}`);
    if (index % 100 === 99) await desk.runFor(3 * HOUR_MS);
  }
  await desk.start(b);
  ok(await desk.until(() => countOf(b, 'X') === 300));
  for (const text of ['first', 'second'])
    for (let index = 0; index < 300; index += 1) {
      a.write(`built ${index}`, `${text} ${index}`);
      if (index === 299) await desk.until(() => b.read('built 299') === `${text} 299`);
    }
  ok(await desk.until(() => b.read('built 0') === 'second 0' && b.folder().state === 'in-sync'));
});

test('R12 a part of what is held here is not announced by itself, whatever makes somebody look at it', async () => {
  const tree = Array.from({ length: 10 }, (_, at) => namesOf(0, 30).map((name) => `d${at}/${name}`)).flat();
  const { desk, a, b } = two();
  using _ = desk;
  for (let at = 0; at < 10; at += 1) a.disk.makeDirectory(`${FOLDER}/d${at}`);
  for (const name of tree) a.write(name, name);
  await desk.start(a, b);
  ok(await desk.until(() => tree.every((name) => b.read(name) !== undefined), 120_000));
  ok(await desk.inSync(a, b));
  await desk.runFor(HOUR_MS);
  a.remove(...tree);
  for (let at = 0; at < 10; at += 1) a.disk.removeDirectory(`${FOLDER}/d${at}`);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  const left = (): number => tree.filter((name) => b.read(name) !== undefined).length;
  b.write('d3/new', 'what has to lie in a directory that is gone over there');
  await desk.runFor(40_000);
  a.disk.makeDirectory(`${FOLDER}/d4`);
  await desk.runFor(40_000);
  deepEqual([left(), a.folder().state], [tree.length, 'needs-you']);
  // What has been brought back by hand waits for nobody; the few that are still gone are few.
  for (let at = 0; at < 10; at += 1) if (at !== 4) a.disk.makeDirectory(`${FOLDER}/d${at}`);
  for (const name of tree.filter((one) => !one.startsWith('d5/'))) a.write(name, name);
  ok(await desk.until(() => left() === tree.length - 30, 120_000));
  ok(await desk.inSync(a, b));
});

/** A large file, whose coming takes as long as a test wants. */
function slowFile({ a, b }: Two): () => void {
  const gate = Promise.withResolvers<void>();
  const slowBytes = 77;
  b.faults.beforeDisk = (call, _folder, [jobs]) => {
    const isSlow = call === 'stage' && (jobs as readonly { bytes: number }[]).some(({ bytes }) => bytes === slowBytes);
    return isSlow ? gate.promise : undefined;
  };
  a.write('zz slow', 's'.repeat(slowBytes));
  return gate.resolve;
}

test('R12 a yes to held replacements holds for them, however long something else is on its way before', async () => {
  const { desk, a, b } = await twoWith(filesOf(500));
  using _ = desk;
  await desk.runFor(2 * HOUR_MS);
  const arrives = slowFile({ desk, a, b });
  for (let at = 0; at < 500; at += 1) a.write(nameOf(at), `other ${at}`);
  ok(await desk.until(() => b.folder().state === 'needs-you', 60_000));
  await desk.runFor(60_000);
  b.folder().approveDeletes();
  await desk.runFor(20 * 60_000);
  arrives();
  ok(await desk.until(() => b.read(nameOf(499)) === 'other 499' && b.read(nameOf(0)) === 'other 0', 300_000));
  ok(await desk.inSync(a, b));
  // What comes later is another act.
  await desk.runFor(3 * HOUR_MS);
  for (let at = 0; at < 500; at += 1) a.write(nameOf(at), `a third ${at}`);
  ok(await desk.until(() => b.folder().state === 'needs-you', 60_000));
});

test('R12 a yes to held deletes holds for them, however long something else is on its way before', async () => {
  const { desk, a, b } = await twoWith(filesOf(300));
  using _ = desk;
  remove(a, 0, 200);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  a.folder().approveDeletes();
  ok(await desk.until(() => b.folder().state === 'needs-you'));
  const arrives = slowFile({ desk, a, b });
  await desk.runFor(60_000);
  b.folder().approveDeletes();
  await desk.runFor(20 * 60_000);
  arrives();
  ok(await desk.until(() => b.read(nameOf(0)) === undefined, 300_000));
  ok(await desk.inSync(a, b));
});

test('U92 others hear of each change of what is held, also when it was held before', async () => {
  const { desk, a, b } = await twoWith(filesOf(700));
  using _ = desk;
  await desk.runFor(2 * HOUR_MS);
  const told = (): string[] => (a.engine.peers[0]?.held ?? []).map(({ kind, count }) => `${kind} ${count}`).sort();
  for (let at = 0; at < 500; at += 1) a.write(nameOf(at), `other ${at}`);
  ok(await desk.until(() => told().length === 1, 120_000));
  remove(a, 500, 690);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  a.folder().approveDeletes();
  const isOfAll = (): boolean => told().join().startsWith('deletes-by-peers 190,replacements-by-peers');
  ok(await desk.until(isOfAll, 120_000), told().join());
  b.folder().approveDeletes();
  ok(await desk.until(() => told().length === 0, 120_000), told().join());
});

test('R12 while deletes made here are held, others that have nothing to do with them pass, and undoing leaves them be', async () => {
  const { desk, a, b } = await twoWith({ ...filesOf(100), report: 'report' });
  using _ = desk;
  remove(a, 0, 60);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  await desk.runFor(60_000);
  a.disk.rename(`${FOLDER}/report`, `${FOLDER}/report 2026`);
  a.remove(nameOf(99));
  ok(await desk.until(() => b.read('report') === undefined && b.read(nameOf(99)) === undefined, 60_000));
  deepEqual([b.read('report 2026'), b.read(nameOf(0)), a.folder().state], ['report', 'content 0', 'needs-you']);
  await desk.scheduler.runUntil(a.folder().undoHeld());
  ok(await desk.until(() => a.read(nameOf(0)) === 'content 0', 60_000));
  deepEqual([a.read('report'), a.read(nameOf(99))], [undefined, undefined]);
});

test('R12 what is gone soon after what is held is of the same act, and an editor that saves meanwhile ends no hold', async () => {
  const { desk, a, b } = await twoWith({ ...filesOf(300), text: 'text' });
  using _ = desk;
  await desk.runFor(60_000);
  const left = (): number => b.names().filter((name) => name.startsWith('file')).length;
  remove(a, 0, 100);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  remove(a, 100, 140);
  await desk.runFor(60_000);
  deepEqual([left(), a.folder().state], [300, 'needs-you']);
  // Removes and makes anew, with a moment between that looks like a delete until the last look.
  let isAway = true;
  a.faults.beforeDisk = (call) => {
    if (call !== 'check' || !isAway || a.disk.find(`${FOLDER}/text`) !== undefined) return undefined;
    isAway = false;
    a.write('text', 'saved');
    return undefined;
  };
  a.remove('text');
  ok(await desk.until(() => !isAway));
  await desk.runFor(500);
  equal(a.folder().state, 'needs-you');
  ok(await desk.until(() => b.read('text') === 'saved'));
  equal(left(), 300);
});
