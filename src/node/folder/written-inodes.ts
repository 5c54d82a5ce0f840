/**
 * Files that were written shortly before a stop, by inode: a person may have moved one before it was looked at.
 * @module
 */
import { sameBytes, type LocalRecord, type Look } from '../../core/model/file-record.ts';

export class WrittenInodes {
  readonly #digest: (bytes: Uint8Array) => Uint8Array;
  readonly #byInode = new Map<bigint, { readonly modifiedNs: bigint; readonly blocksHash: Uint8Array }>();

  /** @param digest SHA-256. */
  constructor(digest: (bytes: Uint8Array) => Uint8Array) {
    this.#digest = digest;
  }

  /** Of those before nothing is said any more. */
  set(written: readonly LocalRecord[]): void {
    this.#byInode.clear();
    for (const { record, look } of written) {
      if (look === undefined) continue;
      this.#byInode.set(look.inode, { modifiedNs: look.modifiedNs, blocksHash: this.#digest(record.blocks) });
    }
  }

  /** Its bytes are what was written: from now on others under this inode are somebody's doing, whatever time they have. */
  proven({ inode }: Look): void {
    this.#byInode.delete(inode);
  }

  /** Has the file lost what it had under another name, though nobody has written to it since? */
  hasLost({ inode, modifiedNs, size }: Look, blocksHash: Uint8Array): boolean {
    const written = this.#byInode.get(inode);
    if (written === undefined || sameBytes(written.blocksHash, blocksHash)) return false;
    // What is emptied may have the time at which it was made.
    return modifiedNs === written.modifiedNs || (size === 0 && modifiedNs < written.modifiedNs);
  }
}
