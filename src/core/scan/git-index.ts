/**
 * The names in an index of git: what it tracks in a working tree.
 *
 * Versions 2 to 4, split or not, with object names of 20 bytes or of 32, as git's own documentation of the format describes them
 * (gitformat-index). The times, modes and object names of the entries are not looked at.
 * @module
 */
import { fromUtf8 } from '../text.ts';

const HEADER_BYTES = 12;
const SIGNATURE = 0x44495243; // "DIRC"
/** Times, device, inode, mode, owner and size. */
const STAT_BYTES = 40;
const OBJECT_NAME_BYTES = [20, 32] as const;
const IS_EXTENDED = 0x4000;
const LENGTH_MASK = 0xfff;
const PATH_BYTES_MAX = 65_536;
/** In version 4 a name leaves out what it has in common with the one before. More of that than any tree has would fill the memory. */
const PATHS_PER_INDEX_MAX = 8;
const LINK = 0x6c696e6b; // "link"
/** More than a file of 128 MiB has room for. */
const ENTRIES_MAX = 2_200_000;

export interface GitIndex {
  /** In their order; undefined for one that is not UTF-8: it is not synced either. */
  readonly names: readonly (string | undefined)[];
  /** With `core.splitIndex` most names stand in an index that several have in common. */
  readonly shared: SharedIndex | undefined;
}

/** What an index says of the one that it shares. */
export interface SharedIndex {
  /** In the repository's directory. */
  readonly file: string;
  /** 1 for each name, by its position there, that is tracked no longer. */
  readonly removed: Uint8Array;
}

/** @returns undefined if it is no index, or one that cannot be understood. */
export function readGitIndex(bytes: Uint8Array): GitIndex | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const version = view.getUint32(4);
  if (view.getUint32(0) !== SIGNATURE || version < 2 || version > 4) return undefined;
  for (const objectBytes of OBJECT_NAME_BYTES) {
    const index = readWith(bytes, view, version, objectBytes);
    if (index !== undefined) return index;
  }
  return undefined;
}

/** @param shared what {@link GitIndex.shared} is about. */
export function trackedNames(index: GitIndex, shared: GitIndex | undefined): ReadonlySet<string> {
  const left = shared?.names.filter((_, position) => index.shared?.removed[position] !== 1) ?? [];
  return new Set([...index.names, ...left].filter((name) => name !== undefined));
}

function readWith(bytes: Uint8Array, view: DataView, version: number, objectBytes: number): GitIndex | undefined {
  const count = view.getUint32(8);
  const names: (string | undefined)[] = [];
  let before: Uint8Array = new Uint8Array(0);
  let at = HEADER_BYTES;
  let isSplit = false;
  let pathBytes = 0;
  for (let read = 0; read < count; read += 1) {
    const flagsAt = at + STAT_BYTES + objectBytes;
    if (flagsAt + 2 > bytes.length) return undefined;
    let pathAt = flagsAt + 2 + (version > 2 && (view.getUint16(flagsAt) & IS_EXTENDED) !== 0 ? 2 : 0);
    let kept: Uint8Array = new Uint8Array(0);
    if (version === 4) {
      const dropped = readVarint(bytes, pathAt);
      if (dropped === undefined || dropped.value > before.length) return undefined;
      kept = before.subarray(0, before.length - dropped.value);
      pathAt = dropped.end;
    }
    const end = bytes.indexOf(0, pathAt);
    if (end === -1 || end - pathAt > PATH_BYTES_MAX) return undefined;
    pathBytes += kept.length + end - pathAt;
    if (pathBytes > PATHS_PER_INDEX_MAX * bytes.length) return undefined;
    const path = new Uint8Array(kept.length + end - pathAt);
    path.set(kept);
    path.set(bytes.subarray(pathAt, end), kept.length);
    // The length stands there, too: with object names of another size it would be something else.
    if (Math.min(path.length, LENGTH_MASK) !== (view.getUint16(flagsAt) & LENGTH_MASK)) return undefined;
    // What has another content than in the shared index comes first, and has its name there.
    if (path.length === 0 && names.length === 0) isSplit = true;
    else if (end === pathAt) return undefined;
    else names.push(textOf(path));
    before = path;
    // Up to version 3 an entry ends with one to eight zeros, at a multiple of eight.
    at = version === 4 ? end + 1 : at + (Math.floor((end - at) / 8) + 1) * 8;
  }
  const shared = readLink(bytes, view, at, objectBytes);
  return shared === 'malformed' || (isSplit && shared === undefined) ? undefined : { names, shared };
}

/** The extension that names the shared index, if there is one after the entries. */
function readLink(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  objectBytes: number,
): SharedIndex | 'malformed' | undefined {
  const end = bytes.length - objectBytes;
  for (let at = from; at + 8 <= end;) {
    const next = at + 8 + view.getUint32(at + 4);
    if (view.getUint32(at) === LINK) {
      const bitmapAt = at + 8 + objectBytes;
      const name = bytes.subarray(at + 8, bitmapAt);
      if (next > end || bitmapAt > next) return 'malformed';
      if (name.every((byte) => byte === 0)) return undefined; // it shares none
      const removed = bitmapAt === next ? new Uint8Array(0) : readBitmap(view, bitmapAt, next);
      return removed === undefined ? 'malformed' : { file: `sharedindex.${toHex(name)}`, removed };
    }
    at = next;
  }
  return undefined;
}

/**
 * A bitmap as EWAH packs it: how many bits, how many words, the words of 64 bits. A marker word says how many words are all alike,
 * and how many follow it as they are.
 * @returns a byte for each bit.
 */
function readBitmap(view: DataView, from: number, end: number): Uint8Array | undefined {
  if (from + 8 > end) return undefined;
  const count = view.getUint32(from);
  const wordsEnd = from + 8 + view.getUint32(from + 4) * 8;
  if (count > ENTRIES_MAX || wordsEnd > end) return undefined;
  const bits = new Uint8Array(count);
  let position = 0;
  for (let at = from + 8; at < wordsEnd && position < count; at += 8) {
    const [high, low] = [view.getUint32(at), view.getUint32(at + 4)];
    const alike = ((low >>> 1) + (high & 1) * 2 ** 31) * 64;
    if ((low & 1) === 1) bits.fill(1, position, position + alike);
    position += alike;
    const literalsEnd = at + (high >>> 1) * 8;
    for (; at < literalsEnd && at + 8 < wordsEnd && position < count; position += 64) {
      at += 8;
      for (let bit = 0; bit < 64; bit += 1) {
        const half = view.getUint32(bit < 32 ? at + 4 : at);
        if (position + bit < count) bits[position + bit] = (half >>> (bit % 32)) & 1;
      }
    }
  }
  return bits;
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Undefined for what is not UTF-8: it is not synced either. */
function textOf(path: Uint8Array): string | undefined {
  try {
    return fromUtf8(path).normalize('NFC');
  } catch {
    return undefined;
  }
}

/** Seven bits a byte, the highest first, and each byte but the last adds one: git's "offset encoding". */
function readVarint(bytes: Uint8Array, from: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let at = from; at < from + 4; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    value = value * 128 + (byte & 0x7f);
    if ((byte & 0x80) === 0) return { value, end: at + 1 };
    value += 1;
  }
  return undefined;
}
