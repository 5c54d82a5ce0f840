/**
 * A little of the disk, taken while there is plenty and given up when it is full. A delete of a peer moves the file into the
 * history, and that needs new directories; without this a full disk could not even be told what to let go of.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { constants, ftruncateSync, lstatSync, statfsSync, unlinkSync } from 'node:fs';
import { OWN_DIRECTORY } from '../../core/model/folder-path.ts';
import { writeFully } from './staging.ts';
import { guarded } from './trouble.ts';
import { opened, type Walk } from './walk.ts';

const SPARE = `${OWN_DIRECTORY}/spare`;
/** Room for some 250 directories. */
const SPARE_BYTES = 1024 * 1024;
/** On a disk with less than this the user wants the last megabyte, too. */
const FREE_BYTES_MIN = 16 * 1024 * 1024;

/** Sees to it that there is one, if there is room. What fails is tried again with the next batch. */
export function keepSpare(walk: Walk): void {
  guarded(() => {
    const own = walk.directory(OWN_DIRECTORY);
    const path = walk.path(SPARE);
    if (own === undefined || path === undefined) return;
    if (lstatSync(path, { throwIfNoEntry: false })?.size === SPARE_BYTES) return;
    const { bavail, bsize } = statfsSync(own);
    if (bavail * bsize < FREE_BYTES_MIN) return;
    opened(path, constants.O_WRONLY | constants.O_CREAT, (handle) => {
      ftruncateSync(handle, 0);
      // Random, for a disk that packs what it holds.
      writeFully(handle, randomBytes(SPARE_BYTES), 0);
    });
  });
}

/** @returns false if there is none. */
export function spendSpare(walk: Walk): boolean {
  return guarded(() => unlinkSync(walk.path(SPARE) ?? '')) === undefined;
}
