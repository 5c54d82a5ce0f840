/** What programs do to files that a real node syncs: editors, git, SQLite, package managers. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../harness/process.ts';
import { conflictCopies, snapshotTree } from '../harness/snapshot.ts';
import { cursorOf, FOLDER, Pair, stateIs } from '../nodes/pair.ts';

const noGit = spawnSync('git', ['--version']).status === 0 ? false : 'git is not installed';
const SAVES = 4;

type Editor = (path: string, content: string) => Promise<void>;

/** As their system calls are. */
const EDITORS: Readonly<Record<string, Editor>> = {
  'one that moves the old file to a backup': async (path, content) => {
    renameSync(path, `${path}~`);
    await delay(5);
    writeFileSync(path, content);
    await delay(5);
    unlinkSync(`${path}~`);
  },
  'one that empties the file and writes it anew': async (path, content) => {
    truncateSync(path, 0);
    await delay(10);
    writeFileSync(path, content);
  },
  'one that writes a new file beside it': async (path, content) => {
    writeFileSync(`${path}.tmp`, content.slice(0, 3));
    await delay(10);
    writeFileSync(`${path}.tmp`, content);
    renameSync(`${path}.tmp`, path);
  },
  'one that renames three times': async (path, content) => {
    writeFileSync(`${path}.new`, content);
    await delay(5);
    renameSync(path, `${path}.old`);
    await delay(5);
    renameSync(`${path}.new`, path);
    await delay(5);
    unlinkSync(`${path}.old`);
  },
};

function integrityOf(path: string): { check: unknown; rows: unknown } {
  const database = new DatabaseSync(path);
  try {
    const check = database.prepare('PRAGMA integrity_check').get()?.['integrity_check'];
    return { check, rows: database.prepare('SELECT count(*) AS rows FROM t').get()?.['rows'] };
  } finally {
    database.close();
  }
}

/** Writes rows with a write-ahead log, for good or until it is killed. */
const WRITER = `
  const { DatabaseSync } = require('node:sqlite');
  const database = new DatabaseSync(process.argv[1]);
  database.exec('PRAGMA journal_mode=WAL; CREATE TABLE IF NOT EXISTS t (x)');
  for (let row = 0; ; row += 1) {
    database.prepare('INSERT INTO t VALUES (?)').run(String(row).repeat(200));
    if (row === 50) console.log('under way');
  }`;

describe('programs of people', () => {
  let pair: Pair;
  before(async () => {
    // A folder of some size: where git packs half of all files away, a person is asked (R12).
    const fill = (folder: string): void => {
      mkdirSync(join(folder, 'papers'));
      for (let index = 0; index < 600; index += 1)
        writeFileSync(join(folder, 'papers', String(index)), `paper ${index}`);
    };
    pair = await Pair.open({ fill });
    await pair.converged();
  });
  after(async () => {
    await pair?.[Symbol.asyncDispose]();
  });

  for (const [name, save] of Object.entries(EDITORS))
    test(`case E10: an editor, ${name}: its last save is everywhere, and nothing else`, async () => {
      const { a, b } = pair;
      const file = `by ${name}`;
      writeFileSync(pair.at(a, file), 'first');
      await pair.converged();
      const since = await cursorOf(b);
      writeFileSync(pair.at(a, `.~lock.${file}#`), 'open here');
      for (let count = 1; count <= SAVES; count += 1) {
        await save(pair.at(a, file), `save ${count} by ${name}`);
        await delay(150);
      }
      unlinkSync(pair.at(a, `.~lock.${file}#`));
      const tree = await pair.converged();
      assert.equal(readFileSync(pair.at(b, file), 'utf8'), `save ${SAVES} by ${name}`);
      assert.deepEqual(
        [...tree.keys()].filter((each) => each.includes(name)),
        [file],
      );
      const heard = (await b.node.ask('changes', FOLDER, since)).map(({ path }) => path);
      assert.ok(heard.filter((path) => path === file).length <= SAVES, heard.join());
      assert.ok(heard.filter((path) => path.startsWith('.~lock')).length <= 2, heard.join());
    });

  test(
    'case E12: a git repository that is checked out, packed and rebased is whole at the other side',
    { skip: noGit },
    async () => {
      const { a, b } = pair;
      const at = pair.at(a, 'repository');
      mkdirSync(at);
      const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'gc.auto=0'];
      const git = (...words: string[]): string =>
        execFileSync('git', ['-C', at, ...identity, ...words], { stdio: 'pipe' }).toString();
      git('init', '-q', '-b', 'main');
      const commit = (text: string): void => {
        for (let index = 0; index < 40; index += 1)
          writeFileSync(join(at, `file ${index}`), `${text} ${index}\n`.repeat(1 + index));
        git('add', '-A');
        git('commit', '-q', '-m', text);
      };
      commit('one');
      git('checkout', '-q', '-b', 'side');
      writeFileSync(join(at, 'only on the side'), 'side\n');
      git('add', '-A');
      git('commit', '-q', '-m', 'side');
      git('checkout', '-q', 'main');
      commit('two');
      await delay(300); // in the middle of what the node does
      git('checkout', '-q', 'side');
      git('rebase', '-q', 'main');
      git('gc', '-q');
      const tree = await pair.converged();
      const copy = pair.at(b, 'repository');
      execFileSync('git', ['-C', copy, 'fsck', '--full', '--strict'], { stdio: 'pipe' });
      const other = (...words: string[]): string =>
        execFileSync('git', ['-C', copy, ...words], { stdio: 'pipe' }).toString();
      assert.equal(other('rev-parse', 'HEAD'), git('rev-parse', 'HEAD'));
      assert.equal(other('status', '--porcelain'), '');
      assert.deepEqual(conflictCopies(tree), []);
    },
  );

  test('case E13: a database that is written, and whose program is killed, is whole at the other side', async () => {
    const { a, b } = pair;
    const path = pair.at(a, 'database');
    const writer = spawn(process.execPath, ['-e', WRITER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const over = once(writer, 'exit');
    try {
      await once(writer.stdout, 'data');
      await delay(1000);
      if (existsSync(pair.at(b, 'database'))) integrityOf(pair.at(b, 'database'));
    } finally {
      writer.kill('SIGKILL');
      await over;
    }
    await pair.converged();
    assert.ok(existsSync(pair.at(b, 'database-wal')));
    // Opening changes what is synced: the copies of both sides are looked at elsewhere.
    const looked = [a, b].map((side) => {
      const place = join(pair.root, `looked-${side.node.options.name}`);
      mkdirSync(place);
      for (const suffix of ['', '-wal']) execFileSync('cp', [`${pair.at(side, 'database')}${suffix}`, place]);
      return integrityOf(join(place, 'database'));
    });
    assert.equal(looked[1]?.check, 'ok');
    assert.ok(Number(looked[1]?.rows) > 50);
    assert.deepEqual(looked[1], looked[0]);
    const closing = new DatabaseSync(path);
    closing.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE');
    closing.close();
    await pair.converged();
    assert.deepEqual(integrityOf(pair.at(b, 'database')), looked[0]);
  });

  test('case E14: a database that both sides write while they are apart is there in both versions', async () => {
    const { a, b } = pair;
    const insert = (path: string, text: string, count: number): void => {
      const database = new DatabaseSync(path);
      database.exec('CREATE TABLE IF NOT EXISTS t (x)');
      for (let row = 0; row < count; row += 1) database.prepare('INSERT INTO t VALUES (?)').run(`${text} ${row}`);
      database.close();
    };
    insert(pair.at(a, 'shared'), 'common', 10);
    await pair.converged();
    await b.node.end();
    insert(pair.at(a, 'shared'), 'by a', 5);
    insert(pair.at(b, 'shared'), 'by b', 7);
    await b.node.up();
    const tree = await pair.converged();
    const [copy, ...others] = conflictCopies(tree).filter((name) => name.startsWith('shared'));
    assert.ok(copy !== undefined && others.length === 0);
    const versions = ['shared', copy].map((name) => integrityOf(pair.at(b, name)));
    assert.deepEqual(
      versions.map(({ check }) => check),
      ['ok', 'ok'],
    );
    assert.deepEqual(new Set(versions.map(({ rows }) => rows)), new Set([15, 17]));
  });

  test('case E15: thousands of small files, made and removed while they are synced, leave nothing behind', async () => {
    const { a, b } = pair;
    const modules = pair.at(a, 'modules');
    const before = [...snapshotTree(a.folder).keys()];
    for (let index = 0; index < 60; index += 1) {
      const directory = join(modules, `package ${index}`, 'lib');
      mkdirSync(directory, { recursive: true });
      for (let file = 0; file < 30; file += 1) writeFileSync(join(directory, `${file}.js`), `${index} ${file}`);
      // As package managers do: what was unpacked gets its name, another version goes.
      if (index % 3 === 1) renameSync(join(modules, `package ${index}`), join(modules, `named ${index}`));
      if (index % 3 === 2) rmSync(join(modules, `package ${index}`), { recursive: true });
      if (index % 10 === 0) await delay(20);
    }
    const full = await pair.converged();
    assert.equal(full.size, before.length + 1 + 40 * 32);
    rmSync(modules, { recursive: true });
    for (const side of pair.sides) {
      await stateIs(side, 'needs-you'); // so many deletes wait for a person
      await side.node.ask('approve', FOLDER);
    }
    await until('all of it is gone', () => (existsSync(pair.at(b, 'modules')) ? undefined : true), {
      timeoutMs: 60_000,
    });
    assert.deepEqual([...(await pair.converged()).keys()].sort(), before.sort());
  });
});
