/**
 * The protocol's bytes, written and read by hand from its description alone. Nothing of src/core/wire is used, so that a
 * mistake which that room makes both ways shows here; and whatever is wrong can be written.
 * @module
 */
import { createHash } from 'node:crypto';

/** A field's value: a number is a varint (negative ones as 64 bits), everything else has a length in front. */
export type Value = number | bigint | boolean | string | Uint8Array;
/** Fields in order; the same number may come again. */
export type Field = readonly [number: number, value: Value];

export const TYPE = {
  clusterConfig: 0,
  index: 1,
  indexUpdate: 2,
  request: 3,
  response: 4,
  progress: 5,
  ping: 6,
  close: 7,
};
const MAGIC = 0x2e_a7_d9_0b;
export const HASH_OF_NOTHING = sha256(Buffer.alloc(0));

export function varint(value: number | bigint): Buffer {
  if (typeof value === 'number' && value >= 0 && value < 128) return Buffer.from([value]);
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}

export function record(...fields: readonly Field[]): Buffer {
  return recordOf(fields);
}

/** The same, of any number of fields. */
export function recordOf(fields: readonly Field[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const [number, value] of fields) {
    if (typeof value === 'boolean') parts.push(varint(number * 8), varint(value ? 1 : 0));
    else if (typeof value === 'number' || typeof value === 'bigint') parts.push(varint(number * 8), varint(value));
    else {
      const bytes = typeof value === 'string' ? Buffer.from(value) : value;
      parts.push(varint(number * 8 + 2), varint(bytes.length), bytes);
    }
  }
  return Buffer.concat(parts);
}

/** A record's fields by number: varints as they are, the others as bytes. Throws on anything else. */
export function fieldsOf(bytes: Buffer): Map<number, (bigint | Buffer)[]> {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const next = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError('a record ends in the middle');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = Number(next());
    const values = fields.get(key >> 3) ?? [];
    fields.set(key >> 3, values);
    if ((key & 7) === 0) values.push(next());
    else if ((key & 7) === 2) {
      const length = Number(next());
      values.push(bytes.subarray(at, at + length));
      at += length;
    } else throw new RangeError(`a field of kind ${key & 7}`);
  }
  return fields;
}

export function textOf(fields: Map<number, (bigint | Buffer)[]>, number: number): string {
  const value = fields.get(number)?.at(-1);
  return Buffer.isBuffer(value) ? value.toString() : '';
}

export function numberOf(fields: Map<number, (bigint | Buffer)[]>, number: number): number {
  const value = fields.get(number)?.at(-1);
  return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : 0;
}

export function hello(body: Uint8Array): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt32BE(MAGIC);
  head.writeUInt16BE(body.length, 4);
  return Buffer.concat([head, body]);
}

/** @param lengthBytes what is said of the body's length, if that is a lie. */
export function frame(type: number, body: Uint8Array, lengthBytes = body.length, compression = 0): Buffer {
  const header = record(
    ...(type === 0 ? [] : [[1, type] as Field]),
    ...(compression === 0 ? [] : [[2, compression] as Field]),
  );
  const head = Buffer.alloc(2 + header.length + 4);
  head.writeUInt16BE(header.length);
  header.copy(head, 2);
  head.writeUInt32BE(lengthBytes >>> 0, 2 + header.length);
  return Buffer.concat([head, body]);
}

/** A message packed as LZ4 does it: what it stands for, then one block. @param contentBytes what is said of that. */
export function packedFrame(type: number, block: Uint8Array, contentBytes: number): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(contentBytes >>> 0);
  const body = Buffer.concat([length, block]);
  return frame(type, body, body.length, 1);
}

/** An LZ4 block that has its content as it is. */
export function literals(content: Uint8Array): Buffer {
  const token = Math.min(content.length, 15) << 4;
  return Buffer.concat([Buffer.from([token, ...(content.length < 15 ? [] : more(content.length - 15))]), content]);
}

/** The densest LZ4 block: one byte, again and again, `count` times in all. */
export function bombOf(byte: number, count: number): Buffer {
  const copied = count - 1 - 5; // the last five bytes of a block are literals
  return Buffer.concat([Buffer.from([0x1f, byte, 1, 0, ...more(copied - 4 - 15), 0x50]), Buffer.alloc(5, byte)]);
}

function more(length: number): number[] {
  return [...Array<number>(Math.floor(length / 255)).fill(255), length % 255];
}

/** Reads an LZ4 block. */
export function unpack(block: Buffer, contentBytes: number): Buffer {
  const content = Buffer.alloc(contentBytes);
  let [from, to] = [0, 0];
  const length = (start: number): number => {
    let value = start;
    if (start === 15) for (let byte = 255; byte === 255; value += byte) byte = block[from++] ?? 0;
    return value;
  };
  while (from < block.length) {
    const token = block[from++] ?? 0;
    const plain = length(token >> 4);
    to += block.copy(content, to, from, from + plain);
    from += plain;
    if (from >= block.length) break;
    const offset = block.readUInt16LE(from);
    from += 2;
    for (let left = length(token & 15) + 4; left > 0; left -= 1) content[to] = content[to++ - offset] ?? 0;
  }
  return content;
}

export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
