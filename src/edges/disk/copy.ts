/**
 * Copying a file's bytes, for the places where a rename or a link cannot reach.
 * @module
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readlinkSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { PERMISSION_BITS } from '../../core/model/file-record.ts';
import { readFully } from './blocks.ts';
import { lookAt } from './look.ts';
import { writeFully } from './staging.ts';
import type { SystemCalls } from './system-calls.ts';
import { systemError } from './trouble.ts';
import { O_SAFE, opened, pathOfHandle } from './walk.ts';

const PIECE_BYTES = 128 * 1024;

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

/**
 * Copies a file or symlink to a new path, durably, with its attributes. If that fails, nothing is left there.
 * @throws Error EEXIST if something stands there.
 */
export function copyEntry(from: string, to: string, system: SystemCalls): void {
  const look = lookAt(from);
  if (look === undefined) throw systemError('ENOENT', 'copy');
  if (look.type === 'symlink') {
    symlinkSync(readlinkSync(from, { encoding: 'buffer' }), to);
    return;
  }
  if (look.type !== 'file') throw systemError('EXDEV', 'copy'); // pipes and sockets cannot be copied
  opened(from, constants.O_RDONLY, (source) => {
    const target = openSync(to, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | O_SAFE, 0o600);
    try {
      for (const _ of copyContent(source, target));
      const stat = fstatSync(source, { bigint: true });
      fchmodSync(target, Number(stat.mode) & PERMISSION_BITS);
      system.setModified(pathOfHandle(target, to), stat.mtimeNs);
      fsyncSync(target);
    } catch (error) {
      unlinkSync(to); // half a file would pass for a version of the history
      throw error;
    } finally {
      closeSync(target);
    }
  });
}
