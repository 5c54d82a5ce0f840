/**
 * How messages stand in the stream of bytes.
 *
 * First, once: the magic number, a 16-bit length, the hello. Then, over and over: 16-bit length, header, 32-bit length,
 * message; all numbers big endian. A compressed message is a 32-bit length of its content and one LZ4 block. A length of 0
 * is ordinary: the header of a cluster config and the body of a ping have no bytes.
 * @module
 */
import { HEADER_BYTES_MAX, HELLO_BYTES_MAX, MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX_EARLY } from '../limits.ts';
import { compressBlock, decompressBlock } from './lz4.ts';
import { Header, Hello } from './messages.ts';
import type { HelloDraft } from './messages.ts';
import { WireError } from './wire-error.ts';
import { Writer } from './writer.ts';

/** The first four bytes of a hello, and of an announcement. */
export const MAGIC = 0x2e_a7_d9_0b;

const COMPRESSION_NONE = 0;
const COMPRESSION_LZ4 = 1;
/** Messages below this stay as they are, as with Syncthing. */
const COMPRESS_BYTES_MIN = 128;
const CONTENT_LENGTH_BYTES = 4;

/** What stands between two borders in the stream. `number` is the message's type; `body` is the frame's own memory. */
export type Frame =
  | { readonly is: 'hello'; readonly body: Uint8Array }
  | { readonly is: 'message'; readonly number: number; readonly body: Uint8Array };

/** What the decoder collects bytes for. */
type Piece = 'hello-length' | 'hello' | 'header-length' | 'header' | 'body';

const HELLO_LENGTH_BYTES = 6;
const HEADER_LENGTH_BYTES = 2;
const BODY_LENGTH_BYTES = 4;

/**
 * Cuts a stream into frames. It always waits for one piece whose size it knows, so that each byte is copied once, straight
 * to where it stays.
 *
 * Bodies are bounded by 16 MiB, and by 64 MiB once the peer's cluster config was found good (R19). A decoder that has
 * thrown is spent.
 */
export class FrameDecoder {
  #awaits: Piece = 'hello-length';
  #piece = new Uint8Array(HELLO_LENGTH_BYTES);
  #filled = 0;
  #header = { type: 0, compression: COMPRESSION_NONE };
  #bodyBytesMax = MESSAGE_BYTES_MAX_EARLY;
  #frames = 0;

  /** The frame of which only a part has come: its number, and its length as far as that is known. */
  get unfinished(): { readonly number: number; readonly bytes: number } | undefined {
    const isBetween = this.#filled === 0 && (this.#awaits === 'hello-length' || this.#awaits === 'header-length');
    return isBetween ? undefined : { number: this.#frames, bytes: this.#piece.length };
  }

  /**
   * Takes the next bytes, which may start and stop anywhere, and gives the frames that they complete. Frames come one by
   * one: all that stand before a malformed one are given before it throws. Bytes are taken as the frames are, so the caller
   * must go through to the end; `chunk` is not needed after that.
   * @throws WireError
   */
  *feed(chunk: Uint8Array): Generator<Frame, void, undefined> {
    let taken = 0;
    for (;;) {
      const bytes = Math.min(chunk.length - taken, this.#piece.length - this.#filled);
      this.#piece.set(chunk.subarray(taken, taken + bytes), this.#filled);
      this.#filled += bytes;
      taken += bytes;
      if (this.#filled < this.#piece.length) return;
      const frame = this.#complete(this.#piece);
      if (frame === undefined) continue;
      this.#frames += 1;
      yield frame;
    }
  }

  /** The peer's cluster config is good: what follows may be large. Holds already for the next frame of the same chunk. */
  raiseLimits(): void {
    this.#bodyBytesMax = MESSAGE_BYTES_MAX;
  }

  #complete(piece: Uint8Array): Frame | undefined {
    const view = new DataView(piece.buffer);
    switch (this.#awaits) {
      case 'hello-length':
        this.#await('hello', helloBytes(view));
        break;
      case 'hello':
        this.#await('header-length', HEADER_LENGTH_BYTES);
        return { is: 'hello', body: piece };
      case 'header-length':
        this.#await('header', headerBytes(view) + BODY_LENGTH_BYTES);
        break;
      case 'header': {
        const headerEnd = piece.length - BODY_LENGTH_BYTES;
        this.#header = readHeader(piece.subarray(0, headerEnd));
        this.#await('body', this.#bodyBytes(view.getUint32(headerEnd)));
        break;
      }
      case 'body': {
        this.#await('header-length', HEADER_LENGTH_BYTES);
        const { type, compression } = this.#header;
        return { is: 'message', number: type, body: compression === COMPRESSION_LZ4 ? this.#decompress(piece) : piece };
      }
    }
    return undefined;
  }

  #await(awaits: Piece, bytes: number): void {
    this.#awaits = awaits;
    this.#piece = new Uint8Array(bytes);
    this.#filled = 0;
  }

  #bodyBytes(length: number): number {
    if (length > this.#bodyBytesMax) {
      throw new WireError('too-large', `A message says it has ${length} bytes, ${this.#bodyBytesMax} are allowed`);
    }
    return length;
  }

  #decompress(piece: Uint8Array): Uint8Array {
    if (piece.length < CONTENT_LENGTH_BYTES) {
      throw new WireError('bad-compression', 'A compressed message is too short for its length');
    }
    const contentBytes = new DataView(piece.buffer).getUint32(0);
    return decompressBlock(piece.subarray(CONTENT_LENGTH_BYTES), contentBytes, this.#bodyBytesMax);
  }
}

/** The first bytes to send. */
export function encodeHello(draft: HelloDraft): Uint8Array {
  const writer = new Writer();
  Hello.write(writer, draft);
  writer.uint16BigEndian(writer.length);
  writer.uint32BigEndian(MAGIC);
  return writer.joined();
}

/** Puts the lengths and the header in front of a message that was just written. */
export function finishFrame(writer: Writer, type: number): Uint8Array[] {
  writeFrameHead(writer, type, COMPRESSION_NONE, writer.length);
  return writer.finish();
}

/**
 * The same, compressed if that is worth it: from 128 bytes on, and if it saves more than 1/32. A smaller body would even
 * stop Syncthing 1.19.2 if it were shorter than 4 bytes.
 */
export function finishCompressedFrame(writer: Writer, type: number): Uint8Array[] {
  const plain = writer.length;
  if (plain < COMPRESS_BYTES_MIN) return finishFrame(writer, type);
  const content = writer.joined();
  const packed = compressBlock(content, CONTENT_LENGTH_BYTES, plain - Math.floor(plain / 32));
  if (packed !== undefined) new DataView(packed.buffer).setUint32(0, plain);
  const body = packed ?? content;
  const head = new Writer();
  writeFrameHead(head, type, packed === undefined ? COMPRESSION_NONE : COMPRESSION_LZ4, body.length);
  return [...head.finish(), body];
}

function writeFrameHead(writer: Writer, type: number, compression: number, bodyBytes: number): void {
  writer.uint32BigEndian(bodyBytes);
  const behind = writer.length;
  Header.write(writer, { type, compression });
  writer.uint16BigEndian(writer.length - behind);
}

function helloBytes(view: DataView): number {
  const magic = view.getUint32(0);
  if (magic !== MAGIC) throw new WireError('bad-magic', wrongMagic(magic));
  const length = view.getInt16(4);
  if (length < 0 || length > HELLO_BYTES_MAX) throw new WireError('bad-frame', `A hello has the length ${length}`);
  return length;
}

function wrongMagic(magic: number): string {
  const hex = magic.toString(16).padStart(8, '0');
  const tooOld = [0x9f_79_bc_40, 0x0001_0000, 0x0001_0001].includes(magic);
  return tooOld ? `The far end speaks an old protocol (${hex})` : `The far end speaks another protocol (${hex})`;
}

function headerBytes(view: DataView): number {
  const length = view.getInt16(0);
  if (length < 0) throw new WireError('bad-frame', `A header has the length ${length}`);
  if (length > HEADER_BYTES_MAX) throw new WireError('too-large', `A header has ${length} bytes`);
  return length;
}

function readHeader(bytes: Uint8Array): { type: number; compression: number } {
  const header = Header.decode(bytes);
  if (header.compression !== COMPRESSION_NONE && header.compression !== COMPRESSION_LZ4) {
    throw new WireError('bad-frame', `A message has the unknown compression ${header.compression}`);
  }
  return header;
}
