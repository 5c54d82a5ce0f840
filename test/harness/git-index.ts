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

/** Git's "offset encoding". */
function varint(value: number): Buffer {
  const bytes = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) {
    rest -= 1;
    bytes.unshift(0x80 | (rest & 0x7f));
  }
  return Buffer.from(bytes);
}
