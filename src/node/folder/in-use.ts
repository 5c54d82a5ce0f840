/**
 * Files that a program holds open for writing while peers have another version: they are listed, or nobody would know what the
 * folder waits for.
 * @module
 */
import { lacks } from '../../core/index/newest.ts';
import type { FolderContext } from './folder-context.ts';
import { IN_USE_TEXT } from './placing.ts';

const IN_USE = 'in-use';

/** It is not looked at closer before the program has ended. */
export function listInUse({ records, problems }: FolderContext, name: string): void {
  if (!lacks(records.local(name)?.record, records.newest(name))) return;
  problems.set(name, IN_USE, IN_USE_TEXT, 'wanted');
}

/** The program that kept a peer's version from being put in place may have ended. */
export function letGo(context: FolderContext, name: string): void {
  if (context.problems.of(name)?.reason === IN_USE) context.pullSoon();
}
