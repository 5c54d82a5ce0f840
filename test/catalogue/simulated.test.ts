/** Cases that hang on one moment, or take three machines: on memory edges. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { StageJob } from '../../src/ports/file-tree.ts';
import { Desk } from '../../sim/desk.ts';

test('case A13: a file whose blocks are copied changes just then: its hash shows it, and the right bytes come from the peer', async () => {
  using desk = new Desk(['a', 'b']);
  const [a, b] = desk.machines;
  ok(a && b);
  await desk.start(a, b);
  const first = Buffer.alloc(300_000, 'what both have ');
  a.write('source', first);
  ok(await desk.until(() => b.read('source') === first.toString()));
  ok(await desk.inSync(a, b));
  let copies = 0;
  b.faults.beforeDisk = (call, _folder, [jobs]) => {
    if (call !== 'stage') return;
    for (const job of jobs as readonly StageJob[]) {
      if (job.from !== 'file' || job.name !== 'source') continue;
      copies += 1;
      if (copies === 1) b.write('source', Buffer.alloc(300_000, 'edited at b just now '));
    }
  };
  a.write('copy', first);
  ok(await desk.until(() => b.read('copy') === first.toString()));
  ok(copies > 0, 'it was to be copied');
  ok(await desk.inSync(a, b));
  for (const machine of [a, b]) {
    equal(machine.read('copy'), first.toString(), machine.name);
    ok(machine.read('source')?.startsWith('edited at b just now'), machine.name);
  }
});

test('case C06: of the same name in both normal forms all hold one, the other stays and is listed, and nobody goes on about it', async () => {
  using desk = new Desk(['a', 'b', 'c']);
  const [a, b, c] = desk.machines;
  ok(a && b && c);
  await desk.start(a, b, c);
  const decomposed = 'e\u0301tude';
  const composed = decomposed.normalize('NFC');
  a.write(composed, 'composed');
  a.write(decomposed, 'decomposed');
  ok(await desk.until(() => [b, c].every((machine) => machine.read(composed) === 'composed')));
  a.folder().rescan();
  await desk.runFor(10_000);
  deepEqual([a.read(composed), a.read(decomposed)], ['composed', 'decomposed']);
  deepEqual(a.problems(), [[decomposed, 'name-clash']]);
  for (const machine of [b, c]) deepEqual(machine.names(), [composed], machine.name);
  const told = [a, b, c].map((machine) => machine.folder().records.maxSequence());
  for (const machine of [a, b, c]) machine.folder().rescan();
  await desk.runFor(60_000);
  deepEqual(
    [a, b, c].map((machine) => machine.folder().records.maxSequence()),
    told,
  );
});
