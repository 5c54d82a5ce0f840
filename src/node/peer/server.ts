/**
 * Answers one peer's requests for blocks, each in its turn within the bound of what may be owed to it.
 * @module
 */
import { REQUEST_BYTES_MAX } from '../../core/limits.ts';
import type { Request } from '../../core/wire/messages.ts';
import type { Stream } from '../../ports/network.ts';
import type { Folder } from '../folder/folder.ts';
import { REFUSED } from '../folder/supplier.ts';
import { Budget } from '../wake.ts';
import type { Link } from './link.ts';
import { Owed } from './owed.ts';

export interface ServerOptions {
  readonly link: Pick<Link, 'send' | 'pause' | 'resume'>;
  readonly stream: Pick<Stream, 'drained'>;
  /** Undefined: it is not shared with this peer. */
  readonly folder: (folderId: string) => Folder | undefined;
  readonly isEnded: () => boolean;
}

export class Server {
  readonly #options: ServerOptions;
  readonly #owed: Owed;
  /** Blocks leave one by one, as the far end takes them: no other word, least of all the last, waits for all that it asked for. */
  readonly #turn = new Budget(1);

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#owed = new Owed(options.link);
  }

  async serve({ id, folder: folderId, name, offset, size, hash }: Request): Promise<void> {
    const { link, folder: folderOf, isEnded } = this.#options;
    const isSound = size >= 0 && size <= REQUEST_BYTES_MAX && offset >= 0;
    const paid = await this.#owed.take(isSound ? size : 0);
    try {
      if (isEnded()) return;
      const folder = isSound ? folderOf(folderId) : undefined;
      const given =
        folder === undefined ? REFUSED.generic : await folder.supplier.supply({ name, offset, bytes: size, hash });
      if (isEnded()) return;
      if (typeof given === 'number') link.send('Response', { id, code: given });
      else await this.#give(id, given);
    } finally {
      paid();
    }
  }

  async #give(id: number, data: Uint8Array): Promise<void> {
    const { link, stream, isEnded } = this.#options;
    await this.#turn.take(1);
    try {
      if (!isEnded() && !link.send('Response', { id, data })) await stream.drained();
    } finally {
      this.#turn.give(1);
    }
  }
}
