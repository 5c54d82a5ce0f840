/**
 * Is the folder's root the folder that it was? A key lies in the folder and in the records; while they differ, or the root is
 * gone, nothing is scanned, pulled or deleted (R13).
 * @module
 */
import { LanfoldError } from '../../core/errors.ts';
import type { Chance } from '../../ports/chance.ts';
import type { FileTree } from '../../ports/file-tree.ts';
import type { Log } from '../../ports/log.ts';
import type { FolderRecords } from '../../ports/record-store.ts';

const AWAY: ReadonlySet<string> = new Set([
  'E_FOLDER_MISSING',
  'E_FOLDER_SWAPPED',
  'E_FOLDER_NOT_A_DIRECTORY',
  'E_FOLDER_UNREADABLE',
]);
/** A root that is gone is looked for so often. */
export const ROOT_CHECK_MS = 5000;

/** Set in a folder's notes while its records were made anew and no peer has been heard yet. */
export const PROVISIONAL = 'provisional';

/**
 * Takes the root into use: marks a new one, checks a known one.
 * @throws LanfoldError when the root is not usable, or not the folder that the records are about.
 */
export async function takeRoot(root: string, tree: FileTree, records: FolderRecords, chance: Chance): Promise<void> {
  const known = records.folderKey();
  if (known !== undefined) return checkRoot(root, tree, records);
  const fresh = [...chance.bytes(16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const state = await tree.check(fresh);
  if (state !== 'unmarked' && state !== 'other-folder') throw rootError(root, state);
  await tree.mark(fresh);
  // It was a folder of ours before, and the records of it are lost: what stands here may be old (SPEC E5).
  if (state === 'other-folder') records.setNote(PROVISIONAL, 'yes');
  records.setFolderKey(fresh);
}

/** @throws LanfoldError unless the root is the folder that the records are about. */
export async function checkRoot(root: string, tree: FileTree, records: FolderRecords): Promise<void> {
  const state = await tree.check(records.folderKey() ?? '');
  if (state !== 'ok') throw rootError(root, state);
}

/** Was the root gone, or something else in its place? Then nobody knows what was done to its disk meanwhile. */
export function isAway({ code }: LanfoldError): boolean {
  return AWAY.has(code);
}

/** Why a root could not be taken into use, in lanfold's words. */
export function unusable(root: string, cause: unknown): LanfoldError {
  if (cause instanceof LanfoldError) return cause;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new LanfoldError('E_DISK_FULL', { subject: root, cause });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new LanfoldError('E_FOLDER_UNREADABLE', { subject: root, cause });
  return new LanfoldError('E_FOLDER_FAILED', { subject: root, cause });
}

/** Why a folder stops, also on what nobody foresaw. */
export function reasonToStop(id: string, reason: unknown, log: Log): LanfoldError {
  const error =
    reason instanceof LanfoldError ? reason : new LanfoldError('E_FOLDER_FAILED', { subject: id, cause: reason });
  const cause = error.cause instanceof Error ? error.cause.stack : undefined;
  log.warn({ folder: id, code: error.code, cause }, error.message);
  return error;
}

function rootError(root: string, state: Awaited<ReturnType<FileTree['check']>>): LanfoldError {
  switch (state) {
    case 'missing':
      return new LanfoldError('E_FOLDER_MISSING', { subject: root });
    case 'not-a-directory':
      return new LanfoldError('E_FOLDER_NOT_A_DIRECTORY', { subject: root });
    case 'unreadable':
      return new LanfoldError('E_FOLDER_UNREADABLE', { subject: root });
    case 'ok':
    case 'unmarked':
    case 'other-folder':
      return new LanfoldError('E_FOLDER_SWAPPED', { subject: root });
  }
}
