/**
 * Tells one peer of this device's records of one folder: first what it has not heard, then each change as it is saved, in
 * the order of the sequence numbers (seed: send).
 * @module
 */
import { isInternalName } from '../../core/model/folder-path.ts';
import type { FileRecord } from '../../core/model/file-record.ts';
import { toFileInfo } from '../../core/wire/file-info.ts';
import type { BodyDraft } from '../../core/wire/message-frame.ts';
import type { Index } from '../../core/wire/messages.ts';
import type { PeerKey } from '../../ports/record-store.ts';
import type { Folder } from '../folder/folder.ts';
import { Wake } from '../wake.ts';

/** One part of an index. `isFirst`: it begins a full one. `last`: all is told up to this number, or nobody is told of it. */
export interface IndexPart {
  readonly folderId: string;
  readonly records: readonly FileRecord[];
  readonly isFirst: boolean;
  readonly last: number;
}

/** A folder that both ends of a conversation share. */
export interface SharedIndex {
  readonly folder: Folder;
  readonly sender: IndexSender;
  /** Which of our indexes it tells. */
  readonly indexId: bigint;
  /** The peer's index is whole once this sequence number has been heard. */
  readonly completeAt: number;
  isHeard: boolean;
}

/** The message that tells a part. */
export function bodyOf({ folderId, records, last }: IndexPart): BodyDraft<'Index'> {
  return { folder: folderId, files: records.map((record) => toFileInfo(record)), lastSequence: last };
}

/** Up to where a message without records says that nobody is told of any; 0: it does not. */
export function endOf({ files, lastSequence }: Pick<Index, 'files' | 'lastSequence'>): number {
  return files.length === 0 ? lastSequence : 0;
}

const PART_RECORDS_MAX = 1000;
/** Bytes of block hashes per part; with them a part stays near a quarter of a megabyte. */
const PART_HASH_BYTES_MAX = 200_000;

export class IndexSender {
  readonly #folder: Folder;
  readonly #peer: PeerKey;
  readonly #send: (part: IndexPart) => Promise<void>;
  readonly #news = new Wake();
  readonly #from: number;
  readonly #saysEnd: boolean;
  #sent: number;
  /** The last number that was told of. */
  #told: number;
  #stopped = false;

  /**
   * @param from sequence number that the peer has heard.
   * @param saysEnd the peer wants to know where there is no more to tell, though the last number that was given is a higher one.
   * @param send resolves when the far end can take more.
   */
  constructor(folder: Folder, peer: PeerKey, from: number, saysEnd: boolean, send: (part: IndexPart) => Promise<void>) {
    this.#folder = folder;
    this.#peer = peer;
    this.#from = from;
    this.#saysEnd = saysEnd;
    this.#sent = from;
    this.#told = from;
    this.#send = send;
  }

  /** Something was told since it began. */
  get hasTold(): boolean {
    return this.#sent > this.#from;
  }

  async run(): Promise<void> {
    let isFirst = this.#sent === 0;
    while (!this.#stopped) {
      const { admission, records: own } = this.#folder;
      const isNews = !admission.isSilent && own.maxSequence() > this.#sent;
      const records = isNews ? own.changesSince(this.#sent, PART_RECORDS_MAX) : [];
      if (records.length === 0) {
        // Of what is forgotten, or claims nothing, nobody is told: who waits for the highest number would wait for ever.
        const last = admission.isSilent ? 0 : own.maxSequence();
        if (this.#saysEnd && last > this.#told) {
          this.#told = last;
          await this.#send({ folderId: this.#folder.id, records: [], isFirst, last });
          isFirst = false;
        } else await this.#news.wait();
        continue;
      }
      const part = upToBytes(records);
      this.#sent = part.at(-1)?.sequence ?? this.#sent;
      const told = part.filter((record) => record.version.length > 0 && !isInternalName(record.name));
      if (told.length === 0) continue;
      this.#folder.announced.tell(this.#peer, this.#sent);
      this.#told = this.#sent;
      await this.#send({ folderId: this.#folder.id, records: told, isFirst, last: told.at(-1)?.sequence ?? 0 });
      isFirst = false;
    }
  }

  /** There may be more to tell. */
  wake(): void {
    this.#news.ring();
  }

  stop(): void {
    this.#stopped = true;
    this.#news.ring();
  }
}

function upToBytes(records: readonly FileRecord[]): readonly FileRecord[] {
  let bytes = 0;
  const end = records.findIndex((record) => (bytes += record.blocks.length) > PART_HASH_BYTES_MAX);
  return end === -1 ? records : records.slice(0, Math.max(1, end));
}
