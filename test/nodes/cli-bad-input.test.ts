/** Each mistake gets one sentence, a stable error code and an exit code, and leaves everything as it was. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Lanfold, runLanfold } from '../harness/lanfold.ts';
import { freePort } from '../harness/ports.ts';
import { Program, run } from '../harness/process.ts';

const SHIM = join(import.meta.dirname, '..', '..', 'bin', 'lanfold.cjs');
const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
const SOMEBODY = 'HSKGT4W-RYKSFIJ-LEXBNJT-PLM2WJR-LAFVWEP-BHQENDN-G5CXKQV-KCVVAAY';

/** A home and a folder that end with the test. */
function places(context: TestContext): { home: string; folder: string; root: string } {
  const root = mkdtempSync(join(tmpdir(), 'lanfold-bad-'));
  context.after(() => rmSync(root, { recursive: true, force: true }));
  const folder = join(root, 'folder');
  mkdirSync(folder);
  return { root, folder, home: join(root, 'home') };
}

/** Runs it, and demands one sentence on standard error with this code. Returns the sentence. */
async function refused(
  words: readonly string[],
  exit: number,
  code: string,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const { stderr, stdout, ...end } = await runLanfold(words, { env });
  assert.equal(end.code, exit, `${words.join(' ')}\n${stdout}\n${stderr}`);
  assert.equal(stderr.split('\n').length, 1, stderr);
  assert.ok(stderr.startsWith('lanfold: ') && stderr.endsWith(`(${code})`), stderr);
  return stderr;
}

test('U20 what is not understood is told with exit code 2', async (context) => {
  const { home } = places(context);
  assert.match(await refused(['--shrae'], 2, 'E_USAGE'), /--shrae/);
  const { stderr } = await runLanfold(['-v', 'stat\u001b[2Jus']);
  assert.match(stderr, /\n +at /);
  assert.ok(!stderr.includes('\u001b'), 'nor does the trace of where it happened write to the terminal');
  assert.match(await refused(['status', '--homes', 'x'], 2, 'E_USAGE'), /--homes.*--home\b/);
  assert.match(await refused(['shrae'], 2, 'E_USAGE'), /no command "shrae"/);
  assert.match(await refused(['peers', 'trust'], 2, 'E_USAGE'), /device-id/);
  assert.match(await refused(['--discovery', 'wan'], 2, 'E_USAGE'), /lan, off/);
  assert.match(await refused(['--web', 'on', '--home', home], 2, 'E_USAGE'), /not part of this version/);
  assert.match(await refused(['--listen', 'x:1', 'status'], 2, 'E_USAGE'), /--listen after the command/);
  assert.match(await refused(['restore', 'x', '--at', 'soon', '--home', home], 2, 'E_USAGE'), /"soon" is not a time/);
  assert.match(await refused(['approve', '--disk', 'x', '--undo', '--home', home], 2, 'E_USAGE'), /--undo/);
  assert.match(await refused(['run', '--listen', 'here:soon', '--home', home], 2, 'E_USAGE'), /HOST:PORT/);
});

test('U21 a wrong device ID: which group of letters is wrong; exit code 2, and 5 for a device that is not trusted', async (context) => {
  const { home } = places(context);
  const mistyped = SOMEBODY.replace('RYKSFIJ', 'RYKSFIA');
  assert.match(await refused(['peers', 'trust', mistyped, '--home', home], 2, 'E_DEVICE_ID'), /HSKGT4W-RYKSFIA/);
  assert.match(await refused(['peers', 'trust', 'ABC', '--home', home], 2, 'E_DEVICE_ID'), /56 letters/);
  await refused(['peers', 'remove', SOMEBODY, '--home', home], 5, 'E_PEER_UNKNOWN');
  const { stdout } = await runLanfold(['peers', 'list', '--json', '--home', home]);
  assert.deepEqual(JSON.parse(stdout), []);
});

test('U22 case G20: a folder that is missing, no directory, protected, nested or known under another ID', async (context) => {
  const { root, home, folder } = places(context);
  const add = (path: string, id: string): string[] => ['folders', 'add', path, '--folder-id', id, '--home', home];
  const file = join(root, 'file');
  writeFileSync(file, '');
  mkdirSync(join(folder, 'inner'));
  assert.equal((await runLanfold(add(folder, 'one'))).code, 0);
  const before = readFileSync(join(home, 'config.json'), 'utf8');
  await refused(add(join(root, 'nowhere'), 'two'), 1, 'E_FOLDER_MISSING');
  await refused(add(file, 'two'), 1, 'E_FOLDER_NOT_A_DIRECTORY');
  await refused(add('/', 'two'), 1, 'E_FOLDER_PROTECTED');
  await refused(add(root, 'two'), 1, 'E_FOLDER_PROTECTED', { HOME: root });
  await refused(add(join(folder, 'inner'), 'two'), 1, 'E_FOLDER_NESTED');
  await refused(add(root, 'two'), 1, 'E_FOLDER_NESTED');
  await refused(add(folder, 'two'), 1, 'E_FOLDER_EXISTS');
  await refused(['folders', 'remove', 'two', '--home', home], 1, 'E_FOLDER_UNKNOWN');
  await refused(add(home, 'two'), 1, 'E_FOLDER_PROTECTED');
  mkdirSync(join(root, 'other'));
  await refused([...add(join(root, 'other'), 'two'), '--peer', SOMEBODY], 5, 'E_PEER_UNKNOWN');
  const listen = ['--listen', `127.0.0.1:${await freePort()}`, '--discovery', 'off', '--home', home];
  await refused(['-C', join(root, 'nowhere'), ...listen], 1, 'E_FOLDER_MISSING');
  await refused(['-C', folder, '--folder-id', 'two', ...listen], 1, 'E_FOLDER_EXISTS');
  assert.equal(readFileSync(join(home, 'config.json'), 'utf8'), before);
});

test('U23 a home in use by a running node', async (context) => {
  const lanfold = await Lanfold.create();
  context.after(() => lanfold.stop());
  await lanfold.up();
  const startMs = performance.now();
  await refused(['run', '--home', lanfold.home, '--discovery', 'off'], 1, 'E_STATE_LOCKED');
  assert.ok(performance.now() - startMs < 3000, 'told at once');
  rmSync(join(lanfold.home, 'control.sock'));
  await refused(['status', '--home', lanfold.home], 1, 'E_STATE_LOCKED');
});

test('U24 state that a newer version wrote is left alone', async (context) => {
  const { home } = places(context);
  mkdirSync(home);
  const text = '{"version": 99, "peers": "unheard of"}';
  writeFileSync(join(home, 'config.json'), text);
  await refused(['status', '--home', home], 1, 'E_STATE_TOO_NEW');
  await refused(['run', '--home', home], 1, 'E_STATE_TOO_NEW');
  assert.equal(readFileSync(join(home, 'config.json'), 'utf8'), text);
});

test('U25 a taken port is an error when it was asked for, and one line when it was not', async (context) => {
  const { home, folder } = places(context);
  const taken = createServer().listen(0, '127.0.0.1');
  const usual = createServer()
    .listen(1111, '::')
    .on('error', () => {}); // somebody else may have it: as good
  context.after(() => [taken, usual].map((server) => server.close()));
  await new Promise((resolve) => taken.once('listening', resolve));
  const address = taken.address();
  assert.ok(address !== null && typeof address === 'object');
  await refused(
    ['run', '--home', home, '--listen', `127.0.0.1:${address.port}`, '--discovery', 'off'],
    1,
    'E_PORT_IN_USE',
  );

  const words = [MAIN, '-C', folder, '--home', home, '--discovery', 'off'];
  const program = await Program.start(process.execPath, words);
  context.after(() => program.end());
  const line = await program.waitForLine((text) => text.startsWith('Port 1111'));
  assert.match(line, /^Port 1111 is taken; listening on 111[3-9]$/);
  const { stdout } = await runLanfold(['status', '--json', '--home', home]);
  const { listening } = JSON.parse(stdout) as { listening: string };
  assert.ok(line.endsWith(listening.slice(listening.lastIndexOf(':') + 1)), listening);
});

test('U26 with --json, errors are JSON on standard output as well', async () => {
  const { code, stdout } = await runLanfold(['status', '--json', '--shrae']);
  assert.equal(code, 2);
  const { type, error } = JSON.parse(stdout) as { type: string; error: { code: string; message: string } };
  assert.deepEqual([type, error.code], ['error', 'E_USAGE']);
});

test('U27 every help tells the exit codes', async () => {
  for (const words of [[], ['run'], ['status'], ['peers'], ['peers', 'trust'], ['folders', 'add'], ['restore']]) {
    const { code, stdout } = await runLanfold([...words, '--help']);
    assert.equal(code, 0);
    assert.match(stdout, /Exit codes:[^]*130 {2}interrupted/);
  }
  assert.match((await runLanfold(['--version'])).stdout, /^\d+\.\d+\.\d+$/);
});

test('U28 an older Node is told in one sentence what is needed', async () => {
  const old = `Object.defineProperty(process.versions, 'node', { value: '20.19.0' }); require(${JSON.stringify(SHIM)})`;
  const { code, stdout, stderr } = await run(process.execPath, ['-e', old]);
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /^lanfold needs Node 24\.15 or newer.* 20\.19\.0\. .*[Ii]nstall a newer/);
});
