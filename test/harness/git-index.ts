/**
 * Indexes of git, as git writes them but for what nobody here reads.
 * @module
 */

/** @param names in their order. */
export function gitIndex(names: readonly string[], version: 2 | 4 = 2, objectBytes: 20 | 32 = 20): Buffer {
  const header = Buffer.alloc(12);
  header.write('DIRC');
  header.writeUInt32BE(version, 4);
  header.writeUInt32BE(names.length, 8);
  const entries = names.map((name, index) => {
    const path = Buffer.from(name);
    const fixed = Buffer.alloc(40 + objectBytes + 2, 1);
    fixed.writeUInt16BE(Math.min(path.length, 0xfff), 40 + objectBytes);
    if (version === 4) {
      const before = Buffer.from(names[index - 1] ?? '');
      let same = 0;
      while (same < before.length && before[same] === path[same]) same += 1;
      return Buffer.concat([fixed, varint(before.length - same), path.subarray(same), Buffer.alloc(1)]);
    }
    const length = fixed.length + path.length;
    return Buffer.concat([fixed, path, Buffer.alloc(8 - (length % 8))]);
  });
  return Buffer.concat([header, ...entries, Buffer.alloc(objectBytes, 2)]);
}

export interface Split {
  readonly file: string;
  /** How many entries stand for such of the shared index, with another content. */
  readonly replaced: number;
  /** Positions in the shared index. */
  readonly removed: readonly number[];
}

/** @param names those that are in no shared index. */
export function splitGitIndex(
  names: readonly string[],
  { file, replaced, removed }: Split,
  version: 2 | 4 = 2,
  objectBytes: 20 | 32 = 20,
): Buffer {
  const whole = gitIndex([...Array.from({ length: replaced }, () => ''), ...names], version, objectBytes);
  const hash = Buffer.alloc(objectBytes);
  hash.write(file.slice(file.indexOf('.') + 1), 'hex');
  const data = Buffer.concat([hash, bitmap(removed), bitmap([])]);
  const head = Buffer.alloc(8);
  head.write('link');
  head.writeUInt32BE(data.length, 4);
  return Buffer.concat([whole.subarray(0, -objectBytes), head, data, whole.subarray(-objectBytes)]);
}

/** In EWAH, all words as they are. */
function bitmap(positions: readonly number[]): Buffer {
  const count = Math.max(-1, ...positions) + 1;
  const words = Math.ceil(count / 64);
  const bytes = Buffer.alloc(8 + 8 + words * 8 + 4);
  bytes.writeUInt32BE(count, 0);
  bytes.writeUInt32BE(words + 1, 4);
  bytes.writeUInt32BE(words * 2, 8);
  for (const position of positions) {
    const at = 16 + Math.floor(position / 64) * 8 + (position % 64 < 32 ? 4 : 0);
    bytes.writeUInt32BE((bytes.readUInt32BE(at) | (1 << (position % 32))) >>> 0, at);
  }
  return bytes;
}

/** Git's "offset encoding". */
function varint(value: number): Buffer {
  const bytes = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) {
    rest -= 1;
    bytes.unshift(0x80 | (rest & 0x7f));
  }
  return Buffer.from(bytes);
}
