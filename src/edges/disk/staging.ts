/**
 * Staged files: content that is on its way to a name, kept aside until it is whole.
 *
 * They lie in one directory of lanfold's own, so that nothing half-written ever has a name of the user, and they outlive
 * a crash. A block is written only after its SHA-256 is found right; whether it is still right after a crash is asked of
 * the bytes again ({@link resume}), never believed.
 * @module
 */
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { blockBytes, blocksIn } from '../../core/model/block.ts';
import { blockHash, NO_BYTES, sameBytes } from '../../core/model/file-record.ts';
import { nameFault } from '../../core/model/folder-path.ts';
import type { ResumeJob, Staged, StageJob, Trouble } from '../../ports/file-tree.ts';
import { hashStretch, readFully, type Scratch, sha256 } from './blocks.ts';
import { Turns, UNLIKE_FILE } from './hash.ts';
import { notAFile } from './look.ts';
import { STAGING } from './own-directory.ts';
import { errorCode, guarded, systemError, trouble } from './trouble.ts';
import { nameTrouble, O_PATH, O_SAFE, opened, pathOfHandle, Walk } from './walk.ts';

const HANDLES_MAX = 64;

export function stage(walk: Walk, jobs: readonly StageJob[], scratch: Scratch): Staged[] {
  const files = new StagedFiles(walk);
  try {
    return jobs.map((job) => {
      walk.trim();
      return guarded(() => stageOne(walk, files, job, scratch), UNLIKE_FILE);
    });
  } finally {
    files.close();
  }
}

function stageOne(walk: Walk, files: StagedFiles, job: StageJob, scratch: Scratch): Staged {
  const bytes = job.from === 'bytes' ? job.data : readSource(walk, job.name, job.sourceOffset, job.bytes, scratch);
  if (!(bytes instanceof Uint8Array)) return bytes;
  if (bytes.length !== job.bytes || !sameBytes(sha256(bytes), job.hash)) {
    return trouble('wrong-content', 'the bytes are not those of the block');
  }
  if (job.offset < 0 || job.offset + job.bytes > job.size) {
    return trouble('wrong-content', 'the block lies beyond the end of the file');
  }
  const handle = files.open(job);
  if (handle === undefined) return trouble('absent', 'what was staged of it is gone');
  writeFully(handle, bytes, job.offset);
  return true;
}

/** Bytes of another file of the folder; fewer than wanted if it ends before. */
function readSource(walk: Walk, name: string, offset: number, bytes: number, scratch: Scratch): Uint8Array | Trouble {
  const refused = nameTrouble(name);
  if (refused !== undefined) return refused;
  const path = walk.path(name);
  if (path === undefined) return trouble('absent', 'there is no such file');
  return opened(path, constants.O_RDONLY, (handle) => {
    if (!fstatSync(handle).isFile()) return notAFile();
    const buffer = scratch.take(bytes);
    return buffer.subarray(0, readFully(handle, buffer, offset));
  });
}

/** One byte per block: 1 where the staged file holds the right bytes; no bytes if there is no such file. */
export async function resume(root: string, jobs: readonly ResumeJob[], scratch: Scratch): Promise<Uint8Array[]> {
  const walk = new Walk(root);
  const turns = new Turns();
  const results: Uint8Array[] = [];
  try {
    for (const job of jobs) {
      const handle = openedOrUndefined(walk, job.stage);
      results.push(handle === undefined ? NO_BYTES : await rightBlocks(handle, job, turns, scratch));
    }
  } finally {
    walk.close();
  }
  return results;
}

async function rightBlocks(handle: number, job: ResumeJob, turns: Turns, scratch: Scratch): Promise<Uint8Array> {
  const right = new Uint8Array(blocksIn(job.size, job.blockSize));
  try {
    for (let index = 0; index < right.length; index += 1) {
      const bytes = blockBytes(job.size, job.blockSize, index);
      const digest = guarded(() => hashStretch(handle, index * job.blockSize, bytes, scratch));
      // Bytes that cannot be read are bytes that are not there: they are fetched again.
      if (digest instanceof Uint8Array && sameBytes(digest, blockHash(job.blocks, index))) right[index] = 1;
      await turns.after(bytes);
    }
  } finally {
    closeSync(handle);
  }
  return right;
}

/** What cannot be opened is no help: the caller begins anew. */
function openedOrUndefined(walk: Walk, stage: string): number | undefined {
  const handle = guarded(() => openStaged(walk, stage));
  return typeof handle === 'number' ? handle : undefined;
}

/** Removes staged files. What cannot be removed stays: it is asked for again at the next start. */
export function unstage(walk: Walk, stages: readonly string[] | { keep: ReadonlySet<string> }): void {
  const directory = walk.directory(STAGING);
  if (directory === undefined) return;
  const bases = 'keep' in stages ? readdirSync(directory).filter((base) => !stages.keep.has(base)) : stages;
  for (const base of bases) {
    if (isStageName(base)) guarded(() => unlinkSync(`${directory}/${base}`));
  }
}

/** The path that stands for a staged file; undefined while there is no staging directory. */
export function stagedPath(walk: Walk, stage: string): string | undefined {
  if (!isStageName(stage)) throw systemError('EINVAL', 'stage');
  return walk.path(`${STAGING}/${stage}`);
}

/**
 * Opens a staged file that is there.
 * @throws Error if something else stands in its place. A second link counts as that: writing through it would change a file
 * somewhere else.
 */
export function openStaged(walk: Walk, stage: string): number | undefined {
  const path = stagedPath(walk, stage);
  if (path === undefined) return undefined;
  try {
    return openOwned(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes an empty staged file, or opens the one that is there. Making comes first: most are new, and a failed open is dear. */
export function createStaged(walk: Walk, stage: string): number {
  walk.ensure(STAGING, new Set());
  const path = stagedPath(walk, stage);
  if (path === undefined) throw systemError('ENOTDIR', 'open');
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | O_SAFE, 0o600);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    return openOwned(path);
  }
}

/** Writes all bytes, or throws. */
export function writeFully(handle: number, bytes: Uint8Array, offset: number): void {
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(handle, bytes, written, bytes.length - written, offset + written);
  }
}

/** The staged files of one batch, each opened once. */
class StagedFiles {
  readonly #walk: Walk;
  readonly #handles = new Map<string, number>();

  constructor(walk: Walk) {
    this.#walk = walk;
  }

  /** @returns undefined if a part of it landed before, and it is gone. */
  open({ stage, size, mustExist }: StageJob): number | undefined {
    const known = this.#handles.get(stage);
    if (known !== undefined) return known;
    if (this.#handles.size >= HANDLES_MAX) this.close();
    const handle = mustExist === true ? openStaged(this.#walk, stage) : createStaged(this.#walk, stage);
    if (handle === undefined) return undefined;
    this.#handles.set(stage, handle);
    if (fstatSync(handle).size !== size) ftruncateSync(handle, size);
    return handle;
  }

  close(): void {
    for (const handle of this.#handles.values()) closeSync(handle);
    this.#handles.clear();
  }
}

function openOwned(path: string): number {
  let handle: number;
  try {
    handle = openSync(path, constants.O_RDWR | O_SAFE);
  } catch (error) {
    if (errorCode(error) !== 'EACCES') throw error;
    // It got the permissions of its final name (0444, say) in an `apply` that then refused it, or was cut off.
    opened(path, O_PATH | constants.O_RDONLY, (itself) => {
      checkOwned(itself);
      chmodSync(pathOfHandle(itself, path), 0o600);
    });
    handle = openSync(path, constants.O_RDWR | O_SAFE);
  }
  try {
    checkOwned(handle);
    return handle;
  } catch (error) {
    closeSync(handle);
    throw error;
  }
}

function checkOwned(handle: number): void {
  const stat = fstatSync(handle);
  if (!stat.isFile() || stat.nlink !== 1) throw systemError('EISDIR', 'open');
}

function isStageName(stage: string): boolean {
  return nameFault(stage) === undefined && !stage.includes('/');
}
