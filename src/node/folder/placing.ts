/**
 * What the disk is asked to do for a version, and what people are told when it refuses.
 * @module
 */
import { sameBytes, sameLook, type FileRecord, type LocalRecord } from '../../core/model/file-record.ts';
import { isTrouble, type Change, type Displace, type FileTree, type Trouble } from '../../ports/file-tree.ts';
import { TAKEN_TEXT } from './taken-names.ts';

export const STAGED_REMOVED_TEXT = 'Another program removes what was fetched of it already';
export const IN_USE_TEXT = 'A program on this computer holds it open for writing: it waits until that has ended';
export const FULL_TEXT = 'The disk is full';

export function installation(
  newest: FileRecord,
  local: LocalRecord | undefined,
  stage: string,
  displace: Displace,
): Change {
  const { name, modifiedNs, symlinkTarget: target } = newest;
  const expected = local?.look;
  const permissions = newest.noPermissions ? undefined : newest.permissions;
  switch (newest.type) {
    case 'directory':
      return { change: 'directory', name, permissions, expected, displace };
    case 'symlink':
      return { change: 'symlink', name, target, expected, displace };
    case 'file':
      return { change: 'file', name, stage, permissions, modifiedNs, expected, displace };
  }
}

export function attributesOf(newest: FileRecord, local: LocalRecord | undefined): Change {
  const { name, modifiedNs } = newest;
  const permissions = newest.noPermissions ? undefined : newest.permissions;
  if (newest.type === 'directory') {
    return { change: 'directory', name, permissions, expected: local?.look, displace: { to: 'history' } };
  }
  return { change: 'attributes', name, permissions, modifiedNs, expected: local?.look };
}

/** The same bytes, hashed in blocks of another size, are no conflict (SPEC M1). */
export async function hasSameBytes(
  tree: FileTree,
  { name, size, blockSize, blocks }: FileRecord,
  local: LocalRecord | undefined,
): Promise<boolean> {
  if (local?.look === undefined || local.record.size !== size || local.record.blockSize === blockSize) return false;
  const [hashed] = await tree.hash([{ name, blockSizeBefore: blockSize }]);
  if (hashed === undefined || isTrouble(hashed) || !sameLook(hashed.after, local.look)) return false;
  return sameLook(hashed.before, hashed.after) && hashed.blockSize === blockSize && sameBytes(hashed.blocks, blocks);
}

export function sentence(trouble: Trouble): string {
  const said: Partial<Record<Trouble['trouble'], string>> = {
    denied: 'lanfold is not allowed to write it here',
    'disk-full': FULL_TEXT,
    'read-only': 'The disk is read-only',
    'not-mounted': 'Its disk is not mounted',
    'name-not-allowed': 'This disk does not allow the name',
    'no-history':
      'What it replaces has no place to go: ".lanfold/history" is no directory here. Move that away, and it goes on',
    exists: TAKEN_TEXT,
    'in-use': IN_USE_TEXT,
  };
  return said[trouble.trouble] ?? `The disk failed: ${trouble.detail}`;
}
