/**
 * The kinds of field that hold a list.
 *
 * A list is read into one growing array, since each of its elements comes with a tag of its own.
 * @module
 */
import type { Codec } from './codec.ts';
import { expectKind, writeLength, writeText } from './fields.ts';
import type { Field, InParts } from './fields.ts';
import { LENGTH_DELIMITED } from './reader.ts';
import type { Reader } from './reader.ts';
import { WireError } from './wire-error.ts';

/** A list of messages. */
export function repeated<Out, In>(
  number: number,
  codec: Codec<Out, In>,
  countMax: number,
): Field<readonly Out[], readonly In[]> {
  const absent: readonly Out[] = [];
  return {
    number,
    absent,
    read(reader, wireType, before) {
      expectKind(wireType, LENGTH_DELIMITED);
      return append(reader, before, absent, countMax, codec.readNested(reader, codec.blank));
    },
    write(writer, values) {
      for (let i = values.length - 1; i >= 0; i -= 1) {
        const behind = writer.length;
        codec.write(writer, values[i] as In);
        writeLength(writer, number, writer.length - behind);
      }
    },
  };
}

/** A list of messages of which each may be large. */
export function repeatedInParts<Out, In>(
  number: number,
  codec: Codec<Out, In>,
  countMax: number,
): Field<readonly Out[], readonly In[]> {
  const field = repeated(number, codec, countMax);
  return {
    ...field,
    *readInParts(reader, wireType, before): InParts<readonly Out[]> {
      expectKind(wireType, LENGTH_DELIMITED);
      const value = yield* codec.readNestedInParts(reader, codec.blank);
      return append(reader, before, field.absent, countMax, value);
    },
  };
}

/** A list of texts. */
export function repeatedText(number: number, bytesMax: number, countMax: number): Field<readonly string[]> {
  const absent: readonly string[] = [];
  return {
    number,
    absent,
    read(reader, wireType, before) {
      expectKind(wireType, LENGTH_DELIMITED);
      return append(reader, before, absent, countMax, reader.text(bytesMax));
    },
    write(writer, values) {
      for (const value of values.toReversed()) writeText(writer, number, value);
    },
  };
}

/** Adds to the array of this very message; the first element makes it. */
function append<T>(
  reader: Reader,
  before: readonly T[],
  absent: readonly T[],
  countMax: number,
  value: T,
): readonly T[] {
  reader.countElement();
  if (before === absent) return [value];
  const growing = before as T[]; // not absent, hence made by the line above, and nobody else has it yet
  if (growing.length >= countMax) throw new WireError('too-large', `A list has more than ${countMax} elements`);
  growing.push(value);
  return growing;
}
