/**
 * I4: a name in the folder only ever holds a content that some person completed, or that a person is in the middle of writing on that
 * very node.
 * @module
 */
import { type ContentKeys, excerpt } from './content-key.ts';
import type { Snapshot } from './snapshot.ts';
import type { Report } from './violation.ts';

export class WholeFiles {
  readonly #keys: ContentKeys;
  readonly #report: Report;
  readonly #completed = new Set<string>();
  /** `<node> <content>` */
  readonly #written = new Set<string>();
  /** By node. */
  readonly #damaged = new Map<string, Set<string>>();

  constructor(keys: ContentKeys, report: Report) {
    this.#keys = keys;
    this.#report = report;
  }

  completed(content: Uint8Array): void {
    this.#completed.add(this.#keys.of(content));
  }

  writing(node: string, content: Uint8Array): void {
    this.#written.add(`${node} ${this.#keys.of(content)}`);
  }

  /** A power cut left this of a file, and the node can tell. */
  damaged(node: string, content: Uint8Array): void {
    const known = this.#damaged.get(node) ?? new Set<string>();
    this.#damaged.set(node, known.add(this.#keys.of(content)));
  }

  /** Nothing is left at the node that says what was damaged: it is what the files hold. */
  lostRecords(node: string): void {
    for (const key of this.#damaged.get(node) ?? []) this.#completed.add(key);
  }

  /** A person gave a file another name: what a power cut left of it is what this person has. */
  moved(node: string, content: Uint8Array): void {
    const key = this.#keys.of(content);
    if (this.#damaged.get(node)?.has(key) === true) this.#completed.add(key);
  }

  disk(node: string, snapshot: Snapshot): void {
    for (const { name, inode } of snapshot.visible) {
      if (inode.type !== 'file') continue;
      const key = this.#keys.of(inode.content);
      const isBeingWritten = inode.writers > 0 && this.#written.has(`${node} ${key}`);
      if (this.#completed.has(key) || isBeingWritten || this.#damaged.get(node)?.has(key) === true) continue;
      this.#report({ rule: 'I4', text: `${name} on ${node} holds ${excerpt(inode.content)}, which nobody completed` });
    }
  }
}
