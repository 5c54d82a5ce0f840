/** What the history keeps, however much it is, on memory edges. */
import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './desk.ts';
import { share, two } from './desks.ts';

const HOUR_MS = 3_600_000;
const FILES = 500;
const nameOf = (index: number): string => `file ${String(index).padStart(3, '0')}`;

function originals(machine: Machine): number {
  return [...machine.allContents()].filter((text) => text.startsWith('content')).length;
}

test('R9 what waits for a person takes nothing from the history, however long it waits', async () => {
  const world = two();
  const { desk, a, b } = world;
  using _ = desk;
  b.faults.historyLimits = { keepMs: HOUR_MS, bytesMax: 10_000 };
  const text = (start: string, index: number): string => `${start} ${index}${'x'.repeat(1000)}`;
  await share(world, Object.fromEntries(Array.from({ length: FILES }, (_, i) => [nameOf(i), text('content', i)])));
  await desk.runFor(2 * HOUR_MS);
  for (let i = 0; i < FILES; i += 1) a.write(nameOf(i), text('other', i));
  ok(await desk.until(() => b.folder().state === 'needs-you'));
  await desk.runFor(10_000);
  ok(
    b.names().some((name) => b.read(name)?.startsWith('other')),
    'some of it was replaced before',
  );
  equal(originals(b), FILES);
  await desk.runFor(2 * HOUR_MS);
  equal(originals(b), FILES);
  b.folder().approveDeletes();
  ok(await desk.until(() => b.names().every((name) => b.read(name)?.startsWith('other'))));
  await desk.runFor(2 * HOUR_MS);
  equal(originals(b), 0, 'then it is as any other');
});
