/**
 * `npm run demo`: two lanfold nodes on this machine, each with a folder of its own, found, trusted and kept the same. Stays
 * until Ctrl-C. With `--once` it runs the same through by itself, compares both folders byte for byte, and ends.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Node, type FolderHandle } from '../src/index.ts';

const isOnce = process.argv.includes('--once');
const root = mkdtempSync(join(tmpdir(), 'lanfold-demo-'));
const alice = join(root, 'alice');
const bob = join(root, 'bob');
const WAIT_MS = 30_000;

const nodes: Node[] = [];
try {
  const [a, b] = await start();
  const folders = await share(a, b);
  await walkThrough(folders);
  if (!isOnce) await stay(folders);
} finally {
  await Promise.all(nodes.map((node) => node.close()));
  rmSync(root, { recursive: true, force: true });
}

async function start(): Promise<[Node, Node]> {
  for (const directory of [alice, bob]) mkdirSync(directory);
  for (const name of ['alice', 'bob']) {
    nodes.push(await Node.open({ home: join(root, `${name}.home`), name, listen: '127.0.0.1:0', discovery: 'off' }));
  }
  const [a, b] = nodes;
  if (a === undefined || b === undefined) throw new Error('The nodes did not start');
  console.log(`alice  ${a.id}  listens on ${a.listening}\nbob    ${b.id}  listens on ${b.listening}`);
  return [a, b];
}

async function share(a: Node, b: Node): Promise<FolderHandle[]> {
  await a.trust(b.id, { addresses: [b.listening ?? ''] });
  await b.trust(a.id, { addresses: [a.listening ?? ''] });
  const connected = once(a, 'peer', { signal: AbortSignal.timeout(WAIT_MS) });
  const folders = [
    await a.folder(alice, { id: 'demo', peers: [b.id] }),
    await b.folder(bob, { id: 'demo', peers: [a.id] }),
  ];
  await connected;
  console.log('They trust each other and are connected.\n');
  return folders.filter((folder) => folder !== undefined);
}

async function walkThrough(folders: readonly FolderHandle[]): Promise<void> {
  await step(folders, 'alice makes 100 files, a program and a link', () => {
    mkdirSync(join(alice, 'notes'));
    for (let n = 0; n < 100; n += 1) writeFileSync(join(alice, 'notes', `${n}.txt`), `note ${n}\n`.repeat(n));
    writeFileSync(join(alice, 'hello.sh'), '#!/bin/sh\necho hello\n');
    chmodSync(join(alice, 'hello.sh'), 0o755);
    symlinkSync('notes/7.txt', join(alice, 'lucky'));
  });
  await step(folders, 'bob edits one, renames one, deletes one', () => {
    writeFileSync(join(bob, 'notes', '1.txt'), 'edited by bob\n');
    renameSync(join(bob, 'notes', '2.txt'), join(bob, 'notes', 'two.txt'));
    rmSync(join(bob, 'notes', '3.txt'));
  });
  const [history] = (await folders[0]?.history('notes/3.txt')) ?? [];
  console.log(`  alice can bring the deleted file back: ${history === undefined ? 'no' : 'it is in her history'}`);
  await step(folders, 'alice restores the deleted file', async () => {
    await folders[0]?.restore('notes/3.txt');
  });
}

async function step(folders: readonly FolderHandle[], what: string, act: () => void | Promise<void>): Promise<void> {
  await act();
  const started = performance.now();
  for (;;) {
    const [left, right] = [describe(alice), describe(bob)];
    if (left === right) break;
    if (performance.now() - started > WAIT_MS) throw new Error(`Not the same after ${WAIT_MS / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const tookMs = performance.now() - started;
  await Promise.all(folders.map((folder) => folder.settled({ peers: 'all', signal: AbortSignal.timeout(WAIT_MS) })));
  console.log(`  ${what}: both folders are the same after ${tookMs.toFixed(0)} ms`);
}

/** Names, kinds, bytes, permissions, times and link targets of a whole tree, as one text. */
function describe(directory: string, prefix = ''): string {
  const lines: string[] = [];
  for (const base of readdirSync(directory).sort()) {
    if (prefix === '' && base === '.lanfold') continue;
    const path = join(directory, base);
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) continue;
    const name = `${prefix}${base}`;
    if (stat.isSymbolicLink()) lines.push(`${name} -> ${readlinkSync(path)}`);
    else if (stat.isDirectory()) lines.push(name, describe(path, `${name}/`));
    else
      lines.push(
        `${name} ${stat.mode} ${stat.mtimeNs} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`,
      );
  }
  return lines.join('\n');
}

async function stay(folders: readonly FolderHandle[]): Promise<void> {
  console.log(`
Try it: these two folders are the same, whatever you do in either of them.
  ${alice}
  ${bob}
What a change from the other side replaces or deletes is kept in .lanfold/history of the folder.
Press Ctrl-C to end; both folders are removed then.`);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  const keepAlive = setInterval(() => {}, 60_000); // a node alone keeps no process alive
  stop.signal.addEventListener('abort', () => clearInterval(keepAlive));
  for await (const change of folders[1]?.changes({ signal: stop.signal }) ?? []) {
    console.log(`  bob has: ${change.kind === 'delete' ? 'deleted ' : ''}${change.path}`);
  }
}
