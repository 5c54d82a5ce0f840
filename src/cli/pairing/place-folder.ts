/**
 * A folder that another device offers: where the person wants it, and what happens to files that are there already.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { JoinPreview } from '../../index.ts';
import type { Ask } from '../asking.ts';
import type { Output } from '../output.ts';
import { countedText, countText, printable } from '../render.ts';
import type { Terminal } from '../terminal.ts';
import { usageError } from '../usage.ts';
import { contentOf, shownPath, typedTarget } from './target.ts';

export interface PlaceOptions {
  /** Nobody to ask: undefined. */
  readonly terminal?: Terminal;
  /** Go on without asking, also where there are files already. */
  readonly yes?: boolean;
  readonly signal: AbortSignal;
}

export interface Suggestion {
  readonly label: string;
  /** What is known of its content, ` (3 files, 1 MB)`; else empty. */
  readonly about: string;
  readonly path: string;
  /** The person has said it already. */
  readonly isGiven: boolean;
}

export interface Placed {
  readonly id: string;
  readonly path: string;
}

/** @returns where a folder is to be put; undefined when the person does not want it. */
export async function placeOf(
  { label, about, path, isGiven }: Suggestion,
  output: Output,
  { terminal, yes, signal }: PlaceOptions,
): Promise<string | undefined> {
  if (terminal === undefined || yes === true || isGiven) {
    output.done({ type: 'placed', label, path }, `Its folder "${printable(label)}" goes to ${shownPath(path)}`);
    return path;
  }
  const where = printable(shownPath(path));
  const typed = await terminal.ask(
    `Put its folder "${printable(label)}"${about} in ${where}? [Enter = yes, or type a path, n = no] `,
    { signal },
  );
  if (typed === undefined || /^no?$/i.test(typed)) return undefined;
  return typed === '' || /^y(?:es)?$/i.test(typed) ? path : typedTarget(typed);
}

export function hasFiles({ path }: Placed): boolean {
  return contentOf(path) > 0;
}

/**
 * Shows what will happen to the files that are there already, if a folder that is held joins.
 * @returns false when the person does not want that: the caller takes the folder away again.
 */
export async function isAgreed(
  ask: Ask,
  output: Output,
  { id, path }: Placed,
  options: PlaceOptions,
): Promise<boolean> {
  const { terminal, yes, signal } = options;
  let preview: JoinPreview | null = null;
  while (preview === null) {
    preview = await ask('join.preview', { id });
    signal.throwIfAborted();
    if (preview === null) await delay(0);
  }
  output.done({ type: 'preview', folder: id, ...preview }, previewText(path, preview));
  if (yes === true) return true;
  if (terminal === undefined) throw usageError('there are files already; say --yes to go on without being asked');
  const typed = await terminal.ask('Go on? [Y/n] ', { signal });
  return typed !== undefined && !/^no?$/i.test(typed);
}

function previewText(path: string, { same, onlyHere, onlyThere, different }: JoinPreview): string {
  const parts = [
    `Same: ${countText(same)}.`,
    `Only here: ${countText(onlyHere)} (will be sent).`,
    `Only there: ${countText(onlyThere)} (will be brought).`,
    `Different: ${countText(different)} (both kept).`,
  ];
  const here = countedText(same + onlyHere + different, 'file');
  return `${shownPath(path)} has ${here} already. ${parts.join(' ')} Nothing is overwritten or deleted.`;
}
