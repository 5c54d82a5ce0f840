/**
 * Puts a planted bug into this process: one source file is another one when it is loaded. It has to be called before that
 * file is imported, so whoever plants a bug imports the product only afterwards.
 * @module
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withEdits, type PlantedBug } from './planted-bug.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The file with the bug in it. Throws when a snippet is not there exactly once: then the product has moved on. */
export function withBug({ name, file, find, replace, also = [] }: PlantedBug, source: string): string {
  return withEdits(`"${name}" in ${file}`, [{ find, replace }, ...also], source);
}

export function sourceOf({ file }: PlantedBug): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** From now on this process has the bug. Source files that are loaded already do not change any more. */
export function plant(bug: PlantedBug): void {
  const buggy = pathToFileURL(join(ROOT, bug.file)).href;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (url !== buggy) return loaded;
      // Node strips the types of a module-typescript only after the last hook, so this is the source as it was written.
      return { ...loaded, source: withBug(bug, Buffer.from(loaded.source as Uint8Array).toString()) };
    },
  });
}
