/**
 * Does the content of a file stay here under another name? Then it was moved, or copied before, and is not lost.
 *
 * For one question about many names, between which nothing changes: a content is looked for once, however many files have it (a
 * licence, a stub), so that a directory with thousands of them may be renamed.
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
  readonly #stays: (name: string) => boolean;
  /** By block size and hash of the blocks. */
  readonly #known = new Map<string, boolean>();

  /** @param stays is this one of the names that stay? The file itself is none. */
  constructor(context: TwinsContext, stays: (name: string) => boolean) {
    this.#context = context;
    this.#stays = stays;
  }

  hasOne({ blocks, blockSize }: FileRecord): boolean {
    const key = `${blockSize} ${this.#context.digest(blocks).join(',')}`;
    const known = this.#known.get(key) ?? (this.#isAmong(blocks, blockSize, FEW) || this.#isAmong(blocks, blockSize));
    this.#known.set(key, known);
    return known;
  }

  #isAmong(blocks: Uint8Array, blockSize: number, limit = TWINS_MAX): boolean {
    const twins = this.#context.records.filesWithBlocks(blocks, blockSize, limit);
    return twins.some(({ record }) => this.#stays(record.name));
  }
}
