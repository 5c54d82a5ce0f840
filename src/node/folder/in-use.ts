/**
 * Files that a program holds open for writing: they are listed, or nobody would know what the folder waits for. At once where peers
 * have another version; else only when it takes its time, for every program that saves a file holds it open for a moment.
 * @module
 */
import { lacks } from '../../core/index/newest.ts';
import type { FolderContext } from './folder-context.ts';
import { IN_USE_TEXT } from './placing.ts';

const IN_USE = 'in-use';

const UNTOLD_TEXT = 'A program on this computer holds it open for writing: the others get it once that has ended';

/** It is not looked at closer before the program has ended. */
export function listInUse({ records, problems }: FolderContext, name: string, isLate: boolean): void {
  if (lacks(records.local(name)?.record, records.newest(name))) problems.set(name, IN_USE, IN_USE_TEXT, 'wanted');
  else if (isLate) problems.set(name, IN_USE, UNTOLD_TEXT, 'found');
}

/** The program that kept a peer's version from being put in place, or this one from being told, may have ended. */
export function letGo(context: FolderContext, name: string): void {
  const { records, problems } = context;
  if (problems.of(name)?.reason !== IN_USE) return;
  if (lacks(records.local(name)?.record, records.newest(name))) context.pullSoon();
  else problems.clear(name);
}
