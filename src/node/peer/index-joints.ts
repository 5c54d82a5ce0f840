/**
 * Where what a peer tells of a folder does not join on to what is kept of it, within one conversation: kept as if it did, it would pass for
 * all before it, and that would be asked for by nobody (R14).
 * @module
 */
export class IndexJoints {
  readonly #brokenOff = new Set<string>();
  readonly #early = new Set<string>();

  /** Another cluster config is sent: of a folder that it names no longer what was kept is forgotten, and more may be on its way. */
  offers(before: ReadonlySet<string> | undefined, now: ReadonlySet<string>): void {
    for (const id of before ?? []) if (!now.has(id)) this.#brokenOff.add(id);
  }

  /** A whole index comes. */
  begins(folderId: string): void {
    this.#brokenOff.delete(folderId);
  }

  /** Is it, where nothing is kept, the rest of an exchange that ended? All of it is told anew. A peer may begin with an update. */
  isRest(folderId: string, held: number): boolean {
    return held === 0 && this.#brokenOff.has(folderId);
  }

  /** It was told before the peer has said which index it is of, as a Syncthing may that has just begun to share. */
  tellsEarly(folderId: string): void {
    this.#early.add(folderId);
  }

  /** By now it has said so; was what it had told before that forgotten, as being of another index? */
  isForgotten(folderId: string, held: number): boolean {
    return this.#early.delete(folderId) && held === 0;
  }
}
