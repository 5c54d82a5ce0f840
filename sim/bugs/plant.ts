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

/** A file of the bug's with the bug in it. Throws when a snippet is not there exactly once: then the product has moved on. */
export function withBug({ name, file, find, replace, also = [] }: PlantedBug, of: string, source: string): string {
  const edits = [{ file, find, replace }, ...also].filter((edit) => (edit.file ?? file) === of);
  return withEdits(`"${name}" in ${of}`, edits, source);
}

/** The source files that it changes. */
export function filesOf({ file, also = [] }: PlantedBug): string[] {
  return [...new Set([file, ...also.map((edit) => edit.file ?? file)])];
}

export function sourceOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** From now on this process has the bug. Source files that are loaded already do not change any more. */
export function plant(bug: PlantedBug): void {
  const buggy = new Map(filesOf(bug).map((file) => [pathToFileURL(join(ROOT, file)).href, file]));
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const file = buggy.get(url);
      if (file === undefined) return loaded;
      // Node strips the types of a module-typescript only after the last hook, so this is the source as it was written.
      return { ...loaded, source: withBug(bug, file, Buffer.from(loaded.source as Uint8Array).toString()) };
    },
  });
}
