import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { Problems } from './problems.ts';

test('R19 of names that are not in sync so much is listed as can be told, however long they are', () => {
  const problems = new Problems(() => {});
  const long = '\u0001'.repeat(8000);
  const bytes = (): number => JSON.stringify(problems.list()).length;
  for (let index = 0; index < 1000; index += 1) problems.set(`${index} ${long}`, 'unreadable', 'It is so', 'told');
  ok(bytes() < 4 * 1024 * 1024, `${bytes()} bytes`);
  ok(problems.list().length > 50);
  // Room comes back, by whatever they go, and none is counted twice.
  for (let again = 0; again < 3; again += 1) {
    const ended = problems.beginScan('');
    for (const { name } of problems.list()) problems.set(name, 'unreadable', 'It is still so', 'found');
    for (const { name } of problems.list().slice(50)) problems.clear(name);
    ended();
    const found = problems.beginScan('');
    found();
    equal(problems.list().length, 0);
    for (let index = 0; index < 1000; index += 1) problems.set(`file ${index}`, 'unreadable', 'It is so', 'told');
    equal(problems.list().length, 1000);
    for (const { name } of problems.list()) problems.clear(name);
    for (let index = 0; index < 1000; index += 1) problems.set(`${index} ${long}`, 'unreadable', 'It is so', 'told');
    ok(problems.list().length > 50);
  }
});
