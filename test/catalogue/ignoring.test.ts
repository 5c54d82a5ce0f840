/** What one side does not want to be synced, and what the other side does about it. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../harness/process.ts';
import { arrives, FOLDER } from '../nodes/pair.ts';
import { isListed, REST_MS, sharedPair } from './shared-pair.ts';

const pairOf = sharedPair();

test('case C25: patterns come, change, are broken and go: no file is deleted by being ignored', async () => {
  const pair = pairOf();
  const { a, b } = pair;
  for (const name of ['kept.txt', 'ignored.log']) writeFileSync(pair.at(a, name), 'first');
  await arrives(b, 'ignored.log', 'first');
  await pair.converged();
  const all = (): void => {
    for (const side of [a, b])
      for (const name of ['kept.txt', 'ignored.log']) assert.ok(existsSync(pair.at(side, name)), name);
  };
  writeFileSync(pair.at(a, '.stignore'), '*.log\n');
  await delay(REST_MS);
  writeFileSync(pair.at(a, 'ignored.log'), 'second, for this side alone');
  writeFileSync(pair.at(a, 'kept.txt'), 'second');
  await arrives(b, 'kept.txt', 'second');
  await delay(REST_MS);
  assert.equal(readFileSync(pair.at(b, 'ignored.log'), 'utf8'), 'first');
  assert.equal(existsSync(pair.at(b, '.stignore')), false, 'patterns are each side’s own');
  all();
  // The other side deletes what is ignored here: it stays here.
  rmSync(pair.at(b, 'ignored.log'));
  await delay(REST_MS);
  assert.equal(readFileSync(pair.at(a, 'ignored.log'), 'utf8'), 'second, for this side alone');
  // A line that is none: it is said, and nothing that was held back gets out, nor is anything deleted.
  writeFileSync(pair.at(a, '.stignore'), '*.log\n[\n');
  await until('it is said', async () => {
    const { problems, error, state } = await a.node.ask('status', FOLDER);
    const said = JSON.stringify([problems, error, state, a.node.warnings]);
    return /ignore/i.test(said) ? true : undefined;
  });
  await delay(REST_MS);
  assert.equal(existsSync(pair.at(b, 'ignored.log')), false);
  assert.ok(existsSync(pair.at(b, 'kept.txt')));
  writeFileSync(pair.at(a, '.stignore'), '\n');
  await arrives(b, 'ignored.log', 'second, for this side alone');
  await pair.converged();
});

test('case D02: a directory that is deleted there stays here with what is ignored and what is no file in it, and is listed', async () => {
  const pair = pairOf();
  const { a, b } = pair;
  mkdirSync(pair.at(a, 'project'));
  for (const name of ['source', 'other']) writeFileSync(pair.at(a, `project/${name}`), name);
  await pair.converged();
  writeFileSync(pair.at(b, '.stignore'), 'project/build\n');
  await delay(REST_MS);
  writeFileSync(pair.at(b, 'project/build'), 'made here');
  rmSync(pair.at(a, 'project'), { recursive: true });
  await until('the others go', () => (existsSync(pair.at(b, 'project/other')) ? undefined : true));
  assert.equal(await isListed(b, 'project'), 'not-empty');
  await delay(REST_MS);
  assert.deepEqual(readdirSync(pair.at(b, 'project')), ['build']);
  assert.equal(existsSync(pair.at(a, 'project')), false);
  rmSync(pair.at(b, 'project/build'));
  await until('the directory goes once it is empty', () => (existsSync(pair.at(b, 'project')) ? undefined : true));
});
