/**
 * The names in an index of git: what it tracks in a working tree.
 *
 * Versions 2 to 4, with object names of 20 bytes or of 32, as git's own documentation of the format describes them
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

/** @returns undefined if it is no index, or one that cannot be understood. */
export function namesInIndex(bytes: Uint8Array): readonly string[] | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const version = view.getUint32(4);
  if (view.getUint32(0) !== SIGNATURE || version < 2 || version > 4) return undefined;
  for (const objectBytes of OBJECT_NAME_BYTES) {
    const names = readNames(bytes, view, version, objectBytes);
    if (names !== undefined) return names;
  }
  return undefined;
}

function readNames(bytes: Uint8Array, view: DataView, version: number, objectBytes: number): string[] | undefined {
  const count = view.getUint32(8);
  const names: string[] = [];
  let before: Uint8Array = new Uint8Array(0);
  let at = HEADER_BYTES;
  for (let read = 0; read < count;) {
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
    if (end === -1 || end === pathAt || end - pathAt > PATH_BYTES_MAX) return undefined;
    const path = new Uint8Array(kept.length + end - pathAt);
    path.set(kept);
    path.set(bytes.subarray(pathAt, end), kept.length);
    // The length stands there, too: with object names of another size it would be something else.
    if (Math.min(path.length, LENGTH_MASK) !== (view.getUint16(flagsAt) & LENGTH_MASK)) return undefined;
    const name = textOf(path);
    if (name !== undefined) names.push(name);
    read += 1;
    before = path;
    // Up to version 3 an entry ends with one to eight zeros, at a multiple of eight.
    at = version === 4 ? end + 1 : at + (Math.floor((end - at) / 8) + 1) * 8;
  }
  return names;
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
