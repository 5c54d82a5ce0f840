/**
 * Copying a file's bytes, for the places where a rename or a link cannot reach.
 * @module
 */
import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readlinkSync,
  statfsSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { diskReserveBytes } from '../../core/pull/disk-reserve.ts';
import { PERMISSION_BITS } from '../../core/model/file-record.ts';
import { readFully } from './blocks.ts';
import { lookAt } from './look.ts';
import { writeFully } from './staging.ts';
import type { SystemCalls } from './system-calls.ts';
import { errorCode, systemError } from './trouble.ts';
import { O_SAFE, opened, pathOfHandle } from './walk.ts';

const PIECE_BYTES = 128 * 1024;
/** As stat(2) counts them. */
const BLOCK_BYTES = 512;

/**
 * Copies the content piece by piece; yields the bytes of each. Holes stay holes: else a sparse file of 1 GB takes 1 GB.
 * The target has to be new, or of zeros alone.
 */
export function* copyContent(from: number, to: number): Generator<number> {
  const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
  const zeros = Buffer.alloc(PIECE_BYTES);
  let offset = 0;
  for (;;) {
    const got = readFully(from, buffer, offset);
    if (got === 0) break;
    const piece = buffer.subarray(0, got);
    if (!piece.equals(zeros.subarray(0, got))) writeFully(to, piece, offset);
    offset += got;
    yield got;
  }
  ftruncateSync(to, offset);
}

/** How several files of one disk are copied. */
export interface CopyWay {
  /** `later`: whoever calls makes the copies durable. */
  readonly flush: 'at once' | 'later';
  /** Taken back once the disk has refused: to ask it again and again takes as long as the copies. */
  mayClone: boolean;
}

/**
 * Copies a file or symlink to a new path, durably, with its attributes. If that fails, nothing is left there; a kill leaves half of
 * it.
 * @throws Error EEXIST if something stands there; ENOSPC if it would take what is to stay free of the disk.
 */
export function copyEntry(
  from: string,
  to: string,
  system: SystemCalls,
  way: CopyWay = { flush: 'at once', mayClone: true },
): void {
  const look = lookAt(from);
  if (look === undefined) throw systemError('ENOENT', 'copy');
  if (look.type === 'symlink') {
    symlinkSync(readlinkSync(from, { encoding: 'buffer' }), to);
    return;
  }
  if (look.type !== 'file') throw systemError('EXDEV', 'copy'); // pipes and sockets cannot be copied
  opened(from, constants.O_RDONLY, (source) => {
    const isWhole = way.mayClone && isCloned(source, from, to);
    way.mayClone = isWhole;
    const target = isWhole ? openClone(to) : createFor(source, to);
    try {
      if (!isWhole) for (const _ of copyContent(source, target));
      const stat = fstatSync(source, { bigint: true });
      fchmodSync(target, Number(stat.mode) & PERMISSION_BITS);
      system.setModified(pathOfHandle(target, to), stat.mtimeNs);
      if (way.flush === 'at once') fsyncSync(target);
    } catch (error) {
      unlinkSync(to);
      throw error;
    } finally {
      closeSync(target);
    }
  });
}

/** Where the disk can, both share the bytes until one of them is written to: that takes neither time nor room. */
function isCloned(source: number, from: string, to: string): boolean {
  try {
    copyFileSync(pathOfHandle(source, from), to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw error;
    return false;
  }
}

function openClone(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | O_SAFE);
  } catch (error) {
    unlinkSync(path);
    throw error;
  }
}

function createFor(source: number, to: string): number {
  const { size, blocks } = fstatSync(source);
  const { bavail, bsize, blocks: all } = statfsSync(to.slice(0, to.lastIndexOf('/')));
  // Some file systems do not say how large they are.
  if (all > 0 && Math.min(size, blocks * BLOCK_BYTES) > bavail * bsize - diskReserveBytes(all * bsize)) {
    throw systemError('ENOSPC', 'copy');
  }
  return openSync(to, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | O_SAFE, 0o600);
}
