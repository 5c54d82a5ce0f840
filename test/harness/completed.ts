/**
 * The contents that a tree's only writers have completed: whatever else stands under a name is a partial file, or a mix.
 * @module
 */
import type { TreeSnapshot } from './snapshot.ts';

const CONFLICT_MARK = /\.sync-conflict-\d{8}-\d{6}-[A-Z0-9]+(?:-\d+)?(?=\.[^./]*$|$)/;

export class Completed {
  readonly #contents = new Map<string, Set<string>>();

  /** @param content its SHA-256 in hex. */
  add(name: string, content: string): void {
    const contents = this.#contents.get(name) ?? new Set();
    this.#contents.set(name, contents.add(content));
  }

  addTree(tree: TreeSnapshot): void {
    for (const [name, entry] of tree) if (entry.type === 'file') this.add(name, entry.content);
  }

  /** Files of a tree that hold anything else, or stand where the writer never put a file. A conflict copy has its name's contents. */
  strangersIn(tree: TreeSnapshot): string[] {
    return [...tree]
      .filter(([name, { type, content }]) => type === 'file' && !this.has(name, content))
      .map(([name, { sizeBytes }]) => `${JSON.stringify(name)}: ${sizeBytes} bytes that nobody completed`);
  }

  has(name: string, content: string): boolean {
    const contents = this.#contents.get(name) ?? this.#contents.get(name.replace(CONFLICT_MARK, ''));
    return contents?.has(content) === true;
  }
}
