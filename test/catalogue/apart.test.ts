/**
 * What two people do to the same tree while their computers do not see each other. All stories share one parting, since each would
 * take seconds of its own: first the common tree, then both sides' acts, then they meet, then each story is judged.
 */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { conflictCopies, type TreeSnapshot } from '../harness/snapshot.ts';
import { FOLDER } from '../nodes/pair.ts';
import { assertNoEcho, sharedPair } from './shared-pair.ts';

/** Paths within the directory of a story. */
type Act = (at: (name: string) => string) => void;

interface Story {
  readonly title: string;
  /** The common tree. */
  readonly first: Act;
  readonly here: Act;
  readonly there: Act;
  /** `names` are those below the story's directory, `read` gives a file of the other side. */
  readonly judge: (names: readonly string[], read: (name: string) => string) => void;
}

const STORIES: readonly Story[] = [
  {
    title:
      'case D01: a directory is deleted here while a file is made in it there: the file lives, and its directory with it',
    first: (at) => {
      mkdirSync(at('dir'));
      writeFileSync(at('dir/old'), 'old');
    },
    here: (at) => rmSync(at('dir'), { recursive: true }),
    there: (at) => writeFileSync(at('dir/new'), 'new'),
    judge: (names, read) => {
      assert.deepEqual(names, ['dir', 'dir/new']);
      assert.equal(read('dir/new'), 'new');
    },
  },
  {
    title: 'case D07: a file is moved here and edited there: the edit lands, and nothing is lost',
    first: (at) => writeFileSync(at('from'), 'as it was'),
    here: (at) => renameSync(at('from'), at('to')),
    there: (at) => appendFileSync(at('from'), ', edited'),
    judge: (names, read) => {
      assert.deepEqual(names, ['from', 'to']);
      assert.deepEqual([read('from'), read('to')], ['as it was, edited', 'as it was']);
    },
  },
  {
    title: 'case D08: x is moved into y here, y into x there: no ring, nothing is lost',
    first: (at) => {
      for (const name of ['x', 'y']) {
        mkdirSync(at(name));
        writeFileSync(at(`${name}/of ${name}`), `content of ${name}`);
      }
    },
    here: (at) => renameSync(at('x'), at('y/x')),
    there: (at) => renameSync(at('y'), at('x/y')),
    judge: (names, read) => {
      const files = names.filter((name) => /of [xy]$/.test(name));
      const contents = new Set(files.map(read));
      assert.deepEqual([...contents].sort(), ['content of x', 'content of y']);
    },
  },
  {
    title: 'case D09: one file is moved to two places: each has it, and the old name is gone',
    first: (at) => writeFileSync(at('origin'), 'moved twice'),
    here: (at) => renameSync(at('origin'), at('target here')),
    there: (at) => renameSync(at('origin'), at('target there')),
    judge: (names, read) => {
      assert.deepEqual(names, ['target here', 'target there']);
      assert.deepEqual(names.map(read), ['moved twice', 'moved twice']);
    },
  },
  {
    title: 'case D10: a directory is moved here while a file in it is edited there: the edit lives',
    first: (at) => {
      mkdirSync(at('album'));
      for (const name of ['edited', 'other']) writeFileSync(at(`album/${name}`), name);
    },
    here: (at) => renameSync(at('album'), at('album 2026')),
    there: (at) => appendFileSync(at('album/edited'), ' there'),
    judge: (names, read) => {
      assert.ok(names.map((name) => (name.endsWith('edited') ? read(name) : '')).includes('edited there'));
      assert.equal(read('album 2026/other'), 'other');
      assert.ok(!names.includes('album/other'), 'what nobody edited is where it was moved to, alone');
    },
  },
  {
    title: 'case D13: both delete the same file: it stays deleted',
    first: (at) => {
      for (const name of ['both', 'kept']) writeFileSync(at(name), name);
    },
    here: (at) => rmSync(at('both')),
    there: (at) => rmSync(at('both')),
    judge: (names) => assert.deepEqual(names, ['kept']),
  },
];

let tree: TreeSnapshot;

const pairOf = sharedPair(
  () => ({}),
  async (pair) => {
    const act = (part: 'first' | 'here' | 'there'): void => {
      for (const [index, story] of STORIES.entries()) {
        const directory = join((part === 'there' ? pair.b : pair.a).folder, `story ${index}`);
        mkdirSync(directory, { recursive: true });
        story[part]((name) => join(directory, name));
      }
    };
    act('first');
    await pair.converged();
    await pair.b.node.end();
    act('here');
    act('there');
    await pair.b.node.up();
    tree = await pair.converged();
  },
);

for (const [index, { title, judge }] of STORIES.entries()) {
  test(title, () => {
    const directory = `story ${index}/`;
    const names = [...tree.keys()]
      .filter((name) => name.startsWith(directory))
      .map((name) => name.slice(directory.length));
    judge(names, (name) => readFileSync(pairOf().at(pairOf().b, `${directory}${name}`), 'utf8'));
  });
}

test('case D13: what both have deleted is deleted in one version, and nobody goes on about any of it', async () => {
  const pair = pairOf();
  const needs = await Promise.all(pair.sides.map(async ({ node }) => (await node.ask('status', FOLDER)).need));
  assert.deepEqual(
    needs.map(({ items, deletes }) => items + deletes),
    [0, 0],
  );
  await assertNoEcho(pair);
});

test('case D11: a directory becomes a file here while a file in it is edited there: the edit is kept', async () => {
  const pair = pairOf();
  const { a, b } = pair;
  mkdirSync(pair.at(a, 'becoming'));
  writeFileSync(pair.at(a, 'becoming/edited'), 'as it was');
  await pair.converged();
  await b.node.end();
  rmSync(pair.at(a, 'becoming'), { recursive: true });
  writeFileSync(pair.at(a, 'becoming'), 'a file now');
  appendFileSync(pair.at(b, 'becoming/edited'), ', edited');
  await b.node.up();
  const met = await pair.converged();
  const edited = [...met.keys()].filter((name) => name.startsWith('becoming') && met.get(name)?.type === 'file');
  const contents = edited.map((name) => readFileSync(pair.at(a, name), 'utf8'));
  const kept = await Promise.all(pair.sides.map(({ node }) => node.ask('history', FOLDER, 'becoming/edited')));
  const isInHistory = kept.flat().some(({ size }) => size === 'as it was, edited'.length);
  assert.ok(contents.includes('as it was, edited') || isInHistory, `${edited.join()} ${conflictCopies(met).join()}`);
  assert.ok(contents.includes('a file now'), 'and so is the file');
  assert.equal(existsSync(pair.at(b, 'becoming')), true);
});
