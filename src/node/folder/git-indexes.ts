/**
 * What the repositories in a folder track, by their indexes here: of the versions that were seen lately, for a checkout writes the new
 * index last, and what it has removed stands in the one before.
 * @module
 */
import { sameLook, type Look } from '../../core/model/file-record.ts';
import { joinName, parentOf } from '../../core/model/folder-path.ts';
import { readGitIndex, trackedNames, type GitIndex } from '../../core/scan/git-index.ts';
import { isTrouble, type FileTree } from '../../ports/file-tree.ts';

const DIRECTORY = '.git';
const INDEX = '.git/index';
/** With `core.splitIndex`. It may come from a peer later than the index that needs it. */
const SHARED = /(?:^|\/)\.git\/sharedindex\.[0-9a-f]+$/u;
/** A checkout, and what a person did just before and after it. */
const VERSIONS_MAX = 4;
/** The index of a repository with a hundred thousand files has a tenth of it. */
const BYTES_MAX = 128 * 1024 * 1024;
const READ_BYTES = 4 * 1024 * 1024;

interface Known {
  readonly look: Look;
  /** Names relative to the working tree; undefined if what stands there is no index. */
  readonly names: ReadonlySet<string> | undefined;
}

export class GitIndexes {
  readonly #files: Pick<FileTree, 'look' | 'read'>;
  /** By working tree; the newest first. */
  readonly #known = new Map<string, readonly Known[]>();
  readonly #waiting = new Set<string>();

  constructor(files: Pick<FileTree, 'look' | 'read'>) {
    this.#files = files;
  }

  /** A name was found, or has changed: if it is an index, it is read with the next {@link read}. @returns whether it is. */
  notice(name: string): boolean {
    const isIndex = name === INDEX || name.endsWith(`/${INDEX}`) || SHARED.test(name);
    if (isIndex) this.#waiting.add(parentOf(name).slice(0, -DIRECTORY.length).replace(/\/$/u, ''));
    return isIndex;
  }

  /** Reads those that may have changed; and of this working tree, if one is asked for. */
  async read(tree?: string): Promise<void> {
    if (tree !== undefined) this.#waiting.add(tree);
    const trees = [...this.#waiting];
    this.#waiting.clear();
    for (const each of trees) await this.#readOne(each);
  }

  /**
   * Does git track the name? Not if what stands in the place of the index is none.
   * @param isGone it may have been tracked: of an index that was seen in one version alone, nobody knows what stood in the one before.
   */
  tracks(tree: string, name: string, isGone: boolean): boolean {
    const known = this.#known.get(tree) ?? [];
    if (known[0]?.names === undefined) return false;
    if (isGone && known.length === 1) return true;
    const within = tree === '' ? name : name.slice(tree.length + 1);
    return known.some(({ names }) => names?.has(within) === true);
  }

  async #readOne(tree: string): Promise<void> {
    const name = joinName(tree, INDEX);
    const [look] = await this.#files.look([name]);
    if (look === undefined || isTrouble(look) || look.type !== 'file') return; // it is being written, or is gone with the repository
    const known = this.#known.get(tree) ?? [];
    if (known[0] !== undefined && sameLook(known[0].look, look)) return;
    const bytes = await this.#bytesOf(name, look.size);
    if (bytes === undefined) return;
    const index = readGitIndex(bytes);
    const shared = index?.shared && (await this.#sharedOf(tree, index.shared.file));
    if (index?.shared !== undefined && shared === undefined) return; // it is not here yet
    const version = { look, names: index && trackedNames(index, shared) };
    this.#known.set(tree, [version, ...known].slice(0, VERSIONS_MAX));
  }

  async #sharedOf(tree: string, file: string): Promise<GitIndex | undefined> {
    const name = joinName(tree, joinName(DIRECTORY, file));
    const [look] = await this.#files.look([name]);
    if (look === undefined || isTrouble(look) || look.type !== 'file') return undefined;
    const bytes = await this.#bytesOf(name, look.size);
    return bytes && readGitIndex(bytes);
  }

  async #bytesOf(name: string, size: number): Promise<Uint8Array | undefined> {
    if (size > BYTES_MAX) return undefined;
    const bytes = new Uint8Array(size);
    for (let offset = 0; offset < size; offset += READ_BYTES) {
      const part = Math.min(READ_BYTES, size - offset);
      const [read] = await this.#files.read([{ name, offset, bytes: part, hash: undefined }]);
      if (read === undefined || isTrouble(read) || read.length !== part) return undefined;
      bytes.set(read, offset);
    }
    return bytes;
  }
}
