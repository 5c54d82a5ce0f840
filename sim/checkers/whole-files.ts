/**
 * I4: a name in the folder only ever holds a content that some person completed, or that a person had there in the middle of
 * writing on that very node.
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
  readonly #damaged = new Set<string>();

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
    this.writing(node, content);
    this.#damaged.add(this.#keys.of(content));
  }

  /** A person gave a file another name: what a power cut left of it is what this person has. */
  moved(content: Uint8Array): void {
    if (this.#damaged.has(this.#keys.of(content))) this.completed(content);
  }

  disk(node: string, snapshot: Snapshot): void {
    for (const { name, inode } of snapshot.visible) {
      if (inode.type !== 'file') continue;
      const key = this.#keys.of(inode.content);
      if (this.#completed.has(key) || this.#written.has(`${node} ${key}`)) continue;
      this.#report({ rule: 'I4', text: `${name} on ${node} holds ${excerpt(inode.content)}, which nobody completed` });
    }
  }
}
