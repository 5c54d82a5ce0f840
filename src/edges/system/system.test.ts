import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemChance } from './chance.ts';
import { systemClock } from './clock.ts';
import { defaultHome } from './home.ts';
import { jsonLog, textLog } from './log.ts';

test('T1 a timer runs once, unless it is cancelled', async () => {
  const ran: string[] = [];
  const cancelled = systemClock.after(1, () => ran.push('cancelled'));
  cancelled.cancel();
  const keepAlive = setTimeout(() => {}, 10_000);
  await new Promise<void>((resolve) => {
    systemClock.after(5, () => {
      ran.push('ran');
      resolve();
    });
  });
  clearTimeout(keepAlive);
  assert.deepEqual(ran, ['ran']);
});

test('T1 a timer does not keep the process alive, and one of a year does not fire at once', () => {
  const clock = fileURLToPath(new URL('clock.ts', import.meta.url));
  const script = `const { systemClock } = await import(${JSON.stringify(clock)});
    systemClock.after(366 * 86_400_000, () => console.log('fired'));
    await new Promise((resolve) => setTimeout(resolve, 50));`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 10_000 });
  assert.equal(run.status, 0);
  assert.equal(run.stdout.toString(), '');
});

test('T1 the monotonic time does not go back', () => {
  const before = systemClock.monotonicMs();
  assert.ok(systemClock.monotonicMs() >= before);
  assert.ok(Math.abs(systemClock.nowMs() - Date.now()) < 1_000);
});

test('T2 chance gives as many bytes as asked for, and fractions below 1', () => {
  assert.equal(systemChance.bytes(7).length, 7);
  const fractions = Array.from({ length: 1_000 }, () => systemChance.fraction());
  assert.ok(fractions.every((fraction) => fraction >= 0 && fraction < 1));
  assert.ok(new Set(fractions).size > 990);
});

test('T3 a log line is one object, with errors, bytes and big numbers in words', () => {
  const lines: string[] = [];
  const log = jsonLog({ write: (line) => lines.push(line), nowMs: () => 0 });
  const cause = Object.assign(new Error('inner'), { code: 'EIO' });
  log.info({ error: new Error('outer', { cause }), id: Buffer.from([1, 255]), sequence: 2n ** 60n }, 'It went wrong');
  assert.ok(lines[0]?.endsWith('\n'));
  assert.deepEqual(JSON.parse(lines[0] ?? ''), {
    time: '1970-01-01T00:00:00.000Z',
    level: 'info',
    message: 'It went wrong',
    error: { message: 'outer', cause: { code: 'EIO', message: 'inner' } },
    id: '01ff',
    sequence: '1152921504606846976',
  });
});

test('T3 lines below the level are left out', () => {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  textLog({ write }).debug({}, 'no');
  textLog({ write, level: 'warn' }).info({}, 'no');
  textLog({ write, level: 'debug', nowMs: () => 0 }).debug({}, 'yes');
  assert.deepEqual(lines, ['1970-01-01T00:00:00.000Z debug yes\n']);
});

test('T3 no line end and no terminal code of a stranger gets through', () => {
  const hostile = 'a\nb\u001b[2J\u009b\u2028\u0007\u202e\u2066\u{e0001}';
  for (const log of [textLog, jsonLog]) {
    const lines: string[] = [];
    log({ write: (line) => lines.push(line) }).warn({ name: hostile }, hostile);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /^[^\p{Cc}\p{Cf}\u2028]+\n$/u);
  }
});

test('T3 details that cannot be written do not lose the line', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const lines: string[] = [];
  textLog({ write: (line) => lines.push(line) }).info(circle, 'the message');
  assert.match(lines[0] ?? '', /the message/);
});

test('T4 the places of the XDG specification, where an empty or relative directory counts as none', () => {
  const given = { XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s', XDG_RUNTIME_DIR: '/r' };
  assert.deepEqual(defaultHome(given, 'linux'), {
    configuration: '/c/lanfold',
    state: '/s/lanfold',
    socket: '/r/lanfold.sock',
  });
  const none = defaultHome({}, 'linux');
  for (const useless of ['', 'here', './here']) {
    const home = { XDG_CONFIG_HOME: useless, XDG_STATE_HOME: useless, XDG_RUNTIME_DIR: useless };
    assert.deepEqual(defaultHome(home, 'linux'), none);
  }
  assert.ok(isAbsolute(none.configuration) && isAbsolute(none.state));
});
