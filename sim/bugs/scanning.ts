/**
 * Bugs of looking at the folder: what is a change, and when is it one.
 * @module
 */
import type { PlantedBug } from './planted-bug.ts';

export const SCANNING: readonly PlantedBug[] = [
  {
    name: 'echo',
    what: 'what was received is taken for an own change and sent back (the first bug of the seed)',
    file: 'src/node/folder/inspector.ts',
    find: 'const finding = judge(name, local, newest, seen,',
    replace: 'const finding = judge(name, undefined, undefined, seen,',
    breaks: 'I3',
    foundBy: { seeds: 100 },
  },
  {
    name: 'unsettled',
    what: 'a file is announced as soon as it appears, while it is still being written (the second bug of the seed)',
    file: 'src/node/folder/inspector.ts',
    find: 'if (files.length === 0) return [...files];',
    replace: 'return [...files];',
    breaks: 'S1',
    foundBy: { seeds: 100 },
  },
];
