/**
 * Entries of an index, right unless told otherwise.
 * @module
 */
import { HASH_OF_NOTHING, record, recordOf, sha256, varint, type Field, type Value } from './wire.ts';

export const KIND = { file: 0, directory: 1, symlink: 4 } as const;
const BLOCK_BYTES = 131_072;

export interface Block {
  readonly offset: number | bigint;
  readonly size: number | bigint;
  readonly hash: Uint8Array;
}

/** What an entry says; what is left out is not written. */
export interface Entry {
  readonly name: string | Uint8Array;
  readonly sequence: number | bigint;
  /** Counters: short device ID, value. */
  readonly version: readonly (readonly [bigint, bigint])[];
  readonly type?: number;
  readonly size?: number | bigint;
  readonly permissions?: number;
  readonly modifiedS?: number | bigint;
  readonly modifiedNs?: number | bigint;
  readonly deleted?: boolean;
  readonly invalid?: boolean;
  readonly modifiedBy?: bigint;
  readonly blockSize?: number;
  readonly blocks?: readonly Block[];
  readonly target?: string | Uint8Array;
}

const optional = (number: number, value: Value | undefined): Field[] => (value === undefined ? [] : [[number, value]]);

export function entryBytes(entry: Entry): Buffer {
  const counters = entry.version.map(([id, value]): Field => [1, record([1, id], [2, value])]);
  const blocks = entry.blocks ?? [];
  return recordOf([
    [1, entry.name],
    ...optional(2, entry.type),
    ...optional(3, entry.size),
    ...optional(4, entry.permissions),
    ...optional(5, entry.modifiedS),
    ...optional(6, entry.deleted),
    ...optional(7, entry.invalid),
    [9, recordOf(counters)],
    [10, entry.sequence],
    ...optional(11, entry.modifiedNs),
    ...optional(12, entry.modifiedBy),
    ...optional(13, entry.blockSize),
    ...blocks.map(({ offset, size, hash }): Field => [16, record([1, offset], [2, size], [3, hash])]),
    ...optional(17, entry.target),
  ]);
}

/** Blocks of some content, as an honest device cuts it. */
export function blocksOf(content: Uint8Array): Block[] {
  if (content.length === 0) return [{ offset: 0, size: 0, hash: HASH_OF_NOTHING }];
  return Array.from({ length: Math.ceil(content.length / BLOCK_BYTES) }, (_, index) => {
    const part = content.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES);
    return { offset: index * BLOCK_BYTES, size: part.length, hash: sha256(part) };
  });
}

/** Field 16 of an entry, again and again: as many full blocks as are asked for. Behind an entry's bytes it is a part of it. */
export function manyBlocks(count: number, blockSize: number, hashOf: (index: number) => Uint8Array): Buffer {
  const size = varint(blockSize);
  const bytes = Buffer.alloc(count * (50 + size.length));
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const offset = varint(index * blockSize);
    bytes.set([0x82, 0x01, 1 + offset.length + 1 + size.length + 34, 0x08], at);
    bytes.set(offset, at + 4);
    at += 4 + offset.length;
    bytes[at] = 0x10;
    bytes.set(size, at + 1);
    at += 1 + size.length;
    bytes.set([0x1a, 32], at);
    bytes.set(hashOf(index), at + 2);
    at += 34;
  }
  return bytes.subarray(0, at);
}

/** Makes one device's entries, each newer than all before. */
export class Author {
  readonly device: bigint;
  #sequence = 0;
  /** As counters are: the seconds of the clock. */
  #counter = BigInt(Math.floor(Date.now() / 1000));

  constructor(device: bigint) {
    this.device = device;
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** What every entry needs. `others`: further fields, and such as take the place of these. */
  entry(name: string | Uint8Array, others: Partial<Entry> = {}): Entry {
    this.#sequence += 1;
    this.#counter += 1n;
    const version = [[this.device, this.#counter]] as const;
    const times = { modifiedS: 1_700_000_000 + this.#sequence, modifiedBy: this.device };
    return { name, sequence: this.#sequence, version, ...times, ...others };
  }

  file(name: string | Uint8Array, content: Uint8Array | string, others: Partial<Entry> = {}): Entry {
    const bytes = Buffer.from(content);
    const blocks = blocksOf(bytes);
    return this.entry(name, { size: bytes.length, permissions: 0o644, blockSize: BLOCK_BYTES, blocks, ...others });
  }

  directory(name: string | Uint8Array, others: Partial<Entry> = {}): Entry {
    return this.entry(name, { type: KIND.directory, permissions: 0o755, ...others });
  }

  symlink(name: string | Uint8Array, target: string | Uint8Array, others: Partial<Entry> = {}): Entry {
    return this.entry(name, { type: KIND.symlink, target, ...others });
  }

  deletion(name: string | Uint8Array, others: Partial<Entry> = {}): Entry {
    return this.entry(name, { deleted: true, ...others });
  }
}
