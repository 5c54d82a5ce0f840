/**
 * What stands there in another Unicode form, and could not be given its normal form yet, is not gone (SPEC N6).
 * @module
 */
import { joinName, parentOf } from '../../core/model/folder-path.ts';
import { isTrouble, type FileTree } from '../../ports/file-tree.ts';

/** Only such a name has other forms, but for three signs of their own (of Kelvin, say) that nobody types for a K. */
const HAS_FORMS = /[^\p{ASCII}]/u;

const NONE: ReadonlySet<string> = new Set();

/** Those of the names, none of which is there, that stand there in another form, or are below a directory that does. */
export async function inOtherForm(tree: FileTree, names: readonly string[]): Promise<Set<string>> {
  const kept = new Map<string, ReadonlySet<string> | undefined>();
  const othersIn = async (directory: string): Promise<ReadonlySet<string> | undefined> => {
    if (!kept.has(directory)) kept.set(directory, await listOthers(tree, directory));
    return kept.get(directory);
  };
  const found = new Set<string>();
  for (const name of names) {
    let others: ReadonlySet<string> | undefined;
    // Up to the first name above that is there: also where its disk lists it in another form.
    for (let at = name; HAS_FORMS.test(at) && others === undefined; at = parentOf(at)) {
      others = await othersIn(parentOf(at));
      if (others?.has(at) === true) found.add(name);
    }
  }
  return found;
}

/** The normal forms of the names in a directory that are not in it; undefined if nothing is there. */
async function listOthers(tree: FileTree, directory: string): Promise<ReadonlySet<string> | undefined> {
  const listing = await tree.list(directory);
  if (listing === undefined) {
    const [look] = await tree.look([directory]);
    return look === undefined ? undefined : NONE; // what was in it went when it became something else
  }
  const entries = isTrouble(listing) ? [] : listing.entries;
  const others = entries.filter(({ base }) => base.normalize('NFC') !== base);
  return new Set(others.map(({ base }) => joinName(directory, base.normalize('NFC'))));
}
