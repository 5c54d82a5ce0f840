/**
 * Streams of strangers, cut anywhere: what a decoder makes of one must not hang on where the network cut it.
 * @module
 */
import { WireError } from '../../../src/core/wire/wire-error.ts';

interface Decoder<Message> {
  raiseLimits(): void;
  feed(chunk: Uint8Array): Iterable<Message>;
}

/** What came of a stream. */
export interface Came<Message> {
  readonly all: readonly Message[];
  /** The code of the refusal that ended it, if one did. */
  readonly refused?: string;
}

/**
 * @param cuts the end of each piece.
 * @param late whether the bounds are those of a far end that has proven who it is.
 */
export function inPieces<Message>(
  decoder: Decoder<Message>,
  bytes: Uint8Array,
  cuts: Iterable<number>,
  late = false,
): Came<Message> {
  if (late) decoder.raiseLimits();
  const all: Message[] = [];
  try {
    let from = 0;
    for (const to of cuts) {
      const chunk = bytes.slice(from, to);
      for (const one of decoder.feed(chunk)) all.push(one);
      chunk.fill(0xdd); // a stream uses its buffer again
      from = to;
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { all, refused: error.code };
  }
  return { all };
}

/** A cut behind every byte. */
export function* everyByte(length: number): Generator<number> {
  for (let at = 1; at <= length; at += 1) yield at;
}
