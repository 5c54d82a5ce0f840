/**
 * Elligator 2 on Curve25519: turns any 32 bytes into a point of the curve, so that nobody knows how two such points are
 * related (draft-irtf-cfrg-cpace, "Elligator 2 reference implementation"; RFC 9380, section 6.7.1, with Z = 2).
 *
 * Timing: the exponents are constants, so every input takes the same steps; what may differ is the time of one big
 * multiplication, which BigInt does not promise to be constant. Good enough for a code that lives for ten minutes and may be
 * guessed at nine times (SECURITY.md).
 * @module
 */
export const FIELD_BYTES = 32;

const PRIME = 2n ** 255n - 19n;
/** The curve: v² = u³ + A·u² + u. */
const A = 486_662n;
/** Coordinates have 255 bits; the one above says nothing (RFC 7748). */
const COORDINATE_BITS = 255;

/**
 * The u-coordinate of a point of the curve, never of its twist.
 * @param seed 32 bytes, as evenly distributed as a hash is.
 */
export function elligator2(seed: Uint8Array): Uint8Array {
  const r = BigInt.asUintN(COORDINATE_BITS, fromLittleEndian(seed));
  // 1 + 2r² is never 0: -1/2 is no square in this field.
  const u = reduced(-A * power(1n + 2n * r * r, PRIME - 2n));
  const other = reduced(-u - A);
  return toLittleEndian(isSquare(u * (u * u + A * u + 1n)) ? u : other);
}

/** Euler's criterion. */
function isSquare(value: bigint): boolean {
  return power(value, (PRIME - 1n) / 2n) === 1n;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let factor = reduced(base);
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = reduced(result * factor);
    factor = reduced(factor * factor);
  }
  return result;
}

function reduced(value: bigint): bigint {
  const rest = value % PRIME;
  return rest < 0n ? rest + PRIME : rest;
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function toLittleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: FIELD_BYTES }, (_, at) => Number(BigInt.asUintN(8, value >> BigInt(8 * at))));
}
