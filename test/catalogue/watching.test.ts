/** Changes that are easily missed by whoever listens for changes. */
import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../harness/process.ts';
import { arrives, FOLDER } from '../nodes/pair.ts';
import { sharedPair } from './shared-pair.ts';

const pairOf = sharedPair();
/** What is aimed at is five seconds; machines are busy. */
const SEEN_MS_MAX = 5000 * 4;

test('case B01: in a directory that is removed and made again at once, later writes are seen within seconds', async () => {
  const pair = pairOf();
  const { a, b } = pair;
  mkdirSync(pair.at(a, 'again/below'), { recursive: true });
  writeFileSync(pair.at(a, 'again/below/file'), '0');
  await arrives(b, 'again/below/file', '0');
  for (let round = 1; round <= 5; round += 1) {
    rmSync(pair.at(a, 'again'), { recursive: true });
    mkdirSync(pair.at(a, 'again/below'), { recursive: true });
    writeFileSync(pair.at(a, 'again/below/file'), `${round}`);
    await arrives(b, 'again/below/file', `${round}`);
    const startedMs = performance.now();
    writeFileSync(pair.at(a, 'again/below/file'), `${round}, later`);
    await arrives(b, 'again/below/file', `${round}, later`);
    assert.ok(performance.now() - startedMs < SEEN_MS_MAX);
  }
});

test('case B02: two directories that swap names have the right content on the other side', async () => {
  const pair = pairOf();
  const { a, b } = pair;
  for (const name of ['left', 'right']) {
    mkdirSync(pair.at(a, name));
    writeFileSync(pair.at(a, `${name}/same name`), `was ${name}`);
    writeFileSync(pair.at(a, `${name}/only ${name}`), name);
  }
  await pair.converged();
  renameSync(pair.at(a, 'left'), pair.at(a, 'third'));
  renameSync(pair.at(a, 'right'), pair.at(a, 'left'));
  renameSync(pair.at(a, 'third'), pair.at(a, 'right'));
  await pair.converged();
  assert.equal(readFileSync(pair.at(b, 'left/same name'), 'utf8'), 'was right');
  assert.equal(readFileSync(pair.at(b, 'right/same name'), 'utf8'), 'was left');
  assert.equal(existsSync(pair.at(b, 'left/only left')), false);
  writeFileSync(pair.at(a, 'left/later'), 'seen under the right name');
  await arrives(b, 'left/later', 'seen under the right name');
});

test('case B03 B04: a tree that is moved in comes whole; moved out it goes, and the other side’s history has it', async (t) => {
  const pair = pairOf();
  const { a, b } = pair;
  const outside = mkdtempSync(join(tmpdir(), 'lanfold-outside-'));
  t.after(() => rmSync(outside, { recursive: true }));
  const files = ['moved/one', 'moved/deep/two', 'moved/deep/deeper/deepest/three'];
  for (const file of files) {
    mkdirSync(join(outside, file, '..'), { recursive: true });
    writeFileSync(join(outside, file), file);
  }
  renameSync(join(outside, 'moved'), pair.at(a, 'moved'));
  for (const file of files) await arrives(b, file, file);
  await pair.converged();
  renameSync(pair.at(a, 'moved'), join(outside, 'moved'));
  await pair.converged();
  assert.equal(existsSync(pair.at(b, 'moved')), false);
  for (const file of files) assert.equal((await b.node.ask('history', FOLDER, file)).length, 1, file);
  await b.node.ask('restore', FOLDER, files[2] ?? '');
  await arrives(a, files[2] ?? '', files[2] ?? '');
});

test('case B05: more events than the queue of the system holds: what was lost among them is found without being asked for', async () => {
  const pair = pairOf();
  const { a, b } = pair;
  for (const name of ['noise 1', 'noise 2', 'edited', 'deleted']) writeFileSync(pair.at(a, name), name);
  await pair.converged();
  const queueMax = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
  process.kill(a.node.pid, 'SIGSTOP');
  try {
    // Two files in turn: the system merges an event with an equal one before it.
    for (let event = 0; event < queueMax + 2000; event += 1)
      utimesSync(pair.at(a, event % 2 === 0 ? 'noise 1' : 'noise 2'), event, event);
    mkdirSync(pair.at(a, 'made in vain/deep'), { recursive: true });
    writeFileSync(pair.at(a, 'made in vain/deep/new'), 'new');
    writeFileSync(pair.at(a, 'edited'), 'edited in the noise');
    rmSync(pair.at(a, 'deleted'));
  } finally {
    process.kill(a.node.pid, 'SIGCONT');
  }
  await arrives(b, 'made in vain/deep/new', 'new');
  await arrives(b, 'edited', 'edited in the noise');
  await until('the delete arrives', () => (existsSync(pair.at(b, 'deleted')) ? undefined : true));
  writeFileSync(pair.at(a, 'made in vain/deep/later'), 'later');
  await arrives(b, 'made in vain/deep/later', 'later');
});

test('case B08: another file of equal size and time that is renamed over one is seen', async () => {
  const pair = pairOf();
  const { a, b } = pair;
  writeFileSync(pair.at(a, 'replaced'), 'first  content');
  await arrives(b, 'replaced', 'first  content');
  await pair.converged();
  await a.node.end(); // no event tells of it
  const { atime, mtime } = statSync(pair.at(a, 'replaced'));
  writeFileSync(pair.at(a, '.other'), 'second content');
  utimesSync(pair.at(a, '.other'), atime, mtime);
  renameSync(pair.at(a, '.other'), pair.at(a, 'replaced'));
  await a.node.up();
  await arrives(b, 'replaced', 'second content');
});

test('case B09: an edit that keeps the size and sets the time back is seen', async () => {
  const pair = pairOf();
  const { a, b } = pair;
  writeFileSync(pair.at(a, 'set back'), 'first  content');
  await arrives(b, 'set back', 'first  content');
  await pair.converged();
  await a.node.end();
  const { atime, mtime } = statSync(pair.at(a, 'set back'));
  const file = openSync(pair.at(a, 'set back'), 'r+');
  writeSync(file, 'second content');
  closeSync(file);
  utimesSync(pair.at(a, 'set back'), atime, mtime);
  await a.node.up();
  await arrives(b, 'set back', 'second content');
});

test('case B11: a write through a hard link outside the folder is seen by the next look at everything', async (t) => {
  const pair = pairOf();
  const { a, b } = pair;
  const outside = mkdtempSync(join(tmpdir(), 'lanfold-outside-'));
  t.after(() => rmSync(outside, { recursive: true }));
  writeFileSync(pair.at(a, 'linked'), 'written here');
  linkSync(pair.at(a, 'linked'), join(outside, 'linked'));
  await arrives(b, 'linked', 'written here');
  writeFileSync(join(outside, 'linked'), 'written outside');
  await a.node.ask('rescan', FOLDER);
  await arrives(b, 'linked', 'written outside');
});

test('case B21: what is written while a node starts is seen, before its first look, during it, and behind it', async () => {
  const pair = pairOf();
  const { a, b } = pair;
  await a.node.end();
  let isUp = false;
  const names: string[] = [];
  const starting = a.node.up().then(() => (isUp = true));
  mkdirSync(pair.at(a, 'starting'));
  for (let index = 0; !isUp || index < 50; index += 1) {
    const name = `starting/${index % 7}/${index}`;
    mkdirSync(pair.at(a, `starting/${index % 7}`), { recursive: true });
    writeFileSync(pair.at(a, name), name);
    names.push(name);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await starting;
  for (const name of names) await arrives(b, name, name);
});
