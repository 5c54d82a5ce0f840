/**
 * Gives peers the blocks they ask for: read in batches, and each checked against its hash before it leaves, so that a file
 * that is being changed never leaves as a mix (seed: send).
 * @module
 */
import { isInternalName, nameFault } from '../../core/model/folder-path.ts';
import { isTrouble, type ReadJob, type Trouble } from '../../ports/file-tree.ts';
import type { Ignores } from '../../core/scan/ignore.ts';
import type { LanfoldError } from '../../core/errors.ts';
import type { Admission } from './admission.ts';
import type { FolderContext } from './folder-context.ts';
import { readIgnores } from './ignore-file.ts';
import { Batcher } from '../wake.ts';

/** What a peer is told instead of bytes; the numbers of the wire. */
export const REFUSED = { generic: 1, noSuchFile: 2, invalid: 3 } as const;

export interface BlockAsked {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
  /** Empty: not said (old versions of Syncthing, for encrypted folders only). */
  readonly hash: Uint8Array;
}

/** The folder, as far as it says whether anything of it may leave. */
interface Standing {
  readonly admission: Pick<Admission, 'isHeld'>;
  /** Why it is stopped. */
  readonly error: LanfoldError | undefined;
}

const READ_BATCH_MAX = 64;
/** A peer that pulls asks again well within this. */
const ASKED_LATELY_MS = 5000;

export class Supplier {
  readonly #context: FolderContext;
  readonly #folder: Standing;
  readonly #reads: Batcher<ReadJob, Uint8Array | Trouble>;
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(context: FolderContext, folder: Standing) {
    this.#context = context;
    this.#folder = folder;
    this.#reads = new Batcher(READ_BATCH_MAX, (jobs) => context.tree.read(jobs));
  }

  /** Is a peer pulling from here? */
  get isAsked(): boolean {
    return this.#context.clock.monotonicMs() - this.#askedMs < ASKED_LATELY_MS;
  }

  async supply({ name, offset, bytes, hash }: BlockAsked): Promise<Uint8Array | number> {
    this.#context.log.debug({ name, offset, bytes }, 'a peer asked for a block');
    this.#askedMs = this.#context.clock.monotonicMs();
    if (nameFault(name) !== undefined) return REFUSED.generic;
    const ignores = await this.#ignores();
    if (ignores === undefined) return REFUSED.generic;
    if (isInternalName(name) || ignores.match(name).ignored) return REFUSED.invalid;
    const local = this.#context.records.local(name)?.record;
    if (local === undefined || local.type !== 'file' || local.deleted || local.invalid) return REFUSED.noSuchFile;
    if (offset + bytes > local.size) return REFUSED.noSuchFile;
    if (bytes === 0) return new Uint8Array(0);
    let read: Uint8Array | Trouble;
    try {
      read = await this.#reads.add({ name, offset, bytes, hash: hash.length === 0 ? undefined : hash });
    } catch (cause) {
      // The folder's disk is gone, or the folder is closing: that is no reason to end the talk about other folders.
      this.#context.log.debug({ name, cause: String(cause) }, 'cannot read what a peer asked for');
      return REFUSED.generic;
    }
    if (!isTrouble(read) && read.length === bytes) return read;
    this.#context.suspect([name]); // it is not what we announced any more
    return REFUSED.noSuchFile;
  }

  /** What is kept back; undefined: all of it. Names can be guessed, and asked for without a hash. */
  async #ignores(): Promise<Ignores | undefined> {
    const { admission, error } = this.#folder;
    // A person may still find out that this is the wrong directory.
    if (admission.isHeld) return undefined;
    if (error === undefined) return this.#context.ignores();
    // What stands there may be another disk's, or what the user has just said to keep back: nobody hears of new patterns now.
    if (error.code !== 'E_DISK_FULL') return undefined;
    // Where it is only the records that have no room, what peers were told of can still be given, by the patterns as they are.
    try {
      const { rules } = await readIgnores(this.#context.tree);
      return (await this.#context.rootIsOurs()) ? rules : undefined;
    } catch {
      return undefined;
    }
  }
}
