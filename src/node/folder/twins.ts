/**
 * Does the content of a file stay here under another name? Then it was moved, or copied before, and is not lost.
 *
 * For one question about many names: a content is looked for once, however many files have it (a licence, a stub), so that a
 * directory with thousands of them may be renamed. What is said to stay is asked for again, and what did not counts as lost.
 * @module
 */
import type { FileRecord } from '../../core/model/file-record.ts';
import type { FolderContext } from './folder-context.ts';

/** Most contents have no more; to read all is dear. */
const FEW = 20;
/** Of more files with the same content some are not asked for: then too many count as lost, never too few. */
const TWINS_MAX = 5000;

type TwinsContext = Pick<FolderContext, 'digest'> & {
  readonly records: Pick<FolderContext['records'], 'filesWithBlocks'>;
};

export class Twins {
  readonly #context: TwinsContext;
  readonly #stays: (name: string, file: FileRecord) => boolean;
  /** Of contents that many files have, by block size and hash of the blocks: a name that stays. */
  readonly #known = new Map<string, string | undefined>();

  /** @param stays is this one, which has the content of the file, one of the names that stay? The file itself is none. */
  constructor(context: TwinsContext, stays: (name: string, file: FileRecord) => boolean) {
    this.#context = context;
    this.#stays = stays;
  }

  hasOne(file: FileRecord): boolean {
    const key = `${file.blockSize} ${this.#context.digest(file.blocks).join(',')}`;
    const known = this.#known.get(key);
    if (known === undefined ? this.#known.has(key) : this.#stays(known, file)) return known !== undefined;
    const few = this.#twinsOf(file, FEW);
    if (few.some((name) => this.#stays(name, file))) return true;
    if (few.length < FEW) return false;
    const found = this.#twinsOf(file, TWINS_MAX).find((name) => this.#stays(name, file));
    this.#known.set(key, found);
    return found !== undefined;
  }

  #twinsOf({ blocks, blockSize }: FileRecord, limit: number): string[] {
    return this.#context.records.filesWithBlocks(blocks, blockSize, limit).map(({ record }) => record.name);
  }
}
