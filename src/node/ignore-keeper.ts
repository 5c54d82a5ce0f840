/**
 * The folder's ignore patterns as they are now, and what a change of them means for the records.
 * @module
 */
import { NO_IGNORES, type IgnoreRules } from '../core/scan/ignore.ts';
import type { FileTree } from '../ports/file-tree.ts';
import type { FolderRecords } from '../ports/record-store.ts';
import { readIgnores } from './ignore-file.ts';

const PAGE = 1000;

export class IgnoreKeeper {
  readonly #tree: FileTree;
  readonly #records: FolderRecords;
  #rules: IgnoreRules = NO_IGNORES;

  constructor(tree: FileTree, records: FolderRecords) {
    this.#tree = tree;
    this.#records = records;
  }

  get rules(): IgnoreRules {
    return this.#rules;
  }

  /**
   * Reads the patterns. Names that are ignored no longer start anew, as if never heard of.
   * @throws LanfoldError `E_IGNORE_FILE`.
   */
  async load(): Promise<void> {
    this.#rules = await readIgnores(this.#tree);
    this.#forgetFreed();
  }

  #forgetFreed(): void {
    for (let after = ''; ;) {
      const page = this.#records.below('', after, PAGE);
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.record.name;
      const freed = page.filter(({ record }) => record.invalid && !this.#rules.match(record.name).ignored);
      if (freed.length > 0) this.#records.forgetLocal(freed.map(({ record }) => record.name));
    }
  }
}
