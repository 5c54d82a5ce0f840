/**
 * The messages of pairing, and how they stand in the stream: one byte for the kind, 32 bits of length (big endian), the message.
 * A conversation of its own under a protocol name of its own (core/session/protocol-names.ts); no message of BEP ever stands in it.
 *
 * ```
 * joiner                              host
 *         <-----------------  Welcome         who waits; a person reads it before typing the code
 * Hello   ----------------->                  who comes, and its point
 *         <-----------------  HelloBack       the host's point
 * Confirm ----------------->                  proves that the joiner knows the code; a wrong one is a guess
 *         <-----------------  Confirm, Offer  proves the same of the host; only now the folders' names
 * Accept  ----------------->                  both trust each other from here on
 * ```
 * Either side may say Refused instead of its next message, and closes.
 * @module
 */
import {
  ADDRESS_BYTES_MAX,
  ADDRESSES_MAX,
  FOLDER_ID_BYTES_MAX,
  FOLDERS_PER_OFFER_MAX,
  LABEL_BYTES_MAX,
  PAIRING_FRAME_BYTES_MAX,
  PAIRING_FRAME_BYTES_MAX_EARLY,
  PAIRING_NAME_BYTES_MAX,
  PAIRING_REASON_BYTES_MAX,
  PAIRING_SYSTEM_BYTES_MAX,
  PATH_HINT_BYTES_MAX,
} from '../limits.ts';
import { SHARE_BYTES, TAG_BYTES } from '../pairing/cpace.ts';
import { message } from './codec.ts';
import type { Codec, MessageOf } from './codec.ts';
import { bytes, int32, int64, text } from './fields.ts';
import { repeated, repeatedText } from './lists.ts';
import { WireError } from './wire-error.ts';
import { Writer } from './writer.ts';

const Welcome = message('Welcome', {
  version: int32(1),
  name: text(2, PAIRING_NAME_BYTES_MAX),
  /** "Linux", "macOS", "Windows". */
  system: text(3, PAIRING_SYSTEM_BYTES_MAX),
});

const Hello = message('Hello', {
  version: int32(1),
  name: text(2, PAIRING_NAME_BYTES_MAX),
  y: bytes(3, SHARE_BYTES),
});

const HelloBack = message('HelloBack', {
  version: int32(1),
  name: text(2, PAIRING_NAME_BYTES_MAX),
  y: bytes(3, SHARE_BYTES),
  /** This one included. */
  triesLeft: int32(4),
});

const Confirm = message('Confirm', { tag: bytes(1, TAG_BYTES) });

const OfferedFolder = message('OfferedFolder', {
  id: text(1, FOLDER_ID_BYTES_MAX),
  label: text(2, LABEL_BYTES_MAX),
  files: int64(3),
  bytes: int64(4),
  /** What its directory is called at the host: one name, no path. */
  pathHint: text(5, PATH_HINT_BYTES_MAX),
});
export type OfferedFolder = MessageOf<typeof OfferedFolder>;

const Offer = message('Offer', {
  folders: repeated(1, OfferedFolder, FOLDERS_PER_OFFER_MAX),
  /** Where the host listens, `host:port` each. */
  addresses: repeatedText(2, ADDRESS_BYTES_MAX, ADDRESSES_MAX),
});
export type Offer = MessageOf<typeof Offer>;

const Accept = message('Accept', { folders: repeatedText(1, FOLDER_ID_BYTES_MAX, FOLDERS_PER_OFFER_MAX) });

/** `reason`: a {@link RefusedReason}; of a later version perhaps another word. */
const Refused = message('Refused', { reason: text(1, PAIRING_REASON_BYTES_MAX), triesLeft: int32(2) });

export type RefusedReason =
  /** The tag was wrong: one try less. */
  | 'wrong-code'
  /** This source has had all its tries. */
  | 'too-many'
  /** There is no code to be guessed: it was burnt, used or has expired, or pairing was closed. */
  | 'no-code'
  /** The joiner wants nothing of what is offered. */
  | 'declined';

/** The kind of a message is its place here. 0 is none. */
const CODECS = { Welcome, Hello, HelloBack, Confirm, Offer, Accept, Refused } as const;
const TYPES = Object.keys(CODECS) as readonly PairingType[];

export type PairingType = keyof typeof CODECS;
export type PairingBody<T extends PairingType> = MessageOf<(typeof CODECS)[T]>;
export type PairingMessage = { [T in PairingType]: { readonly type: T; readonly body: PairingBody<T> } }[PairingType];

const HEAD_BYTES = 5;

export function encodePairing({ type, body }: PairingMessage): Uint8Array {
  const writer = new Writer();
  (CODECS[type] as Codec<unknown, unknown>).write(writer, body);
  writer.uint32BigEndian(writer.length);
  writer.byte(TYPES.indexOf(type) + 1);
  return writer.joined();
}

/**
 * Cuts a stream into messages. Bodies are bounded by 1 KiB, and by 256 KiB once the far end has proven that it knows the code.
 * A decoder that has thrown is spent.
 */
export class PairingDecoder {
  #type: PairingType | undefined;
  #piece = new Uint8Array(HEAD_BYTES);
  #filled = 0;
  #bytesMax = PAIRING_FRAME_BYTES_MAX_EARLY;

  /**
   * Takes the next bytes, which may start and stop anywhere, and gives the messages that they complete, one by one: the caller
   * must go through to the end. Messages keep nothing of `chunk`.
   * @throws WireError, and nothing else, whatever the bytes are.
   */
  *feed(chunk: Uint8Array): Generator<PairingMessage, void, undefined> {
    let taken = 0;
    for (;;) {
      const count = Math.min(chunk.length - taken, this.#piece.length - this.#filled);
      this.#piece.set(chunk.subarray(taken, taken + count), this.#filled);
      this.#filled += count;
      taken += count;
      if (this.#filled < this.#piece.length) return;
      const next = this.#complete(this.#piece);
      if (next !== undefined) yield next;
    }
  }

  /** The far end knows the code. Holds already for the next message of the same chunk. */
  raiseLimits(): void {
    this.#bytesMax = PAIRING_FRAME_BYTES_MAX;
  }

  #complete(piece: Uint8Array): PairingMessage | undefined {
    const type = this.#type;
    if (type !== undefined) {
      this.#await(undefined, HEAD_BYTES);
      return decode(type, piece);
    }
    const [kind = 0] = piece;
    const length = new DataView(piece.buffer).getUint32(1);
    const coming = TYPES[kind - 1];
    if (coming === undefined) throw new WireError('bad-frame', `A message has the unknown kind ${kind}`);
    if (length > this.#bytesMax) {
      throw new WireError('too-large', `A message says it has ${length} bytes, ${this.#bytesMax} are allowed`);
    }
    this.#await(coming, length);
    return undefined;
  }

  #await(type: PairingType | undefined, length: number): void {
    this.#type = type;
    this.#piece = new Uint8Array(length);
    this.#filled = 0;
  }
}

function decode(type: PairingType, bytes: Uint8Array): PairingMessage {
  const message = { type, body: CODECS[type].decode(bytes) } as PairingMessage;
  const fault = faultOf(message);
  if (fault !== undefined) throw new WireError('bad-field', `Cannot read ${type}: ${fault}`);
  return message;
}

/** What the tables cannot say: exact lengths, numbers that count something, IDs that name one thing each. */
function faultOf({ type, body }: PairingMessage): string | undefined {
  switch (type) {
    case 'Welcome':
      return body.version < 1 ? 'it has no version' : undefined;
    case 'Hello':
      return pointFault(body);
    case 'HelloBack':
      return pointFault(body) ?? triesFault(body);
    case 'Confirm':
      return body.tag.length === TAG_BYTES ? undefined : 'its tag has a wrong length';
    case 'Offer':
      return idsFault(body.folders.map(({ id }) => id)) ?? countsFault(body.folders);
    case 'Accept':
      return idsFault(body.folders);
    case 'Refused':
      return triesFault(body);
  }
}

function pointFault({ version, y }: { readonly version: number; readonly y: Uint8Array }): string | undefined {
  if (version < 1) return 'it has no version';
  return y.length === SHARE_BYTES ? undefined : 'its point has a wrong length';
}

function triesFault({ triesLeft }: { readonly triesLeft: number }): string | undefined {
  return triesLeft < 0 ? 'less than no tries are left' : undefined;
}

function idsFault(ids: readonly string[]): string | undefined {
  if (ids.includes('')) return 'a folder has no ID';
  return new Set(ids).size < ids.length ? 'a folder comes twice' : undefined;
}

function countsFault(folders: readonly OfferedFolder[]): string | undefined {
  return folders.some(({ files, bytes }) => files < 0 || bytes < 0) ? 'a folder has less than nothing' : undefined;
}
