/**
 * Shows the main job on one machine: two lanfold nodes on loopback, each a program of its own with a folder of its own.
 *
 *   npm run demo               stays until Ctrl-C; edit a file in one folder and see it in the other
 *   npm run demo -- --once     the same by itself: makes changes, compares both folders byte for byte, ends
 *
 * Everything is in one temporary directory, which is removed at the end.
 * @module
 */
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../test/harness/ports.ts';
import { Program, run, until } from '../test/harness/process.ts';
import { diffTrees, snapshotTree } from '../test/harness/snapshot.ts';

const SHIM = join(import.meta.dirname, '..', 'bin', 'lanfold.cjs');
const FOLDER_ID = 'demo';
const SYNC_MS = 30_000;
const INTERRUPTED = 130;

interface Side {
  readonly name: string;
  readonly home: string;
  readonly folder: string;
  readonly address: string;
  readonly id: string;
}

const isOnce = process.argv.includes('--once');
const root = mkdtempSync(join(tmpdir(), 'lanfold-demo-'));
const programs: Program[] = [];
let ending: Promise<never> | undefined;
process.once('SIGINT', () => void end(isOnce ? INTERRUPTED : 0));
process.once('SIGTERM', () => void end(0));
try {
  await demonstrate();
  if (isOnce) await end(0);
  else await Promise.race(programs.map((program) => program.exited)).then(nodeEnded);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  await end(1);
}

async function demonstrate(): Promise<void> {
  say(`lanfold demo, in ${root}`);
  const [left, right] = [await makeSide('laptop'), await makeSide('desktop')];
  await trust(left, right);
  await trust(right, left);
  say('Two nodes trust each other by their device IDs:');
  for (const side of [left, right]) say(`  ${side.name.padEnd(8)} ${side.id}`);

  makeFirstFiles(left.folder);
  for (const side of [left, right]) await start(side);
  await untilEqual('the first files', left, right);
  if (isOnce) return await changeEverything(left, right);
  say('');
  say('Both are running. Try it:');
  say(`  echo hello > ${join(left.folder, 'hello.txt')}`);
  say(`  cat ${join(right.folder, 'hello.txt')}`);
  say('Delete a file on either side, then bring it back:');
  say(`  rm ${join(right.folder, 'notes.md')}`);
  say(`  ${command('restore', 'notes.md', '-C', left.folder, '--home', left.home)}`);
  say('And see how it stands:');
  say(`  ${command('status', '--home', left.home)}`);
  say('');
  say('Ctrl-C ends the demo and removes its folders.');
}

async function changeEverything(left: Side, right: Side): Promise<void> {
  appendFileSync(join(right.folder, 'notes.md'), 'One line from the desktop.\n');
  writeFileSync(join(left.folder, 'photos', 'large.bin'), Buffer.alloc(5_000_000, 'lanfold'));
  await untilEqual('an edit on one side, a 5 MB file on the other', left, right);
  renameSync(join(right.folder, 'photos'), join(right.folder, 'pictures'));
  await untilEqual('a directory with another name', left, right);
  rmSync(join(left.folder, 'old.txt'));
  await untilEqual('a deleted file', left, right);
  await lanfold('restore', 'old.txt', '-C', right.folder, '--home', right.home);
  await untilEqual('that file, brought back from the history', left, right);
  const names = snapshotTree(left.folder);
  for (const name of ['notes.md', 'old.txt', 'pictures/large.bin', 'run.sh', 'latest'])
    if (!names.has(name)) throw new Error(`"${name}" is missing on both sides`);
  say(`Both folders are equal, byte for byte: ${names.size} names, with their modes and times.`);
}

async function makeSide(name: string): Promise<Side> {
  const [home, folder] = [join(root, name, 'home'), join(root, name, 'folder')];
  mkdirSync(folder, { recursive: true });
  const id = (await lanfold('id', '--home', home)).trim();
  return { name, home, folder, address: `127.0.0.1:${await freePort()}`, id };
}

async function trust(side: Side, other: Side): Promise<void> {
  const about = ['--address', other.address, '--folder', FOLDER_ID, '--name', other.name];
  await lanfold('peers', 'trust', other.id, ...about, '--home', side.home);
}

async function start(side: Side): Promise<void> {
  const place = ['--home', side.home, '--listen', side.address, '--folder-id', FOLDER_ID, '--name', side.name];
  const args = [SHIM, '-C', side.folder, ...place, '--discovery', 'off', '--web', 'off'];
  const program = await Program.start(process.execPath, args);
  programs.push(program);
  await program.waitForLine((line) => line.startsWith('Listening'));
}

function makeFirstFiles(folder: string): void {
  writeFileSync(join(folder, 'notes.md'), '# Notes\n');
  writeFileSync(join(folder, 'old.txt'), 'This one will be deleted.\n');
  writeFileSync(join(folder, 'empty'), '');
  writeFileSync(join(folder, 'run.sh'), '#!/bin/sh\necho hello\n');
  chmodSync(join(folder, 'run.sh'), 0o755);
  symlinkSync('notes.md', join(folder, 'latest'));
  mkdirSync(join(folder, 'photos'));
  for (let i = 1; i <= 20; i += 1) writeFileSync(join(folder, 'photos', `${i}.txt`), `photo ${i}\n`);
}

async function untilEqual(what: string, left: Side, right: Side): Promise<void> {
  const startMs = performance.now();
  let differences: string[] = [];
  const compare = (): true | undefined => {
    differences = diffTrees(snapshotTree(left.folder), snapshotTree(right.folder));
    return differences.length === 0 || undefined;
  };
  const detail = (): string => [...differences, ...programs.map((program) => program.tail())].join('\n');
  await until(`both folders have ${what}`, compare, { timeoutMs: SYNC_MS, everyMs: 20, detail });
  say(`In sync after ${Math.round(performance.now() - startMs)} ms: ${what}`);
}

async function lanfold(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(process.execPath, [SHIM, ...args]);
  if (code !== 0) throw new Error(`lanfold ${args.join(' ')} ended with ${code}\n${stderr}`);
  return stdout;
}

/** As a person types it here, who may have no lanfold and an older Node: npm brings the right one. */
function command(...args: readonly string[]): string {
  return `npm run -s lanfold -- ${args.join(' ')}`;
}

async function nodeEnded(): Promise<void> {
  if (ending !== undefined) return await ending; // Ctrl-C reaches the nodes as well
  throw new Error(`A node ended by itself\n${programs.map((program) => program.tail()).join('\n')}`);
}

function end(code: number): Promise<never> {
  ending ??= cleanUp(code);
  return ending;
}

async function cleanUp(code: number): Promise<never> {
  await Promise.all(programs.map((program) => program.end()));
  rmSync(root, { recursive: true, force: true });
  process.exit(code);
}

function say(line: string): void {
  console.log(line);
}
