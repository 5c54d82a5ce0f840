/**
 * Disks that take no case for a difference: there a name that is asked for is found under another spelling. To the folder that is
 * another name. Were `README` taken for present where `Readme` stands, the two would be told as one content, and one of them
 * replaced on every other machine.
 * @module
 */
import { lstatSync, readdirSync } from 'node:fs';
import { guarded } from './trouble.ts';

/**
 * Does the entry that was found under this name have another name, which differs in case alone?
 *
 * Costs one more look at a disk that knows case. At one that does not, the directory has to be listed, for no call of Node's
 * gives the name of an entry. Only what a listing proves counts: in doubt the entry has the name that it was found by.
 */
export function isSpelledOtherwise(directory: string, base: string): boolean {
  const twin = otherSpelling(base);
  if (twin === undefined) return false;
  const answer = guarded(() => {
    if (lstatSync(`${directory}/${twin}`, { throwIfNoEntry: false }) === undefined) return false;
    const wanted = base.normalize('NFC'); // some disks list names decomposed, however they were made
    const names = readdirSync(directory).map((name) => name.normalize('NFC'));
    return !names.includes(wanted) && names.some((name) => name.toLowerCase() === wanted.toLowerCase());
  });
  return answer === true;
}

/** The name with another case of its first letter that has two; undefined if it has none. */
function otherSpelling(base: string): string | undefined {
  for (const { 0: letter, index } of base.matchAll(/\p{Lu}|\p{Ll}/gu)) {
    const lower = letter.toLowerCase();
    const other = lower === letter ? letter.toUpperCase() : lower;
    if (other === letter || other.length !== letter.length) continue; // ß has no other case of one letter
    return base.slice(0, index) + other + base.slice(index + letter.length);
  }
  return undefined;
}
