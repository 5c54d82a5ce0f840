/**
 * What the contenders of a benchmark are given to sync, and how the watch is stopped: always by looking at the disk of
 * the receiver, never by asking the contender.
 * @module
 */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../test/harness/random.ts';
import { diffTrees, snapshotTree } from '../test/harness/snapshot.ts';

/** A folder's content, made in the same way for each contender and each repetition. */
export type Workload = {
  readonly name: string;
  readonly files: number;
  readonly sizeBytes: number;
  /** Fills an existing folder, waits until the disk has all of it, and returns the names in the order they were made. */
  readonly fill: (directory: string) => readonly string[];
};

const FILES_PER_DIRECTORY = 200;
const PIECE_BYTES = 16 << 20;

/** Files of one size with random bytes, at most 200 in a directory: 10,000 of them have 50 directories. */
export function manyFiles(files: number, fileBytes: number): Workload {
  return {
    name: `${files} x ${fileBytes / 1024} KiB`,
    files,
    sizeBytes: files * fileBytes,
    fill(directory) {
      const random = new Random(files);
      const names = Array.from(
        { length: files },
        (_, at) => `part ${Math.floor(at / FILES_PER_DIRECTORY)}/file ${at}.bin`,
      );
      names.forEach((name, at) => {
        if (at % FILES_PER_DIRECTORY === 0) mkdirSync(join(directory, name, '..'), { recursive: true });
        writeFileSync(join(directory, name), random.bytes(fileBytes));
      });
      flushDisk();
      return names;
    },
  };
}

/** One file of random bytes. */
export function bigFile(sizeBytes: number): Workload {
  return {
    name: `1 x ${sizeBytes / (1 << 20)} MiB`,
    files: 1,
    sizeBytes,
    fill(directory) {
      const random = new Random(1);
      const file = openSync(join(directory, 'big.bin'), 'wx');
      for (let left = sizeBytes; left > 0; left -= PIECE_BYTES)
        writeSync(file, random.bytes(Math.min(left, PIECE_BYTES)));
      closeSync(file);
      flushDisk();
      return ['big.bin'];
    },
  };
}

/**
 * Resolves, with the time, when all names are there. A name counts once it is there, since every contender fills a file
 * beside and renames it; {@link assertEqual} then proves it. Each name is looked at about once, so that watching costs
 * the contender next to nothing.
 */
export async function allThere(directory: string, names: readonly string[], timeoutMs = 300_000): Promise<number> {
  const endMs = performance.now() + timeoutMs;
  for (const [at, name] of names.entries()) {
    while (statSync(join(directory, name), { throwIfNoEntry: false }) === undefined) {
      if (performance.now() > endMs) throw new Error(`Only ${at} of ${names.length} files came within ${timeoutMs} ms`);
      await delay(5);
    }
    // Lets the contenders' harness run, however fast the files come.
    if (at % 500 === 499) await delay(0);
  }
  return performance.now();
}

/** Throws when the receiver's tree is not the sender's: a fast wrong answer is no answer. */
export function assertEqual(sent: string, received: string): void {
  const differences = diffTrees(snapshotTree(sent), snapshotTree(received), { linesMax: 5 });
  if (differences.length > 0) throw new Error(`The trees differ after the sync:\n${differences.join('\n')}`);
}

/**
 * Writes a new file of 1 KiB at `from` and returns the milliseconds from the end of the write until `to` has all its
 * bytes under its name. Looks every millisecond. `written` is called right after the write.
 */
export async function measureLatency(
  from: string,
  to: string,
  name: string,
  written?: (name: string) => void,
): Promise<number> {
  const bytes = new Random(name.length + Number.parseInt(name.replaceAll(/\D/g, '') || '0', 10)).bytes(1024);
  writeFileSync(join(from, name), bytes);
  const startMs = performance.now();
  written?.(name);
  const target = join(to, name);
  while (statSync(target, { throwIfNoEntry: false })?.size !== bytes.length || !readFileSync(target).equals(bytes)) {
    if (performance.now() - startMs > 120_000) throw new Error(`"${name}" did not come within 120 s`);
    await delay(1);
  }
  return performance.now() - startMs;
}

/** Two empty folders on the real disk for one measurement, removed after it. */
export async function withTwoFolders<Value>(measure: (from: string, to: string) => Promise<Value>): Promise<Value> {
  const root = mkdtempSync(join(tmpdir(), 'lanfold-bench-'));
  try {
    const [from, to] = [join(root, 'from'), join(root, 'to')];
    mkdirSync(from);
    mkdirSync(to);
    return await measure(from, to);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Empties the kernel's write queue, so that one contender's fsync does not pay for another's writes. */
export function flushDisk(): void {
  execFileSync('sync');
}
