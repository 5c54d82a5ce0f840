/**
 * Counts a node's system calls, and kills it on entering a chosen one, with strace.
 *
 * strace counts calls per thread, so a position is the n-th call of its kind in one thread: with one thread of libuv's and each
 * disk thread by itself, a script makes much the same calls in the same order each time.
 * @module
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../harness/process.ts';

/** What changes a disk, makes it durable, or tells a peer. A question mark: not on every architecture. */
const CALLS = [
  '?open',
  'openat',
  'write',
  'writev',
  'pwrite64',
  'fsync',
  'fdatasync',
  'syncfs',
  '?rename',
  '?renameat',
  'renameat2',
  '?link',
  'linkat',
  '?unlink',
  'unlinkat',
  '?mkdir',
  'mkdirat',
  '?rmdir',
  '?symlink',
  'symlinkat',
  'utimensat',
  '?chmod',
  'fchmod',
  'fchmodat',
  'ftruncate',
  'sendmsg',
  'sendto',
].join(',');

/** `number` counts from 1. */
export interface Position {
  /** The thread's name, numbered where several have the same: `lanfold-disk 2`. */
  readonly thread: string;
  readonly call: string;
  readonly number: number;
}

export const MAIN_THREAD = 'MainThread 1';

/** Lists the calls that a running node makes until `during` resolves. */
export async function listCalls(pid: number, during: () => Promise<void>): Promise<Position[]> {
  using output = new Output();
  const strace = await attach(['-f', '-y', '-s', '0', '-o', output.path, '-e', `trace=${CALLS}`], pid);
  const threads = threadsOf(pid);
  try {
    await during();
  } finally {
    await strace.end();
  }
  return positionsIn(output.text, (thread) => threads.get(thread));
}

/** What a start has to be handed to, so that the calls of its main thread are listed. */
export class StartList implements Disposable {
  readonly #output = new Output();

  get through(): readonly string[] {
    return ['strace', '-D', '-qq', '-y', '-s', '0', '-o', this.#output.path, '-e', `trace=${CALLS}`];
  }

  /** @param root below it is what the node is to work on: calls before the first that concerns it are Node's own start. */
  positions(root: string): Position[] {
    const lines = this.#output.text.split('\n');
    const first = lines.findIndex((line) => line.includes(root));
    const own = positionsIn(
      lines
        .slice(0, first)
        .map((line) => `1 ${line}`)
        .join('\n'),
      () => MAIN_THREAD,
    );
    const all = positionsIn(lines.map((line) => `1 ${line}`).join('\n'), () => MAIN_THREAD);
    const key = ({ call, number }: Position): string => `${call} ${number}`;
    const isOwn = new Set(own.map(key));
    return all.filter((position) => !isOwn.has(key(position)));
  }

  [Symbol.dispose](): void {
    this.#output[Symbol.dispose]();
  }
}

/**
 * Lets a running node die at a position. Resolves when the trap is set; {@link Program.end} takes it away.
 * @returns undefined when there is no such thread yet: it begins only with what the script does.
 */
export async function killAt(pid: number, { thread, call, number }: Position): Promise<Program | undefined> {
  const found = [...threadsOf(pid)].find(([, name]) => name === thread);
  if (found === undefined) return undefined;
  return await attach(injection(call, number), found[0]);
}

/** What a start has to be handed to, so that it dies at a position of its main thread. */
export function startKilledAt({ call, number }: Position): readonly string[] {
  return ['strace', '-D', '-qq', '-o', '/dev/null', ...injection(call, number)];
}

function injection(call: string, number: number): string[] {
  return ['-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGKILL:when=${number}`];
}

async function attach(options: readonly string[], thread: number): Promise<Program> {
  const silent = options.includes('-o') ? [] : ['-o', '/dev/null'];
  const strace = await Program.start('strace', [...options, ...silent, '-p', String(thread)]);
  await strace.waitForLine((line) => line.includes('attached'), 20_000, 'stderr');
  return strace;
}

/** Thread ID → name and number, in the order of their start. */
function threadsOf(pid: number): Map<number, string> {
  const counts = new Map<string, number>();
  const ids = readdirSync(`/proc/${pid}/task`).map(Number);
  return new Map(
    ids
      .sort((left, right) => left - right)
      .map((id) => {
        const name = readFileSync(`/proc/${pid}/task/${id}/comm`, 'utf8').trim();
        const count = (counts.get(name) ?? 0) + 1;
        counts.set(name, count);
        return [id, `${name} ${count}`];
      }),
  );
}

/** Lines of strace that begin a call, as positions. What only wakes another thread of the process is counted and left out. */
function positionsIn(text: string, nameOf: (thread: number) => string | undefined): Position[] {
  const counts = new Map<string, number>();
  const positions: Position[] = [];
  for (const line of text.split('\n')) {
    const match = /^(\d+) +(\w+)\((.*)/.exec(line);
    const thread = match === null ? undefined : nameOf(Number(match[1]));
    if (match === null || thread === undefined) continue;
    const [, , call = '', rest = ''] = match;
    const number = (counts.get(`${thread} ${call}`) ?? 0) + 1;
    counts.set(`${thread} ${call}`, number);
    if (call === 'write' && /^\d+<(?:anon_inode|pipe)/.test(rest)) continue;
    positions.push({ thread, call, number });
  }
  return positions;
}

/** A file for what strace writes. */
class Output implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'lanfold-strace-'));
  readonly path: string = join(this.#directory, 'calls');

  get text(): string {
    return readFileSync(this.path, 'utf8');
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
