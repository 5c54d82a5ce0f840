/**
 * lanfold as it is installed: plain JavaScript, for tests that measure how soon something happens. (Node takes longer to strip
 * the types of all files than lanfold takes to find a peer.)
 * @module
 */
import { copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

export class BuiltLanfold implements Disposable {
  /** Inside the repository, so that its packages are found. */
  readonly #directory: string;

  constructor() {
    mkdirSync(join(ROOT, 'tmp'), { recursive: true });
    this.#directory = mkdtempSync(join(ROOT, 'tmp', 'built-'));
    for (const path of globSync('src/**/*.ts', { cwd: ROOT, exclude: ['**/*.test.ts'] })) {
      const target = join(this.#directory, path.replace(/^src/, 'dist').replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(
        target,
        stripTypeScriptTypes(readFileSync(join(ROOT, path), 'utf8')).replaceAll(
          /(['`]\.[^'`\n]*)\.ts(['`])/g,
          '$1.js$2',
        ),
      );
    }
    copyFileSync(join(ROOT, 'package.json'), join(this.#directory, 'package.json'));
  }

  /** The command line's entry file. */
  get main(): string {
    return join(this.#directory, 'dist', 'cli', 'main.js');
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
