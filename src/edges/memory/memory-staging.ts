/**
 * Staged files on a disk in memory.
 * @module
 */
import { blockBytes, blocksIn } from '../../core/model/block.ts';
import { blockHash, NO_BYTES, sameBytes } from '../../core/model/file-record.ts';
import { unfinishedCopyId } from '../../core/model/folder-path.ts';
import type { ReadJob, ResumeJob, Staged, StageJob, Trouble } from '../../ports/file-tree.ts';
import type { Inode } from './memory-disk.ts';
import { type MemoryFolder, nameTrouble, sha256, STAGING, trouble } from './memory-folder.ts';
import type { SeededChance } from './seeded-chance.ts';

const CRASH = { lost: 0.2, damaged: 0.3 } as const;

/** @throws DiskFault */
export function stage(folder: MemoryFolder, job: StageJob): Staged {
  const refused = stageTrouble(job.stage);
  if (refused !== undefined) return refused;
  const bytes = job.from === 'bytes' ? job.data : read(folder, { ...job, offset: job.sourceOffset });
  if (!(bytes instanceof Uint8Array)) return bytes;
  if (bytes.length !== job.bytes || !sameBytes(sha256(bytes), job.hash)) {
    return trouble('wrong-content', 'the bytes are not those of the block');
  }
  if (job.offset < 0 || job.offset + job.bytes > job.size) {
    return trouble('wrong-content', 'the block lies beyond the end of the file');
  }
  if (job.mustExist === true && folder.find(`${STAGING}/${job.stage}`) === undefined) {
    return trouble('absent', 'what was staged of it is gone');
  }
  if (folder.disk.freeBytes < job.size) return trouble('disk-full', 'no space left');
  const file = stagedFile(folder, job.stage, job.size);
  folder.disk.writingInPlace(file);
  file.content = file.content.slice();
  file.content.set(bytes, job.offset);
  return true;
}

/** One byte per block: 1 where the staged file holds the right bytes; no bytes if there is no such file. */
export function resume(folder: MemoryFolder, job: ResumeJob): Uint8Array {
  const staged = stageTrouble(job.stage) === undefined ? folder.find(`${STAGING}/${job.stage}`) : undefined;
  if (staged === undefined) return NO_BYTES;
  const right = new Uint8Array(blocksIn(job.size, job.blockSize));
  for (let index = 0; index < right.length; index += 1) {
    const offset = index * job.blockSize;
    const bytes = staged.content.subarray(offset, offset + blockBytes(job.size, job.blockSize, index));
    if (sameBytes(sha256(bytes), blockHash(job.blocks, index))) right[index] = 1;
  }
  return right;
}

export function unstage(folder: MemoryFolder, stages: readonly string[] | { keep: ReadonlySet<string> }): void {
  const there = [...(folder.find(STAGING)?.children.keys() ?? [])];
  const unwanted = 'keep' in stages ? there.filter((base) => !stages.keep.has(base)) : stages;
  for (const base of unwanted) if (there.includes(base)) folder.disk.unlink(folder.path(`${STAGING}/${base}`));
}

/** A disk in memory makes no copies of its own, so nothing notes them: only their age tells. */
export function removeUnfinished(folder: MemoryFolder, names: readonly string[], beforeMs: number): void {
  for (const name of names) {
    if (nameTrouble(name) !== undefined || unfinishedCopyId(name) === undefined) continue;
    const inode = folder.find(name);
    const isOld = inode !== undefined && inode.changedNs < BigInt(Math.floor(beforeMs)) * 1_000_000n;
    if (isOld && (inode.type === 'file' || inode.type === 'symlink')) folder.disk.unlink(folder.path(name));
  }
}

/** Makes a copy of `source` a staged file, in the place of one that has the name. @throws DiskFault */
export function stageCopy(folder: MemoryFolder, source: Inode, name: string): Staged {
  const refused = stageTrouble(name);
  if (refused !== undefined) return refused;
  if (source.type !== 'file') return trouble('not-a-file', 'it is not a regular file');
  if (folder.disk.freeBytes < source.content.length) return trouble('disk-full', 'no room for a copy');
  const file = stagedFile(folder, name, source.content.length);
  folder.disk.writingInPlace(file);
  file.content = source.content;
  return true;
}

/** Bytes of a regular file; fewer than wanted if it ends before. */
export function read(folder: MemoryFolder, { name, offset, bytes, hash }: ReadJob): Uint8Array | Trouble {
  const refused = nameTrouble(name);
  if (refused !== undefined) return refused;
  const inode = folder.find(name);
  if (inode === undefined) return trouble('absent', 'there is no such file');
  if (inode.type !== 'file') return trouble('not-a-file', 'it is not a regular file');
  const found = inode.content.slice(offset, offset + bytes);
  if (hash === undefined || sameBytes(sha256(found), hash)) return found;
  return trouble('wrong-content', 'the file has other bytes there now');
}

/** What a crash does to staged files, which nothing has made durable yet: some are gone, some lost part of their bytes. */
export function damageStaged(folder: MemoryFolder, chance: SeededChance): void {
  for (const [base, inode] of [...(folder.find(STAGING)?.children ?? [])]) {
    if (chance.happens(CRASH.lost)) folder.disk.unlink(folder.path(`${STAGING}/${base}`));
    else if (chance.happens(CRASH.damaged)) {
      inode.content = inode.content.slice().fill(0, chance.below(inode.content.length + 1));
    }
  }
}

/** The staged file of this name with this size: what is there is kept as far as it goes. */
function stagedFile(folder: MemoryFolder, name: string, size: number): Inode {
  const path = `${folder.ensure(STAGING)}/${name}`;
  const staged = folder.disk.find(path) ?? folder.disk.createFile(path, 0o600, new Uint8Array(size));
  if (staged.content.length !== size) {
    const content = new Uint8Array(size);
    content.set(staged.content.subarray(0, size));
    staged.content = content;
  }
  return staged;
}

function stageTrouble(name: string): Trouble | undefined {
  return (
    nameTrouble(name) ?? (name.includes('/') ? trouble('name-not-allowed', 'no name for a staged file') : undefined)
  );
}
