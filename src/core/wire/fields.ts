/**
 * The kinds of field that hold one value. `codec.ts` makes a message of several, `lists.ts` has the repeated ones.
 *
 * As proto3 has it: a field with its default value is not written, one that is not there has its default value, a single
 * message that comes twice is merged, of any other value that comes twice the last counts.
 * @module
 */
import { LENGTH_DELIMITED, VARINT } from './reader.ts';
import type { Reader } from './reader.ts';
import { WireError } from './wire-error.ts';
import type { Writer } from './writer.ts';

/** Something that is read with pauses: whoever asks for the next part lets others work before. */
export type InParts<Out> = Generator<undefined, Out, undefined>;

/** One field. `Out` is what reading gives, `In` what writing takes (a nested message may leave fields out). */
export interface Field<Out, In = Out> {
  readonly number: number;
  /** The value of a field that is not on the wire; shared by all messages, never changed. */
  readonly absent: Out;
  /** Reads the value behind a tag. `before` is what the field has so far. */
  read(reader: Reader, wireType: number, before: Out): Out;
  /** The same with pauses, where a value may be large. */
  readInParts?(reader: Reader, wireType: number, before: Out): InParts<Out>;
  /** Writes value and tag, backwards as {@link Writer} wants it; nothing for the default. */
  write(writer: Writer, value: In): void;
}

const NOTHING: Uint8Array = new Uint8Array(0);

/** Signed 32 bits. Also enumerations. */
export function int32(number: number): Field<number> {
  return scalar(
    number,
    0,
    (reader) => reader.int32(),
    (writer, value) => writer.int64(value),
  );
}

/** Unsigned 32 bits. */
export function uint32(number: number): Field<number> {
  return scalar(
    number,
    0,
    (reader) => reader.uint32(),
    (writer, value) => writer.varint32(value),
  );
}

export function bool(number: number): Field<boolean> {
  return scalar(
    number,
    false,
    (reader) => reader.bool(),
    (writer) => writer.byte(1),
  );
}

/** Signed 64 bits that a double must hold exactly: to ±(2^53−1). Anything beyond is an error. */
export function int64(number: number): Field<number> {
  return scalar(number, 0, readSafeInteger, (writer, value) => writer.int64(value));
}

/**
 * Signed 64 bits, rounded beyond ±2^53: whoever uses one asks `Number.isSafeInteger`. For what an honest peer may pass on
 * from another, where one bad entry must not cost the connection.
 */
export function int64Rounded(number: number): Field<number> {
  return scalar(
    number,
    0,
    (reader) => reader.int64(),
    (writer, value) => writer.int64(value),
  );
}

/** All 64 bits, signed. */
export function int64Exact(number: number): Field<bigint> {
  return scalar(
    number,
    0n,
    (reader) => BigInt.asIntN(64, reader.uint64()),
    (writer, value) => writer.uint64(value),
  );
}

/** All 64 bits: short IDs, index IDs, counters. */
export function uint64(number: number): Field<bigint> {
  return scalar(
    number,
    0n,
    (reader) => reader.uint64(),
    (writer, value) => writer.uint64(value),
  );
}

/** UTF-8; anything else is an error. */
export function text(number: number, bytesMax: number): Field<string> {
  return {
    number,
    absent: '',
    read(reader, wireType) {
      expectKind(wireType, LENGTH_DELIMITED);
      return reader.text(bytesMax);
    },
    write(writer, value) {
      if (value !== '') writeText(writer, number, value);
    },
  };
}

/** Bytes; reading gives a view of the message. */
export function bytes(number: number, bytesMax: number): Field<Uint8Array> {
  return {
    number,
    absent: NOTHING,
    read(reader, wireType) {
      expectKind(wireType, LENGTH_DELIMITED);
      return reader.bytes(bytesMax);
    },
    write(writer, value) {
      if (value.length === 0) return;
      writer.bytes(value);
      writeLength(writer, number, value.length);
    },
  };
}

/** Bytes of one length, or none; anything else is an error. Reading gives a view of the message. */
export function exactBytes(number: number, length: number): Field<Uint8Array> {
  return {
    ...bytes(number, length),
    read(reader, wireType) {
      expectKind(wireType, LENGTH_DELIMITED);
      const value = reader.bytes(length);
      if (value.length === length) return value;
      throw new WireError('bad-field', `A value has ${value.length} bytes and not ${length}`);
    },
  };
}

/** Bytes that are not copied when they are written either: they become a part of their own. */
export function bulk(number: number, bytesMax: number): Field<Uint8Array> {
  return {
    ...bytes(number, bytesMax),
    write(writer, value) {
      if (value.length === 0) return;
      writer.bulk(value);
      writeLength(writer, number, value.length);
    },
  };
}

/** @throws WireError if a value is not of the kind that its field has. */
export function expectKind(wireType: number, wanted: number): void {
  if (wireType !== wanted)
    throw new WireError('bad-field', `A value has kind ${wireType}, its field has kind ${wanted}`);
}

/** Writes the length and the tag in front of `length` bytes that were just written. */
export function writeLength(writer: Writer, number: number, length: number): void {
  writer.varint32(length);
  writer.varint32((number << 3) | LENGTH_DELIMITED);
}

/** Writes a text with its length and tag, also an empty one. */
export function writeText(writer: Writer, number: number, value: string): void {
  const behind = writer.length;
  writer.text(value);
  writeLength(writer, number, writer.length - behind);
}

function scalar<T>(
  number: number,
  absent: T,
  read: (reader: Reader) => T,
  write: (writer: Writer, value: T) => void,
): Field<T> {
  return {
    number,
    absent,
    read(reader, wireType) {
      expectKind(wireType, VARINT);
      return read(reader);
    },
    write(writer, value) {
      if (value === absent) return;
      write(writer, value);
      writer.varint32((number << 3) | VARINT);
    },
  };
}

function readSafeInteger(reader: Reader): number {
  const value = reader.int64();
  if (!Number.isSafeInteger(value))
    throw new WireError('number-too-large', `A number is not exact in a double: ${value}`);
  return value;
}
