/** What a remote change replaces or removes can be had back, and what two people wrote at once is kept by both. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { conflictCopies } from '../harness/snapshot.ts';
import { Pair } from './pair.ts';

test('R9 what a remote change replaces or deletes is in the history, and restore brings it back for all', async () => {
  await using pair = await Pair.open();
  const { a, b } = pair;
  mkdirSync(pair.at(a, 'letters'));
  writeFileSync(pair.at(a, 'letters/edited.txt'), 'first');
  writeFileSync(pair.at(a, 'letters/deleted.txt'), 'precious', { mode: 0o640 });
  await pair.converged();
  writeFileSync(pair.at(a, 'letters/edited.txt'), 'second');
  await pair.converged();
  writeFileSync(pair.at(a, 'letters/edited.txt'), 'third');
  rmSync(pair.at(a, 'letters/deleted.txt'));
  await pair.converged();
  assert.equal(existsSync(pair.at(b, 'letters/deleted.txt')), false);

  const versions = await b.node.ask('history', 'main', 'letters/edited.txt');
  assert.deepEqual(
    versions.map(({ size }) => size),
    ['second'.length, 'first'.length],
    'the newest first',
  );
  // Everything that led there is gone, too: its directory comes back with it.
  rmSync(pair.at(a, 'letters'), { recursive: true });
  await pair.converged();
  assert.equal(existsSync(pair.at(b, 'letters')), false);
  await b.node.ask('restore', 'main', 'letters/deleted.txt');
  await b.node.ask('restore', 'main', 'letters/edited.txt');
  const tree = await pair.converged();
  assert.equal(readFileSync(pair.at(a, 'letters/deleted.txt'), 'utf8'), 'precious');
  assert.equal(tree.get('letters/deleted.txt')?.mode, 0o640);
  assert.equal(readFileSync(pair.at(a, 'letters/edited.txt'), 'utf8'), 'third', 'the one that went last');
});

test('M3 case E03: edits on both sides at once are both kept, under the same names on both', async () => {
  await using pair = await Pair.open();
  const { a, b } = pair;
  const names = ['one.txt', 'two', 'with.dots.tar.gz'];
  for (const name of names) writeFileSync(pair.at(a, name), 'common');
  await pair.converged();
  await b.node.end();
  for (const name of names) writeFileSync(pair.at(b, name), `b wrote ${name}`);
  for (const name of names) writeFileSync(pair.at(a, name), `a wrote ${name}`);
  const later = Date.now() / 1000 + 10;
  utimesSync(pair.at(a, 'one.txt'), later, later); // so that each side wins once
  await b.node.up();
  const tree = await pair.converged();
  const copies = conflictCopies(tree);
  assert.equal(copies.length, names.length, String(copies));
  const written = [...tree.keys()].map((name) => readFileSync(pair.at(b, name), 'utf8')).sort();
  assert.deepEqual(written, names.flatMap((name) => [`a wrote ${name}`, `b wrote ${name}`]).sort());
  assert.equal(readFileSync(pair.at(b, 'one.txt'), 'utf8'), 'a wrote one.txt');
});

test('M3 an edit survives a delete that had not seen it, without a conflict copy', async () => {
  await using pair = await Pair.open();
  const { a, b } = pair;
  for (const name of ['by a', 'by b']) writeFileSync(pair.at(a, name), 'common');
  await pair.converged();
  await b.node.end();
  writeFileSync(pair.at(a, 'by a'), 'edited by a');
  rmSync(pair.at(a, 'by b'));
  rmSync(pair.at(b, 'by a'));
  writeFileSync(pair.at(b, 'by b'), 'edited by b');
  await b.node.up();
  const tree = await pair.converged();
  assert.deepEqual([...tree.keys()], ['by a', 'by b']);
  assert.equal(readFileSync(pair.at(b, 'by a'), 'utf8'), 'edited by a');
  assert.equal(readFileSync(pair.at(a, 'by b'), 'utf8'), 'edited by b');
});

test('E5 case G01: a lost database is rebuilt: no conflict copy, and what was deleted stays deleted', async () => {
  await using pair = await Pair.open();
  const { a, b } = pair;
  const names = Array.from({ length: 60 }, (_, index) => `file ${index}`);
  for (const name of names) writeFileSync(pair.at(a, name), `content of ${name}`);
  await pair.converged();
  await b.node.end();
  // While the one without a database sleeps, the other goes on.
  rmSync(pair.at(a, 'file 1'));
  writeFileSync(pair.at(a, 'file 2'), 'edited by a');
  renameSync(pair.at(a, 'file 3'), pair.at(a, 'renamed'));
  writeFileSync(pair.at(b, 'new at b'), 'nobody else has this');
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${b.node.options.home}/records.sqlite${suffix}`, { force: true });
  await b.node.up();
  const tree = await pair.converged();
  assert.deepEqual(conflictCopies(tree), []);
  const expected = names.filter((name) => name !== 'file 1' && name !== 'file 3');
  assert.deepEqual([...tree.keys()].sort(), [...expected, 'new at b', 'renamed'].sort());
  assert.equal(readFileSync(pair.at(b, 'file 2'), 'utf8'), 'edited by a');
});

test('E5 case G02: a damaged database is said so, set aside and rebuilt', async () => {
  await using pair = await Pair.open({ fill: (folder) => writeFileSync(`${folder}/kept.txt`, 'kept') });
  const { b } = pair;
  await pair.converged();
  await b.node.end();
  rmSync(`${b.node.options.home}/records.sqlite-wal`, { force: true });
  writeFileSync(`${b.node.options.home}/records.sqlite`, 'this is no database, and never was one'.repeat(500));
  await b.node.up();
  const tree = await pair.converged();
  assert.deepEqual([...tree.keys()], ['kept.txt']);
  assert.deepEqual(
    b.node.warnings.map(({ code }) => code),
    ['E_STATE_BROKEN'],
  );
});
