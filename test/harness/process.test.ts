import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Program, run, until } from './process.ts';

const node = async (script: string): Promise<Program> => Program.start(process.execPath, ['-e', script]);
const LISTENING = 'setInterval(() => {}, 1000); console.log("text"); console.log(JSON.stringify({ ready: true }));';

test('H8 a line is found that came before, that comes later, or that is JSON', async (context) => {
  const program = await node(`${LISTENING} setTimeout(() => console.log("later"), 50);`);
  context.after(() => program.end());
  assert.equal(await program.waitForLine((line) => line === 'later'), 'later');
  assert.equal(await program.waitForLine((line) => line === 'text'), 'text');
  const ready = (value: unknown): boolean => typeof value === 'object' && value !== null && 'ready' in value;
  assert.deepEqual(await program.waitForJson(ready), { ready: true });
  assert.ok(program.memory().residentBytes > 1 << 20);
});

test('H8 waiting ends with the program, or with its time, and says what was printed', async (context) => {
  const ending = await node('console.error("cannot go on"); process.exitCode = 3;');
  await assert.rejects(
    ending.waitForLine(() => false),
    /ended before[^]*cannot go on/,
  );
  assert.deepEqual(await ending.exited, { code: 3, signal: null });
  await assert.rejects(
    ending.waitForLine(() => false),
    /ended before/,
  );
  const silent = await node(LISTENING);
  context.after(() => silent.end());
  await assert.rejects(
    silent.waitForLine(() => false, 20),
    /no such line within 20 ms/,
  );
});

test('H8 a program ends by SIGTERM, and by SIGKILL when it will not', async () => {
  const polite = await node(LISTENING);
  await polite.waitForLine(() => true);
  assert.deepEqual(await polite.end(), { code: null, signal: 'SIGTERM' });
  assert.deepEqual(await polite.end(), { code: null, signal: 'SIGTERM' });
  const deaf = await node(`process.on("SIGTERM", () => {}); ${LISTENING}`);
  await deaf.waitForLine(() => true);
  assert.deepEqual(await deaf.end(20), { code: null, signal: 'SIGKILL' });
});

test('H8 what cannot be started is said, and a run is returned whole', async () => {
  await assert.rejects(Program.start('/nonexistent/program', []), /Cannot start "\/nonexistent\/program"/);
  assert.deepEqual(await run(process.execPath, ['-e', 'console.log("a\\nb"); console.error("c")']), {
    code: 0,
    signal: null,
    stdout: 'a\nb',
    stderr: 'c',
  });
});

test('H8 polling returns the first answer, or says what it waited for', async () => {
  let asked = 0;
  assert.equal(await until('it counts', () => (++asked > 3 ? asked : undefined), { everyMs: 1 }), 4);
  const options = { timeoutMs: 5, everyMs: 1, detail: () => 'last state' };
  await assert.rejects(
    until('pigs fly', () => undefined, options),
    /in vain until pigs fly\nlast state/,
  );
});
