/** One device ID on two computers that are both alive, on memory edges. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { Desk, type Machine } from './desk.ts';

function machines(): { desk: Desk; a: Machine; b: Machine; twin: Machine } {
  const desk = new Desk(['a', 'b', 'b twin']);
  const [a, b, twin] = desk.machines;
  if (a === undefined || b === undefined || twin === undefined) throw new Error('no machines');
  return { desk, a, b, twin };
}

const connections = (machine: Machine): number =>
  machine.log.filter((line) => line.includes('conversation ended')).length;

test('R14 case G07: a device that is alive twice is said so once; one is talked to, the other does not come in a storm', async () => {
  const { desk, a, b, twin } = machines();
  using _ = desk;
  a.write('one', 'content');
  await desk.start(a, b);
  ok(await desk.until(() => b.read('one') === 'content'));
  await desk.runFor(30_000);
  deepEqual(a.warnings, []);
  await desk.start(twin);
  ok(await desk.until(() => a.warnings.length > 0));
  deepEqual(
    a.warnings.map(({ code }) => code),
    ['E_DEVICE_TWICE'],
  );
  deepEqual(
    a.engine.twins.problems(a.engine.peers).map(({ reason }) => reason),
    ['device-twice'],
  );
  await desk.runFor(60_000);
  const before = connections(a);
  await desk.runFor(10 * 60_000);
  ok(connections(a) - before <= 40, `${connections(a) - before} connections in ten minutes`);
  equal(a.warnings.length, 1);
  a.write('two', 'content');
  ok(await desk.until(() => b.read('two') === 'content' || twin.read('two') === 'content'));
  equal(a.read('one'), 'content');
});

test('R14 case G07: when one of the two is gone, the other has all that it missed, and nothing is lost', async () => {
  const { desk, a, b, twin } = machines();
  using _ = desk;
  await desk.start(a, b, twin);
  for (const machine of [a, b, twin]) machine.write(`by ${machine.name}`, 'content');
  ok(await desk.until(() => a.warnings.length > 0));
  await desk.runFor(60_000);
  b.crash();
  ok(await desk.until(() => a.names().includes('by b twin') && twin.names().includes('by a'), 120_000));
  twin.crash();
  await desk.start(b);
  ok(await desk.until(() => a.names().length === 3 && b.names().length === 3, 120_000), b.names().join());
  await desk.runFor(11 * 60_000);
  deepEqual(a.engine.twins.problems(a.engine.peers), []);
});

test('R14 a device that restarts often is one', async () => {
  const { desk, a, b } = machines();
  using _ = desk;
  await desk.start(a);
  for (let run = 0; run < 20; run += 1) {
    await desk.start(b);
    await desk.runFor(run * 1000);
    b.crash();
  }
  deepEqual(a.warnings, []);
});
