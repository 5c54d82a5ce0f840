/** A member whose disk takes no case for a difference, and one that refuses what Windows refuses. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { FuseDisk, fuseMissing, type FuseKind } from '../harness/fuse.ts';
import { until } from '../harness/process.ts';
import { conflictCopies, snapshotTree } from '../harness/snapshot.ts';
import { arrives, cursorOf, FOLDER, Pair, type Side } from '../nodes/pair.ts';

const skip = fuseMissing() ?? false;
/** Long enough for deletes to be announced, if anybody wanted to. */
const DELETES_MS = 1500;

async function openWith(kind: FuseKind): Promise<{ disk: FuseDisk; pair: Pair }> {
  const disk = await FuseDisk.open(kind);
  return { disk, pair: await Pair.open({ folderB: disk.path }) };
}

async function problemsOf(side: Side): Promise<string[]> {
  return (await side.node.ask('status', FOLDER)).problems.map(({ name }) => name).sort();
}

describe('a member whose disk ignores case', { skip }, () => {
  let disk: FuseDisk;
  let pair: Pair;
  before(async () => {
    ({ disk, pair } = await openWith('exfat'));
  });
  after(async () => {
    await pair?.[Symbol.asyncDispose]();
    await disk?.[Symbol.asyncDispose]();
  });

  test('P80 case C09: of two names that differ in case alone it holds one and lists the other; the origin keeps both', async () => {
    const { a, b } = pair;
    writeFileSync(pair.at(a, 'Readme'), 'first');
    await arrives(b, 'Readme', 'first');
    writeFileSync(pair.at(a, 'README'), 'second');
    writeFileSync(pair.at(a, 'other'), 'other');
    await arrives(b, 'other', 'other');
    await until('the other is listed', async () => ((await problemsOf(b)).includes('README') ? true : undefined));
    for (const side of [a, b]) await side.node.ask('rescan', FOLDER);
    await delay(DELETES_MS);
    assert.deepEqual(
      readdirSync(b.folder).filter((name) => !name.startsWith('.')),
      ['Readme', 'other'],
    );
    assert.equal(readFileSync(pair.at(b, 'Readme'), 'utf8'), 'first');
    assert.deepEqual([...snapshotTree(a.folder).keys()].sort(), ['README', 'Readme', 'other']);
    assert.equal(readFileSync(pair.at(a, 'README'), 'utf8'), 'second');
    assert.equal(readFileSync(pair.at(a, 'Readme'), 'utf8'), 'first');
  });

  test('P80 case C10: a rename that changes case alone arrives as one', async () => {
    const { a, b } = pair;
    writeFileSync(pair.at(a, 'notes.txt'), 'notes');
    await arrives(b, 'notes.txt', 'notes');
    renameSync(pair.at(a, 'notes.txt'), pair.at(a, 'Notes.txt'));
    await until('it is renamed', () => (readdirSync(b.folder).includes('Notes.txt') ? true : undefined));
    await delay(DELETES_MS);
    for (const side of [a, b]) {
      assert.deepEqual(
        readdirSync(side.folder).filter((name) => /notes/i.test(name)),
        ['Notes.txt'],
      );
      assert.equal(readFileSync(pair.at(side, 'Notes.txt'), 'utf8'), 'notes');
    }
  });

  test('R12 case C10: a directory whose name changes its case alone arrives as a rename, with all in it, also what is ignored', async () => {
    const { a, b } = pair;
    writeFileSync(pair.at(b, '.stignore'), '.DS_Store');
    await b.node.ask('rescan', FOLDER);
    mkdirSync(pair.at(a, 'letters'));
    for (const name of ['one', 'two']) writeFileSync(pair.at(a, `letters/${name}`), name);
    await arrives(b, 'letters/two', 'two');
    await arrives(b, 'letters/one', 'one');
    writeFileSync(pair.at(b, 'letters/.DS_Store'), 'ignored');
    renameSync(pair.at(a, 'letters'), pair.at(a, 'Letters'));
    await until('it is renamed', () => (readdirSync(b.folder).includes('Letters') ? true : undefined));
    for (const name of ['one', 'two']) await arrives(b, `Letters/${name}`, name);
    await delay(DELETES_MS);
    for (const side of [a, b]) {
      assert.deepEqual(
        readdirSync(side.folder).filter((name) => /letters/i.test(name)),
        ['Letters'],
      );
    }
    assert.deepEqual(readdirSync(pair.at(a, 'Letters')), ['one', 'two']);
    assert.deepEqual(readdirSync(pair.at(b, 'Letters')).sort(), ['.DS_Store', 'one', 'two']);
  });

  test('case C11: directories that differ in case alone are not mixed, and nothing in them is lost', async () => {
    const { a, b } = pair;
    mkdirSync(pair.at(a, 'Photos'));
    writeFileSync(pair.at(a, 'Photos/one'), 'one');
    await arrives(b, 'Photos/one', 'one');
    mkdirSync(pair.at(a, 'PHOTOS'));
    writeFileSync(pair.at(a, 'PHOTOS/two'), 'two');
    writeFileSync(pair.at(a, 'PHOTOS/one'), 'another one');
    await until('it is listed', async () =>
      (await problemsOf(b)).some((name) => name.startsWith('PHOTOS')) ? true : undefined,
    );
    for (const side of [a, b]) await side.node.ask('rescan', FOLDER);
    await delay(DELETES_MS);
    assert.equal(readFileSync(pair.at(a, 'Photos/one'), 'utf8'), 'one');
    assert.equal(readFileSync(pair.at(a, 'PHOTOS/one'), 'utf8'), 'another one');
    assert.equal(readFileSync(pair.at(a, 'PHOTOS/two'), 'utf8'), 'two');
    assert.deepEqual(readdirSync(join(b.folder, 'Photos')), ['one'], 'nothing of the other is put into it');
    assert.equal(readFileSync(pair.at(b, 'Photos/one'), 'utf8'), 'one');
    assert.deepEqual(conflictCopies(snapshotTree(a.folder)), []);
    const before = await cursorOf(a);
    await delay(DELETES_MS);
    assert.equal(await cursorOf(a), before, 'nobody goes on about it');
  });
});

test(
  'case C08: names that Windows refuses are listed by the member that cannot hold them, and by it alone',
  { skip },
  async () => {
    const { disk, pair } = await openWith('ntfs');
    try {
      const { a, b } = pair;
      const bad = ['aux.txt', 'CON', 'a:b', 'trailing dot.', 'trailing space '];
      for (const name of [...bad, 'good']) writeFileSync(pair.at(a, name), `content of ${name}`);
      await arrives(b, 'good', 'content of good');
      const listed = await until('the others are listed', async () => {
        const names = await problemsOf(b);
        return names.length >= bad.length ? names : undefined;
      });
      assert.deepEqual(listed, bad.toSorted());
      assert.deepEqual(await problemsOf(a), []);
      assert.deepEqual(
        readdirSync(b.folder).filter((name) => !name.startsWith('.')),
        ['good'],
      );
      for (const name of bad) assert.equal(readFileSync(pair.at(a, name), 'utf8'), `content of ${name}`);
    } finally {
      await pair[Symbol.asyncDispose]();
      await disk[Symbol.asyncDispose]();
    }
  },
);
