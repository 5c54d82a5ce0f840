/**
 * A device's name: the SHA-256 of its certificate, and how people read, write and mistype it.
 *
 * Text form: the 32 bytes in base32 (52 letters), a check letter after each 13, in groups of 7 joined by dashes: 63
 * characters. Source: bep.md §1.1 of the protocol notes; SPEC D1–D6.
 * @module
 */

export const DEVICE_ID_BYTES = 32;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const LETTERS = 52;
const CHECKED_GROUP = 13;
const GROUPS = LETTERS / CHECKED_GROUP;
const PRINTED_GROUP = 7;
/** Digits that are no base32 letters, and the letters that were meant. */
const MISREAD: Readonly<Record<string, string>> = { '0': 'O', '1': 'I', '8': 'B' };

export type DeviceIdFault =
  /** Neither 56 letters nor, as old versions print it, 52 without check letters. */
  | { readonly fault: 'length'; readonly letters: number }
  /** Something that is no letter of a device ID, such as 9. */
  | { readonly fault: 'character'; readonly character: string }
  /** A typing mistake in one of four parts. `groups` are the two printed groups of seven, as they were typed. */
  | { readonly fault: 'check'; readonly part: 1 | 2 | 3 | 4; readonly groups: string };

export type ParsedDeviceId =
  | { readonly ok: true; readonly device: Uint8Array }
  | ({ readonly ok: false; readonly message: string } & DeviceIdFault);

/**
 * A device ID as people print it.
 * @param device 32 bytes.
 */
export function deviceIdText(device: Uint8Array): string {
  const letters = toBase32(device);
  let checked = '';
  for (let at = 0; at < letters.length; at += CHECKED_GROUP) {
    const group = letters.slice(at, at + CHECKED_GROUP);
    checked += group + checkLetter(group);
  }
  return printedGroups(checked).join('-');
}

/**
 * Reads what a person typed or pasted: any case, with or without dashes and spaces, `0`, `1` and `8` taken for the letters
 * that they look like. A mistake is told as a value, with a sentence that says where it is.
 */
export function parseDeviceId(typed: string): ParsedDeviceId {
  const letters = typed
    .toUpperCase()
    .replaceAll(/[\s=-]/g, '')
    .replaceAll(/[018]/g, (digit) => MISREAD[digit] ?? digit);
  const [foreign] = letters.match(/[^A-Z2-7]/u) ?? [];
  if (foreign !== undefined) {
    const message = `a device ID consists of the letters A to Z and the digits 2 to 7, not of "${foreign}"`;
    return { ok: false, message, fault: 'character', character: foreign };
  }
  if (letters.length === LETTERS) return toDevice(letters);
  if (letters.length !== LETTERS + GROUPS) {
    const message = `a device ID has ${LETTERS + GROUPS} letters, this has ${letters.length}`;
    return { ok: false, message, fault: 'length', letters: letters.length };
  }
  return checkAndStrip(letters);
}

/**
 * The short ID: the first 8 bytes, big endian. Names a device in version vectors.
 * @param device 32 bytes.
 */
export function shortId(device: Uint8Array): bigint {
  let id = 0n;
  for (const byte of device.subarray(0, 8)) id = (id << 8n) | BigInt(byte);
  return id;
}

/** The seven letters that people see of a short ID; the first group of the whole ID. */
export function shortIdText(short: bigint): string {
  let letters = '';
  for (let shift = 59n; letters.length < PRINTED_GROUP; shift -= 5n)
    letters += letterAt(Number((short >> shift) & 31n));
  return letters;
}

function checkAndStrip(letters: string): ParsedDeviceId {
  let stripped = '';
  for (const part of [1, 2, 3, 4] as const) {
    const end = part * (CHECKED_GROUP + 1);
    const group = letters.slice(end - CHECKED_GROUP - 1, end - 1);
    if (checkLetter(group) !== letters[end - 1]) {
      const groups = printedGroups(letters.slice(end - CHECKED_GROUP - 1, end)).join('-');
      const message = `part ${part} of 4 has a typing mistake: "${groups}"`;
      return { ok: false, message, fault: 'check', part, groups };
    }
    stripped += group;
  }
  return toDevice(stripped);
}

/** 52 letters hold 260 bits, four more than the ID has; they say nothing, so they are not looked at. */
function toDevice(letters: string): ParsedDeviceId {
  const device = new Uint8Array(DEVICE_ID_BYTES);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const letter of letters) {
    bits = ((bits << 5) | ALPHABET.indexOf(letter)) & 0xfff;
    held += 5;
    if (held < 8 || at === DEVICE_ID_BYTES) continue;
    held -= 8;
    device[at] = bits >>> held;
    at += 1;
  }
  return { ok: true, device };
}

function toBase32(device: Uint8Array): string {
  let letters = '';
  let bits = 0;
  let held = 0;
  for (const byte of device) {
    bits = ((bits << 8) | byte) & 0xfff;
    held += 8;
    while (held >= 5) {
      held -= 5;
      letters += letterAt((bits >>> held) & 31);
    }
  }
  return held === 0 ? letters : letters + letterAt((bits << (5 - held)) & 31);
}

/** "Luhn mod 32" as Syncthing has it: the factors 1, 2, 1, 2… start at the left, unlike the textbook's. */
function checkLetter(group: string): string {
  let sum = 0;
  let factor = 1;
  for (const letter of group) {
    const product = factor * ALPHABET.indexOf(letter);
    sum += Math.floor(product / 32) + (product % 32);
    factor = 3 - factor;
  }
  return letterAt((32 - (sum % 32)) % 32);
}

function printedGroups(letters: string): string[] {
  return letters.match(/.{1,7}/g) ?? [];
}

function letterAt(code: number): string {
  return ALPHABET.charAt(code);
}
