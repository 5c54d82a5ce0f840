/** `lanfold verify` and `lanfold repair` as people and scripts use them, on real disks. */
import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { runLanfold } from '../harness/lanfold.ts';
import { Program, until } from '../harness/process.ts';
import { allHave, sharing, type Side } from './sharing.ts';

const FOLDER = 'photos';
const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

interface FolderReport {
  readonly files: number;
  readonly damaged: number;
  readonly findings: readonly { path: string; is: string }[];
}

/** Two nodes that share a folder with three photos, in sync and stopped. */
async function stoppedPair(context: TestContext): Promise<{ a: Side; b: Side }> {
  const [a, b] = await sharing(context, FOLDER, ['a', 'b']);
  mkdirSync(join(a.folder, 'album'));
  for (const name of ['one', 'album/two', 'album/three']) writeFileSync(join(a.folder, name), contentOf(name));
  await Promise.all([a.node.up(), b.node.up()]);
  await allHave([a, b], 4);
  await Promise.all([a.node.down(), b.node.down()]);
  return { a, b };
}

function contentOf(name: string): string {
  return `content of ${name} `.repeat(20_000);
}

/**
 * Other bytes under the look that is recorded. Nobody can set back a file's ctime from outside the disk, so the record learns
 * the new one: what a disk does to a file cannot be done to it through the system.
 */
function rot({ node, folder }: Side, name: string): void {
  const path = join(folder, name);
  const before = lookOf(path);
  const file = openSync(path, 'r+');
  writeSync(file, 'X', 150_000);
  closeSync(file);
  const database = new DatabaseSync(join(node.home, 'records.sqlite'));
  try {
    const changed = database
      .prepare(
        `UPDATE own SET modified_ns = ?, changed_ns = ?
         WHERE changed_ns = ? AND name = (SELECT id FROM names WHERE name = ?)`,
      )
      .run(lookOf(path).modifiedNs, lookOf(path).changedNs, before.changedNs, name);
    assert.equal(changed.changes, 1);
    // It stopped long after: what is written shortly before a stop is read again at the next start.
    database.exec("DELETE FROM notes WHERE name = 'proven until'");
  } finally {
    database.close();
  }
}

function lookOf(path: string): { modifiedNs: bigint; changedNs: bigint } {
  const { mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  return { modifiedNs: mtimeNs, changedNs: ctimeNs };
}

async function verify(
  side: Side,
  ...args: string[]
): Promise<{ code: number | null; report: FolderReport | undefined }> {
  const { code, stdout, stderr } = await runLanfold(['verify', '--json', '--home', side.node.home, ...args]);
  assert.equal(stderr, '');
  const { folders } = JSON.parse(stdout) as { folders: FolderReport[] };
  return { code, report: folders[0] };
}

test('U83 case A14: verify tells damage by its exit code, with and without a running node', async (context) => {
  const { a } = await stoppedPair(context);
  const good = await verify(a);
  assert.deepEqual([good.code, good.report?.files, good.report?.findings], [0, 3, []]);
  rot(a, 'album/two');
  const atRest = await verify(a);
  assert.equal(atRest.code, 7);
  assert.deepEqual(
    atRest.report?.findings.map(({ path, is }) => [path, is]),
    [['album/two', 'damaged']],
  );
  assert.equal((await verify(a, join(a.folder, 'one'))).code, 0, 'only what is named is read');
  const misspelt = await verify(a, join(a.folder, 'One'), join(a.folder, 'one'));
  assert.deepEqual([misspelt.code, misspelt.report?.files, misspelt.report?.findings[0]?.is], [2, 1, 'unknown']);
  await a.node.up();
  const running = await verify(a, '-C', a.folder, 'album');
  assert.deepEqual([running.code, running.report?.damaged, running.report?.files], [7, 1, 1]);
  const { code, stdout } = await runLanfold(['verify', '--home', a.node.home]);
  assert.equal(code, 7);
  assert.match(stdout, /1 file damaged/);
  assert.match(stdout, /damaged {2}album\/two {2}Its bytes changed/);
  assert.match(stdout, /lanfold repair$/);
  for (const words of [['--rate', 'fast'], ['--rate', '0'], ['/etc/hostname']])
    assert.notEqual((await runLanfold(['verify', ...words, '--home', a.node.home])).code, 0, words.join(' '));
});

test('U87 case A14: repair brings it back from a peer, and says what came from whom and what is left', async (context) => {
  const { a, b } = await stoppedPair(context);
  for (const name of ['one', 'album/two']) rot(a, name);
  rot(b, 'one');
  assert.equal((await runLanfold(['repair', '--home', a.node.home])).code, 6);
  assert.equal((await verify(b)).code, 7);
  await a.node.up();
  assert.equal((await verify(a)).code, 7);
  const alone = await runLanfold(['repair', '--home', a.node.home]);
  assert.equal(alone.code, 7);
  assert.match(alone.stdout, /left {2}album\/two {2}Who has it whole is not connected/);
  const damaged = readFileSync(join(a.folder, 'album/two'));
  // What b knows to be damaged it does not give.
  await b.node.up();
  const isConnected = (status: unknown): boolean =>
    (status as { peers: { connected: boolean }[] }).peers[0]?.connected === true;
  await a.node.waitForStatus('b is connected', isConnected);
  const { code, stdout } = await runLanfold(['repair', 'album', '-C', a.folder, '--home', a.node.home]);
  assert.equal(code, 0, stdout);
  // A walk that came in between, on a slow machine, has mended it already: then there is nothing to say.
  assert.match(stdout, /^mended {2}album\/two {2}from |^Nothing is known to be damaged/);
  assert.equal(readFileSync(join(a.folder, 'album/two'), 'utf8'), contentOf('album/two'));
  await a.node.command(['restore', 'album/two', '-C', a.folder]);
  assert.deepEqual(readFileSync(join(a.folder, 'album/two')), damaged, 'the damaged bytes were in the history');
});

test('U83 Ctrl-C ends a verification at once, and harms nothing', async (context) => {
  const { a } = await stoppedPair(context);
  await a.node.up();
  const program = await Program.start(process.execPath, [MAIN, 'verify', '--rate', '1k', '--home', a.node.home]);
  context.after(() => program.end());
  // The kernel lists the socket that listens, and one for each question that is open.
  const isAsking = (): true | undefined =>
    readFileSync('/proc/net/unix', 'utf8').split(join(a.node.home, 'control.sock')).length > 2 || undefined;
  await until('it asks again and again', isAsking, { everyMs: 5 });
  const startMs = performance.now();
  const { code, signal } = await program.kill('SIGINT');
  assert.ok(code === 130 || signal === 'SIGINT', `${code} ${signal}`);
  assert.ok(performance.now() - startMs < 2000);
  const again = await verify(a);
  assert.deepEqual([again.code, again.report?.files], [0, 3]);
});
