/** A node in the foreground: what it says, and how it ends. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Lanfold } from '../harness/lanfold.ts';
import { freePort } from '../harness/ports.ts';
import { Program } from '../harness/process.ts';
import { Random } from '../harness/random.ts';
import { makeTree } from '../harness/tree.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
const END_MS = 1000;

async function foreground(context: TestContext, ...more: string[]): Promise<{ program: Program; folder: string }> {
  const root = mkdtempSync(join(tmpdir(), 'lanfold-signals-'));
  const folder = mkdtempSync(join(root, 'folder-'));
  makeTree(folder, { seed: 1, files: 300 });
  const place = ['--home', join(root, 'home'), '--listen', `127.0.0.1:${await freePort()}`, '--folder-id', 'notes'];
  const args = [MAIN, '-C', folder, ...place, '--discovery', 'off', '--web', 'off', ...more];
  const program = await Program.start(process.execPath, args);
  context.after(async () => {
    await program.end();
    rmSync(root, { recursive: true, force: true });
  });
  return { program, folder };
}

test('U40 it says what is shared, who it is, where it listens and what to do next', async (context) => {
  const { program, folder } = await foreground(context);
  await program.waitForLine((line) => line.includes('in sync'));
  const text = program.stdout.join('\n');
  assert.ok(text.includes(`(${folder}, folder ID notes)`), text);
  assert.match(text, /^Listening on 127\.0\.0\.1:\d+$/m);
  assert.match(text, /^This device is ([A-Z2-7]{7}-){7}[A-Z2-7]{7}$/m);
  assert.match(text, /lanfold peers trust .* --folder notes$/m);
  assert.match(text, /in sync · \d+ files · /);
  assert.deepEqual(program.stderr, []);
});

test('U41 --json: every line is JSON, the last one is the result; -q: nothing', async (context) => {
  const { program } = await foreground(context, '--json');
  await program.waitForJson((value) => (value as { state?: string }).state === 'in-sync');
  assert.deepEqual(await program.kill('SIGTERM'), { code: 0, signal: null });
  const lines = program.stdout.map((line) => JSON.parse(line) as { type: string });
  assert.deepEqual(lines.at(-1), { type: 'result', signal: 'SIGTERM' });
  for (const type of ['sharing', 'listening', 'device', 'folder'])
    assert.ok(
      lines.some((line) => line.type === type),
      type,
    );
  const lanfold = await Lanfold.create({ args: ['-q'] });
  context.after(() => lanfold.stop());
  await lanfold.up();
  await lanfold.down();
  assert.deepEqual([lanfold.program.stdout, lanfold.program.stderr], [[], []]);
});

test('U42 Ctrl-C ends it with 130, SIGTERM with 0, and nothing is left behind', async (context) => {
  for (const [signal, code] of [['SIGINT', 130] as const, ['SIGTERM', 0] as const]) {
    const lanfold = await Lanfold.create();
    context.after(() => lanfold.stop());
    await lanfold.up();
    assert.deepEqual(await lanfold.program.kill(signal), { code, signal: null });
    assert.deepEqual(readdirSync(lanfold.home).sort(), ['identity.pem', 'records.sqlite']);
  }
});

test('U43 SIGTERM ends it within a second, whenever it comes', { timeout: 120_000 }, async (context) => {
  const random = new Random(43);
  for (let round = 0; round < 12; round += 1) {
    const { program } = await foreground(context);
    await delay(random.below(1200));
    const startMs = performance.now();
    const { code, signal } = await program.kill('SIGTERM');
    const tookMs = performance.now() - startMs;
    assert.ok(tookMs < END_MS, `round ${round}: ${Math.round(tookMs)} ms`);
    // Before the node runs, the signal itself ends the process.
    assert.ok(code === 0 || signal === 'SIGTERM', `round ${round}: ${code} ${signal}`);
  }
});
