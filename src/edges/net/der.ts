/**
 * Writes DER, the one encoding of ASN.1 values that certificates use: tag, length, content.
 * @module
 */

export function derSequence(...parts: Uint8Array[]): Buffer {
  return der(0x30, ...parts);
}

export function derSet(...parts: Uint8Array[]): Buffer {
  return der(0x31, ...parts);
}

/** A non-negative number, big-endian. */
export function derInteger(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const shortest = bytes.subarray(start);
  // The first bit is the sign: a zero byte in front keeps the number positive.
  return (shortest[0] ?? 0) & 0x80 ? der(0x02, Buffer.from([0]), shortest) : der(0x02, shortest);
}

/** Dotted numbers, as in `1.2.840.10045.4.3.2`. */
export function derObjectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

export function derBoolean(value: boolean): Buffer {
  return der(0x01, Buffer.from([value ? 0xff : 0]));
}

export function derUtf8(text: string): Buffer {
  return der(0x0c, Buffer.from(text));
}

export function derOctets(bytes: Uint8Array): Buffer {
  return der(0x04, bytes);
}

/** @param unusedBits of the last byte, 0–7 */
export function derBits(bytes: Uint8Array, unusedBits = 0): Buffer {
  return der(0x03, Buffer.from([unusedBits]), bytes);
}

/** A moment, to the second: UTCTime until 2049, GeneralizedTime after, as RFC 5280 §4.1.2.5 demands. */
export function derTime(moment: Date): Buffer {
  const digits = `${moment
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/\D/g, '')}Z`;
  return moment.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}

/** `[number]` that holds a whole value of its own. */
export function derExplicit(number: number, part: Uint8Array): Buffer {
  return der(0xa0 | number, part);
}

/** `[number]` in place of a text's own tag. */
export function derImplicitText(number: number, text: string): Buffer {
  return der(0x80 | number, Buffer.from(text));
}

function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const shortest = length.subarray(length.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([tag, 0x80 | shortest.length]), shortest, content]);
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift(0x80 | (rest & 0x7f));
  return bytes;
}
