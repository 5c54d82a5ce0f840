/**
 * CPace, a balanced password-authenticated key exchange: two sides that know the same short code get the same strong key, and
 * whoever does not know it can test one guess per run and nothing afterwards. Suite CPACE-X25519-SHA512 of
 * draft-irtf-cfrg-cpace, between an initiator and a responder.
 *
 * ```
 * g = generator(code, channel, session)      both, in secret
 * Y = y·g                                    each, with a y of its own, used once; sent openly
 * K = y·Y of the far end                     both; never 0, never shown
 * key = hash(session, K, all that was sent); each proves it with a tag over what it sent
 * ```
 * Hash, MAC and scalar multiplication are the caller's (see {@link PairingCrypto}): this file only says what goes into them.
 * @module
 */
import { toUtf8 } from '../text.ts';
import { elligator2, FIELD_BYTES } from './elligator.ts';

/** What CPace needs of a cryptographic library. */
export interface PairingCrypto {
  /** SHA-512. */
  hash(bytes: Uint8Array): Uint8Array;
  /** HMAC with SHA-512. */
  hmac(key: Uint8Array, bytes: Uint8Array): Uint8Array;
  /**
   * X25519 (RFC 7748).
   * @param scalar 32 bytes. @param u 32 bytes.
   * @returns undefined if the result is 0: `u` is a point of low order.
   */
  multiply(scalar: Uint8Array, u: Uint8Array): Uint8Array | undefined;
  /** In a time that does not tell where they differ. */
  isEqual(a: Uint8Array, b: Uint8Array): boolean;
}

export const SCALAR_BYTES = 32;
export const SHARE_BYTES = FIELD_BYTES;
export const TAG_BYTES = 64;

/** What both sides must know alike before the run; the draft's names are in brackets. */
export interface CpaceInputs {
  /** What only the two know, and may be short (PRS). */
  readonly password: Uint8Array;
  /** Who talks to whom (CI). */
  readonly channel: Uint8Array;
  /** This connection and no other (sid). */
  readonly session: Uint8Array;
}

/** What one side sends. */
export interface Share {
  /** Its point, 32 bytes (Y). */
  readonly y: Uint8Array;
  /** What it says along with it (AD). */
  readonly data: Uint8Array;
}

/** What each side proves to the other at the end. */
export interface Tags {
  readonly initiator: Uint8Array;
  readonly responder: Uint8Array;
}

const GROUP = toUtf8('CPace255');
const GROUP_ISK = toUtf8('CPace255_ISK');
const MAC_KEY = toUtf8('CPaceMac');
/** SHA-512 reads blocks of so many bytes. */
const HASH_BLOCK_BYTES = 128;

/** Each part behind its length: no two different lists of parts give the same bytes (lv_cat). */
export function lengthValue(...parts: readonly Uint8Array[]): Uint8Array {
  return concatenated(...parts.flatMap((part) => [leb128(part.length), part]));
}

/** The secret point that a run starts from, 32 bytes. */
export function generatorOf(crypto: PairingCrypto, inputs: CpaceInputs): Uint8Array {
  return elligator2(crypto.hash(generatorString(inputs)).subarray(0, FIELD_BYTES));
}

/** Zeros fill the first block of the hash behind the password, so that its time says nothing about the password's length. */
export function generatorString({ password, channel, session }: CpaceInputs): Uint8Array {
  const head = lengthValue(GROUP, password).length;
  const padding = new Uint8Array(Math.max(0, HASH_BLOCK_BYTES - 1 - head));
  return lengthValue(GROUP, password, padding, channel, session);
}

/** All that was said, who first (transcript_ir). */
export function transcriptOf(initiator: Share, responder: Share): Uint8Array {
  return concatenated(lengthValue(initiator.y, initiator.data), lengthValue(responder.y, responder.data));
}

/** The key that both have at the end (ISK), 64 bytes. `secret` is K. */
export function sessionKey(
  crypto: PairingCrypto,
  session: Uint8Array,
  secret: Uint8Array,
  transcript: Uint8Array,
): Uint8Array {
  return crypto.hash(concatenated(lengthValue(GROUP_ISK, session, secret), transcript));
}

/** The proofs that both sides have the same key. Each speaks of its own share, so neither can be sent back as the other. */
export function tagsOf(
  crypto: PairingCrypto,
  session: Uint8Array,
  key: Uint8Array,
  initiator: Share,
  responder: Share,
): Tags {
  const macKey = crypto.hash(concatenated(MAC_KEY, session, key));
  return {
    initiator: crypto.hmac(macKey, lengthValue(initiator.y, initiator.data)),
    responder: crypto.hmac(macKey, lengthValue(responder.y, responder.data)),
  };
}

/** Seven bits a byte, lowest first. */
function leb128(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Uint8Array.of(...bytes, rest);
}

function concatenated(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
