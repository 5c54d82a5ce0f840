/**
 * A message as a table of fields; encoder, decoder and TypeScript types follow from the table.
 *
 * Unknown fields are passed over. Nesting is as deep as the tables are, since no message contains itself.
 * @module
 */
import { ELEMENTS_PER_MESSAGE_MAX } from '../limits.ts';
import { expectKind, writeLength } from './fields.ts';
import type { Field, InParts } from './fields.ts';
import { LENGTH_DELIMITED, Reader } from './reader.ts';
import { WireError } from './wire-error.ts';
import { Writer } from './writer.ts';

/** Reads and writes one kind of message. `Out` has every field, `In` may leave out those that have their default. */
export interface Codec<Out, In> {
  /** The message in which every field has its default. Shared; never changed. */
  readonly blank: Out;
  /**
   * Bytes in the message stay views of `bytes`: keep a copy of what outlives it.
   * @throws WireError, and nothing else, whatever the bytes are.
   */
  decode(bytes: Uint8Array): Out;
  /** The same with pauses: of a million elements it takes seconds, and others must not wait for that. */
  decodeInParts(bytes: Uint8Array): InParts<Out>;
  /** The message in one piece. */
  encode(draft: In): Uint8Array;
  /** Reads the next length-delimited value, on top of `before`. */
  readNested(reader: Reader, before: Out): Out;
  readNestedInParts(reader: Reader, before: Out): InParts<Out>;
  /** Writes the fields, without length or tag. */
  write(writer: Writer, draft: In): void;
}

/** Between two pauses: some ten thousand of the smallest elements. */
const PART_BYTES = 128 * 1024;

type Fields = Readonly<Record<string, Field<unknown, never>>>;
type Decoded<T extends Fields> = { readonly [K in keyof T]: T[K] extends Field<infer Out, infer _In> ? Out : never };
type Draft<T extends Fields> = { readonly [K in keyof T]?: T[K] extends Field<infer _Out, infer In> ? In : never };

/** What a codec decodes to. */
export type MessageOf<C> = C extends Codec<infer Out, infer _In> ? Out : never;
/** What a codec encodes: the same, with any field left out. */
export type DraftOf<C> = C extends Codec<infer _Out, infer In> ? In : never;

/**
 * @param name as the protocol calls it; it heads the messages of errors.
 * @param elementsMax of all lists together, when the message is read by itself.
 */
export function message<T extends Fields>(
  name: string,
  fields: T,
  elementsMax = ELEMENTS_PER_MESSAGE_MAX,
): Codec<Decoded<T>, Draft<T>> {
  return new TableCodec<Decoded<T>, Draft<T>>(name, fields, elementsMax);
}

/** A message in a message. One in which every field has its default is not written. */
export function nested<Out, In>(number: number, codec: Codec<Out, In>): Field<Out, In> {
  return {
    number,
    absent: codec.blank,
    read(reader, wireType, before) {
      expectKind(wireType, LENGTH_DELIMITED);
      return codec.readNested(reader, before);
    },
    write(writer, value) {
      const behind = writer.length;
      codec.write(writer, value);
      if (writer.length > behind) writeLength(writer, number, writer.length - behind);
    },
  };
}

interface Slot {
  readonly key: string;
  readonly field: Field<unknown, unknown>;
}

class TableCodec<Out, In> implements Codec<Out, In> {
  readonly blank: Out;
  readonly #name: string;
  readonly #elementsMax: number;
  /** By field number; the numbers are small, so an array is the quickest map. */
  readonly #byNumber: (Slot | undefined)[] = [];
  /** Highest number first, as a backwards writer wants them. */
  readonly #backwards: readonly Slot[];

  constructor(name: string, fields: Fields, elementsMax: number) {
    this.#name = name;
    this.#elementsMax = elementsMax;
    const slots = Object.entries(fields).map(([key, field]) => ({ key, field: field as Field<unknown, unknown> }));
    this.blank = Object.fromEntries(slots.map(({ key, field }) => [key, field.absent])) as Out;
    this.#backwards = slots.toSorted((a, b) => b.field.number - a.field.number);
    const highest = this.#backwards[0]?.field.number ?? 0;
    for (let number = 0; number <= highest; number += 1) {
      this.#byNumber.push(slots.find(({ field }) => field.number === number));
    }
  }

  decode(bytes: Uint8Array): Out {
    try {
      return this.#readFields(new Reader(bytes, this.#elementsMax), this.blank);
    } catch (error) {
      throw this.#named(error);
    }
  }

  *decodeInParts(bytes: Uint8Array): InParts<Out> {
    try {
      return yield* this.#readFieldsInParts(new Reader(bytes, this.#elementsMax), this.blank);
    } catch (error) {
      throw this.#named(error);
    }
  }

  encode(draft: In): Uint8Array {
    const writer = new Writer();
    this.write(writer, draft);
    return writer.joined();
  }

  readNested(reader: Reader, before: Out): Out {
    const outerEnd = reader.enter();
    const value = this.#readFields(reader, before);
    reader.leave(outerEnd);
    return value;
  }

  *readNestedInParts(reader: Reader, before: Out): InParts<Out> {
    const outerEnd = reader.enter();
    const value = yield* this.#readFieldsInParts(reader, before);
    reader.leave(outerEnd);
    return value;
  }

  write(writer: Writer, draft: In): void {
    const values = draft as Readonly<Record<string, unknown>>;
    for (const { key, field } of this.#backwards) {
      const value = values[key];
      if (value !== undefined) field.write(writer, value);
    }
  }

  #readFields(reader: Reader, before: Out): Out {
    const values = { ...before } as Record<string, unknown>;
    while (reader.position < reader.end) {
      const tag = reader.tag();
      const slot = this.#slot(tag);
      if (slot === undefined) reader.skip(tag & 7);
      else values[slot.key] = slot.field.read(reader, tag & 7, values[slot.key]);
    }
    return values as Out;
  }

  *#readFieldsInParts(reader: Reader, before: Out): InParts<Out> {
    const values = { ...before } as Record<string, unknown>;
    let pauseAt = reader.position + PART_BYTES;
    while (reader.position < reader.end) {
      if (reader.position >= pauseAt) {
        yield undefined;
        pauseAt = reader.position + PART_BYTES;
      }
      const tag = reader.tag();
      const slot = this.#slot(tag);
      if (slot === undefined) reader.skip(tag & 7);
      else if (slot.field.readInParts === undefined)
        values[slot.key] = slot.field.read(reader, tag & 7, values[slot.key]);
      else values[slot.key] = yield* slot.field.readInParts(reader, tag & 7, values[slot.key]);
    }
    return values as Out;
  }

  #slot(tag: number): Slot | undefined {
    const number = tag >>> 3;
    return number < this.#byNumber.length ? this.#byNumber[number] : undefined;
  }

  #named(error: unknown): unknown {
    if (!(error instanceof WireError)) return error;
    return new WireError(error.code, `Cannot read ${this.#name}: ${error.message}`, { cause: error });
  }
}
