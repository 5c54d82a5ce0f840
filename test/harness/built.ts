/**
 * lanfold's command line as it is installed, for tests that measure how soon something happens. (Node takes longer to strip the
 * types of all files than lanfold takes to find a peer.)
 * @module
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleCommand } from '../../tools/bundle.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export class BuiltLanfold implements Disposable {
  /** Inside the repository, so that its packages are found. */
  readonly #directory: string;

  constructor() {
    mkdirSync(join(ROOT, 'tmp'), { recursive: true });
    this.#directory = mkdtempSync(join(ROOT, 'tmp', 'built-'));
    bundleCommand(join(this.#directory, 'dist', 'command'));
    copyFileSync(join(ROOT, 'package.json'), join(this.#directory, 'package.json'));
  }

  /** The command line's entry file. */
  get main(): string {
    return join(this.#directory, 'dist', 'command', 'main.js');
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
