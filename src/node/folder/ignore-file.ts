/**
 * Reads a folder's `.stignore`, and the files that it includes, from the disk.
 * @module
 */
import { LanfoldError } from '../../core/errors.ts';
import { IGNORE_FILE } from '../../core/model/folder-path.ts';
import { NO_IGNORES, parseIgnores, type IgnoreRules } from '../../core/scan/ignore.ts';
import { fromUtf8 } from '../../core/text.ts';
import { isTrouble, type FileTree } from '../../ports/file-tree.ts';

/** More patterns than anybody writes; a bound for what is read into memory. */
const IGNORE_BYTES_MAX = 4 * 1024 * 1024;
const INCLUDES_MAX = 100;

export interface ReadIgnores {
  readonly rules: IgnoreRules;
  /** By name, of the file and of all that it includes; undefined where there is none. */
  readonly texts: ReadonlyMap<string, string | undefined>;
}

/**
 * @throws LanfoldError `E_IGNORE_FILE` when a pattern is wrong or a file cannot be read: syncing with half of the patterns
 * would send what the user keeps back.
 */
export async function readIgnores(tree: FileTree): Promise<ReadIgnores> {
  const texts = new Map<string, string | undefined>([[IGNORE_FILE, await readText(tree, IGNORE_FILE)]]);
  const main = texts.get(IGNORE_FILE);
  if (main === undefined) return { rules: NO_IGNORES, texts };
  for (;;) {
    let missing: string | undefined;
    const rules = parseIgnores(IGNORE_FILE, main, (path) => {
      if (!texts.has(path)) missing ??= path;
      return texts.get(path);
    });
    if (missing === undefined || texts.size > INCLUDES_MAX) {
      if ('fault' in rules) throw new LanfoldError('E_IGNORE_FILE', { subject: rules.fault });
      return { rules, texts };
    }
    texts.set(missing, await readText(tree, missing));
  }
}

async function readText(tree: FileTree, name: string): Promise<string | undefined> {
  const [read] = await tree.read([{ name, offset: 0, bytes: IGNORE_BYTES_MAX, hash: undefined }]);
  if (read === undefined || (isTrouble(read) && read.trouble === 'absent')) return undefined;
  if (isTrouble(read)) throw new LanfoldError('E_IGNORE_FILE', { subject: `"${name}": ${read.detail}` });
  try {
    return fromUtf8(read);
  } catch (cause) {
    throw new LanfoldError('E_IGNORE_FILE', { subject: `"${name}" is not UTF-8 text`, cause });
  }
}
