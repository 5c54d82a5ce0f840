/**
 * UTF-8, for the pure core. The encoder and decoder are part of every JavaScript runtime but of no ECMAScript library
 * file, hence the two declarations.
 * @module
 */
declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  constructor(label: 'utf-8', options: { fatal: boolean; ignoreBOM: boolean });
  decode(bytes: Uint8Array): string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function toUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** @throws TypeError if the bytes are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The longest beginning of `text` that fits into `bytesMax` bytes of UTF-8, never half a character. */
export function cutUtf8(text: string, bytesMax: number): string {
  let kept = '';
  let bytes = 0;
  for (const character of text) {
    bytes += toUtf8(character).length;
    if (bytes > bytesMax) return kept;
    kept += character;
  }
  return kept;
}
