/**
 * What peers say to each other: messages to frames, and back.
 * @module
 */
import type { DraftOf, MessageOf } from './codec.ts';
import type { InParts } from './fields.ts';
import type { Frame } from './frame.ts';
import { finishCompressedFrame, finishFrame } from './frame.ts';
import { ClusterConfig, Close, Hello, Index, IndexUpdate, Ping, Request, Response } from './messages.ts';
import { Writer } from './writer.ts';

const CODECS = { ClusterConfig, Index, IndexUpdate, Request, Response, Ping, Close } as const;
/** By the number that the header gives each. Which blocks of unfinished files a peer has, in 5, is of no use here and never read. */
const TYPES: readonly (MessageType | undefined)[] = [
  'ClusterConfig',
  'Index',
  'IndexUpdate',
  'Request',
  'Response',
  undefined,
  'Ping',
  'Close',
];

export type MessageType = keyof typeof CODECS;

/** What a message of one type says, as it is read. */
export type BodyOf<T extends MessageType> = MessageOf<(typeof CODECS)[T]>;
/** The same as it is written: fields that have their default can be left out. */
export type BodyDraft<T extends MessageType> = DraftOf<(typeof CODECS)[T]>;

/** A message that a peer sent. */
export type Message = { [T in MessageType]: { readonly type: T; readonly body: BodyOf<T> } }[MessageType];

/** All that a frame can be. `Unknown`: of no use here, or of a later version of the protocol, to be passed over. */
export type Incoming =
  | Message
  | { readonly type: 'Hello'; readonly body: Hello }
  | { readonly type: 'Unknown'; readonly number: number };

/** `metadata`: all but responses, whose content often does not compress. */
export type Compression = 'metadata' | 'never';

/**
 * The bytes to send for a message, in parts, in order. The data of a response is the caller's own array, not a copy: it
 * must not change until it is sent.
 */
export function encodeMessage<T extends MessageType>(
  type: T,
  body: BodyDraft<T>,
  compression: Compression = 'metadata',
): Uint8Array[] {
  const writer = new Writer();
  CODECS[type].write(writer, body);
  const number = TYPES.indexOf(type);
  const compress = compression === 'metadata' && type !== 'Response';
  return compress ? finishCompressedFrame(writer, number) : finishFrame(writer, number);
}

/**
 * Reads a frame. Bytes in the message (hashes, targets, data) are views of the frame.
 * @throws WireError
 */
export function decodeFrame(frame: Frame): Incoming {
  if (frame.is === 'hello') return { type: 'Hello', body: Hello.decode(frame.body) };
  const type = TYPES[frame.number];
  if (type === undefined) return { type: 'Unknown', number: frame.number };
  return { type, body: CODECS[type].decode(frame.body) } as Message;
}

/** Known versions send no longer index but of one large file: of more than a hundred thousand blocks it takes seconds to read. */
const INDEX_BYTES_LONG = 512 * 1024;

/** Is it so long that others must be let work meanwhile? Then it is for {@link decodeFrameInParts}. */
export function isLong(frame: Frame): boolean {
  if (frame.is === 'hello' || frame.body.length <= INDEX_BYTES_LONG) return false;
  const type = TYPES[frame.number];
  return type === 'Index' || type === 'IndexUpdate';
}

/** As {@link decodeFrame}, with pauses. */
export function* decodeFrameInParts(frame: Frame): InParts<Incoming> {
  const type = frame.is === 'hello' ? undefined : TYPES[frame.number];
  if (type === undefined) return decodeFrame(frame);
  return { type, body: yield* CODECS[type].decodeInParts(frame.body) } as Message;
}
