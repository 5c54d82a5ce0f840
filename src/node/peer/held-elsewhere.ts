/**
 * What waits for a person at other computers, so that people at all of them know of it, and where to say yes or no.
 * @module
 */
import { writeHeld, type HeldFact } from '../../core/wire/held.ts';
import type { Folder } from '../folder/folder.ts';
import type { Problem } from '../folder/problems.ts';
import type { Link } from './link.ts';

export const HELD_ELSEWHERE = 'held-elsewhere';

/** Tells one lanfold what waits for a person here: all of it, whenever it has changed. */
export class HeldTeller {
  readonly #link: Pick<Link, 'send'>;
  #told = '[]'; // nothing, as long as nothing was said

  constructor(link: Pick<Link, 'send'>) {
    this.#link = link;
  }

  /** @param folders that are shared with it. */
  tell(folders: readonly Folder[]): void {
    const facts = folders.flatMap(({ held }) => held);
    const told = JSON.stringify(facts);
    if (told === this.#told) return;
    this.#told = told;
    this.#link.send('Ping', { held: writeHeld(facts) });
  }
}

/** What a folder's status says of the peers that share it. */
export function heldElsewhere(
  folderId: string,
  peers: readonly { readonly id: string; readonly name: string | undefined; readonly held: readonly HeldFact[] }[],
): Problem[] {
  return peers.flatMap(({ id, name, held }) =>
    held
      .filter(({ folder }) => folder === folderId)
      .map((fact) => ({ name: '', reason: HELD_ELSEWHERE, text: sentence(name ?? id.slice(0, 7), fact) })),
  );
}

function sentence(where: string, { kind, count }: HeldFact): string {
  const what = {
    'deletes-here': `${where} holds the deletes of ${count} files that are gone there`,
    'deletes-by-peers': `${where} holds ${count} deletes that other computers made`,
    'replacements-by-peers': `${where} holds replacements of ${count} files that other computers made`,
  } as const;
  return `${what[kind]}. There, say "lanfold approve" if that is meant, or "lanfold approve --undo"`;
}
