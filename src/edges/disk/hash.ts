/**
 * Hashing files, and reading bytes of them.
 * @module
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { blockBytes, blockSizeAfter, blocksIn } from '../../core/model/block.ts';
import { HASH_BYTES, sameBytes, sameLook } from '../../core/model/file-record.ts';
import type { Hashed, HashJob, ReadJob, Trouble, Writers } from '../../ports/file-tree.ts';
import { hashStretch, readFully, type Scratch, sha256 } from './blocks.ts';
import { lookBySystem, lookFrom, notAFile } from './look.ts';
import type { SystemCalls } from './system-calls.ts';
import { guarded, trouble, troubleOf } from './trouble.ts';
import { nameTrouble, O_SAFE, opened, Walk } from './walk.ts';

/** A thread turns to other calls after this many bytes: below 1 ms, so that a long hash delays no peer's request. */
const TURN_BYTES = 1024 * 1024;
/** A peer cannot ask for more than the largest block. */
const READ_BYTES_MAX = 16 * 1024 * 1024;

/** Opening a name that is a symlink or a socket says ELOOP or ENXIO. */
export const UNLIKE_FILE = { ELOOP: 'not-a-file', ENXIO: 'not-a-file', ENODEV: 'not-a-file' } as const;

/** Counts hashed bytes and lets other calls of this thread run in between. */
export class Turns {
  #bytes = 0;

  /** @returns true if others had their turn. */
  async after(bytes: number): Promise<boolean> {
    this.#bytes += bytes;
    if (this.#bytes < TURN_BYTES) return false;
    this.#bytes = 0;
    await setImmediate();
    return true;
  }
}

export async function hash(root: string, jobs: readonly HashJob[], scratch: Scratch): Promise<Hashed[]> {
  const walk = new Walk(root);
  const turns = new Turns();
  const results: Hashed[] = [];
  try {
    for (const job of jobs) {
      walk.trim();
      results.push(await hashOne(walk, job, turns, scratch).catch((error: unknown) => troubleOf(error, UNLIKE_FILE)));
    }
  } finally {
    walk.close();
  }
  return results;
}

async function hashOne(walk: Walk, job: HashJob, turns: Turns, scratch: Scratch): Promise<Hashed> {
  const refused = nameTrouble(job.name);
  if (refused !== undefined) return refused;
  const path = walk.path(job.name);
  if (path === undefined) return absent();
  const handle = openSync(path, constants.O_RDONLY | O_SAFE);
  try {
    const before = lookFrom(fstatSync(handle, { bigint: true }));
    if (before.type !== 'file') return notAFile();
    const blockSize = blockSizeAfter(before.size, job.blockSizeBefore);
    const blocks = new Uint8Array(blocksIn(before.size, blockSize) * HASH_BYTES);
    let isWhole = true;
    for (let index = 0; index * HASH_BYTES < blocks.length; index += 1) {
      const bytes = blockBytes(before.size, blockSize, index);
      const digest = hashStretch(handle, index * blockSize, bytes, scratch);
      isWhole = digest !== undefined;
      if (digest === undefined) break; // the file became shorter: `after` says so
      blocks.set(digest, index * HASH_BYTES);
      if (await turns.after(bytes)) walk.forget(''); // a directory may have moved meanwhile
    }
    // The name is looked at, not the handle: a file put in the place of this one has another inode. It cannot have the
    // same one, which is taken as long as the handle is open.
    const pathAfter = walk.path(job.name);
    const after = pathAfter === undefined ? undefined : lookBySystem(pathAfter)?.look;
    if (after === undefined) return absent();
    // Or it did not: then the disk gave less than it has, and hashes of nothing would be announced as those of the file.
    if (!isWhole && sameLook(before, after)) return trouble('io', 'its bytes end before its size');
    return { before, after, blockSize, blocks };
  } finally {
    closeSync(handle);
  }
}

export async function read(root: string, jobs: readonly ReadJob[]): Promise<(Uint8Array | Trouble)[]> {
  const walk = new Walk(root);
  const turns = new Turns();
  const results: (Uint8Array | Trouble)[] = [];
  try {
    for (const job of jobs) {
      walk.trim();
      results.push(nameTrouble(job.name) ?? guarded(() => readOne(walk, job), UNLIKE_FILE));
      if (await turns.after(job.bytes)) walk.forget('');
    }
  } finally {
    walk.close();
  }
  return results;
}

function readOne(walk: Walk, job: ReadJob): Uint8Array | Trouble {
  const path = walk.path(job.name);
  if (path === undefined) return absent();
  return opened(path, constants.O_RDONLY, (handle) => {
    const stat = fstatSync(handle);
    if (!stat.isFile()) return notAFile();
    const wanted = Math.max(0, Math.min(job.bytes, READ_BYTES_MAX, stat.size - job.offset));
    const buffer = new Uint8Array(wanted);
    const bytes = buffer.subarray(0, readFully(handle, buffer, job.offset));
    if (job.hash === undefined || sameBytes(sha256(bytes), job.hash)) return bytes;
    return trouble('wrong-content', 'the file has other bytes there now');
  });
}

/** Who holds each file open for writing; `unknown` also for what is no file or is gone. */
export function writers(walk: Walk, names: readonly string[], system: SystemCalls): Writers[] {
  return names.map((name) => {
    walk.trim();
    if (nameTrouble(name) !== undefined) return 'unknown';
    const answer = guarded(() => {
      const path = walk.path(name);
      if (path === undefined) return 'unknown';
      return opened(path, constants.O_RDONLY, (handle) =>
        fstatSync(handle).isFile() ? system.writers(handle, path) : 'unknown',
      );
    });
    if (typeof answer === 'string') return answer;
    return answer.trouble === 'absent' ? 'unknown' : 'untold';
  });
}

function absent(): Trouble {
  return trouble('absent', 'there is no such file');
}
