/** Names that programs stumble over, and names that look like ours. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Lanfold } from '../harness/lanfold.ts';
import { until } from '../harness/process.ts';
import { conflictCopies } from '../harness/snapshot.ts';
import { arrives, FOLDER } from '../nodes/pair.ts';
import { assertNoEcho, isListed, listsNothing, REST_MS, sharedPair } from './shared-pair.ts';

const pairOf = sharedPair();

/** 255 bytes, which is what a name may have: of one byte a letter, of two, and with a dot near the end. */
const LONGEST = ['a'.repeat(255), `${'\u00e9'.repeat(127)}x`, `${'b'.repeat(250)}.text`];

test('case C01: names of 255 bytes arrive, are replaced, and lose a conflict under names that fit', async () => {
  const pair = pairOf();
  const { a, b } = pair;
  for (const name of LONGEST) writeFileSync(pair.at(a, name), 'first');
  await pair.converged();
  for (const name of LONGEST) writeFileSync(pair.at(a, name), 'second');
  for (const name of LONGEST) await arrives(b, name, 'second');
  await pair.converged();
  await b.node.end();
  for (const side of [a, b])
    for (const name of LONGEST) writeFileSync(pair.at(side, name), `by ${side.node.options.name}`);
  await b.node.up();
  const tree = await pair.converged();
  const copies = conflictCopies(tree);
  assert.equal(copies.length, LONGEST.length);
  for (const name of copies) assert.ok(Buffer.byteLength(name) <= 255, name);
  const contents = [...LONGEST, ...copies].map((name) => readFileSync(pair.at(b, name), 'utf8'));
  assert.deepEqual(contents.toSorted(), [...LONGEST.map(() => 'by a'), ...LONGEST.map(() => 'by b')]);
  for (const name of tree.keys()) rmSync(pair.at(a, name));
  await pair.converged();
});

test('case C02: a name that leaves no room for what is put before a staged name arrives and is replaced', async () => {
  const pair = pairOf();
  const name = 'c'.repeat(251);
  for (const content of ['first', 'second']) {
    writeFileSync(pair.at(pair.a, name), content);
    await arrives(pair.b, name, content);
  }
  await pair.converged();
});

test('case C04: a name that is not UTF-8 is listed where it is, stays there, is not sent, and holds up nothing', async () => {
  const pair = pairOf();
  const { a, b } = pair;
  const raw = Buffer.concat([Buffer.from(`${a.folder}/bad `), Buffer.from([0xff, 0xfe])]);
  writeFileSync(raw, 'cannot be sent');
  writeFileSync(pair.at(a, 'good'), 'good');
  await arrives(b, 'good', 'good');
  await a.node.ask('rescan', FOLDER);
  assert.equal(await isListed(a, 'bad \u{fffd}\u{fffd}'), 'name-not-allowed');
  await delay(REST_MS);
  assert.equal(readFileSync(raw, 'utf8'), 'cannot be sent');
  assert.deepEqual(
    readdirSync(b.folder).filter((name) => name.startsWith('bad')),
    [],
  );
  rmSync(raw);
  await a.node.ask('rescan', FOLDER);
  await listsNothing(a);
});

const SHELL_NAMES = ['line\nbreak', `quotes'"\``, '$(touch pwned)', '-rf', '--help', '\u001b[31mred\u001b[0m', 'tab\t'];

test('case C05: names with line ends, quotes, shell words and terminal codes arrive, are renamed, and go', async () => {
  const pair = pairOf();
  const { a, b } = pair;
  mkdirSync(pair.at(a, 'sh\nell'));
  for (const name of SHELL_NAMES) writeFileSync(pair.at(a, `sh\nell/${name}`), name);
  await pair.converged();
  for (const name of SHELL_NAMES) assert.equal(readFileSync(pair.at(b, `sh\nell/${name}`), 'utf8'), name);
  renameSync(pair.at(a, 'sh\nell'), pair.at(a, '$HOME;'));
  await pair.converged();
  assert.deepEqual(readdirSync(pair.at(b, '$HOME;')).sort(), SHELL_NAMES.toSorted());
  rmSync(pair.at(a, '$HOME;'), { recursive: true });
  await pair.converged();
  assert.equal(existsSync(pair.at(b, '$HOME;')), false);
});

test('case C05: what the command line prints of such a name cannot steer a terminal', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lanfold-steered-'));
  const node = await Lanfold.create();
  try {
    const name = Buffer.concat([
      Buffer.from(`${folder}/\u001b[2J\u001b]0;title\u0007\nfake line`),
      Buffer.from([0xff]),
    ]);
    writeFileSync(name, 'cannot be sent');
    await node.addFolder('steered', folder);
    await node.up();
    const printed = await until('status lists it', async () => {
      const { stdout } = await node.command(['status']);
      return stdout.includes('fake line') ? stdout : undefined;
    });
    for (const line of [...printed.split('\n'), ...node.program.stdout, ...node.program.stderr]) {
      // oxlint-disable-next-line no-control-regex -- they are what must not be there
      assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f]/);
      assert.ok(!line.startsWith('fake line'), 'a name has no line of its own');
    }
  } finally {
    await node.stop();
    rmSync(folder, { recursive: true });
  }
});

test('case C24: files of the person that look like a staged file or a conflict copy are synced like any other', async () => {
  const pair = pairOf();
  const { a, b } = pair;
  const names = [
    'notes.sync-conflict-20260101-120000-ABCDEFG.txt',
    'x.sync-conflict-20260101-120000-ABCDEFG',
    '.lanfold-notes',
    'work.tmp',
    '.goutputstream-ABC',
    'sub.lanfold',
  ];
  for (const name of names) writeFileSync(pair.at(a, name), `content of ${name}`);
  const tree = await pair.converged();
  for (const name of names) {
    assert.ok(tree.has(name), name);
    assert.equal(readFileSync(pair.at(b, name), 'utf8'), `content of ${name}`);
  }
  // These are lanfold's and Syncthing's own by their names (docs): they stay where they are, untouched.
  const own = ['.lanfold-x.tmp', '.syncthing.x.tmp', '~syncthing~x.tmp'];
  for (const name of own) writeFileSync(pair.at(a, name), 'stays');
  await assertNoEcho(pair);
  await a.node.restart();
  await delay(REST_MS);
  for (const name of own) {
    assert.equal(readFileSync(pair.at(a, name), 'utf8'), 'stays');
    assert.equal(existsSync(pair.at(b, name)), false);
    rmSync(pair.at(a, name));
  }
});
