/**
 * The six digits that one person reads out and another types: made, shown, and read as people type them.
 * @module
 */
export const CODE_DIGITS = 6;

const CODES = 10 ** CODE_DIGITS;
/** Three bytes give 2^24 values; only so many share out evenly over the codes, the rest is thrown away. */
const EVEN_MAX = Math.floor(2 ** 24 / CODES) * CODES;
/** About one draw in twenty is thrown away. So many in a row mean that chance is broken, and no code of it is a secret. */
const DRAWS_MAX = 200;

/** The zeros of the scripts that people type digits in; 1 to 9 follow each. ASCII and full width, then by code point. */
const ZEROS: readonly number[] = [
  0x30, 0xff10, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20,
  0x1040, 0x17e0, 0x1810,
];
/** What people put between digits, and the invisible marks that come along when something is pasted. */
const BETWEEN = /[\s\p{Pd}\p{Cf}\u2212_.]/gu;

/**
 * A new code; each of those that no person would mistrust is equally likely.
 * @param randomBytes gives so many bytes of strong chance.
 */
export function createCode(randomBytes: (length: number) => Uint8Array): string {
  for (let draw = 0; draw < DRAWS_MAX; draw += 1) {
    const [a = 0, b = 0, c = 0] = randomBytes(3);
    const value = (a << 16) | (b << 8) | c;
    if (value >= EVEN_MAX) continue;
    const code = String(value % CODES).padStart(CODE_DIGITS, '0');
    if (!isTrivial(code)) return code;
  }
  throw new Error('chance gives no usable code');
}

/**
 * A code that looks as if nobody had drawn it: 000000, 123456, 654321, 135791, 121212, 481481. About one in 850, so leaving
 * them out costs nothing.
 */
export function isTrivial(code: string): boolean {
  const digits = Array.from(code, Number);
  const stepAt = (at: number): number => ((digits[at] ?? 0) - (digits[at - 1] ?? 0) + 10) % 10;
  const hasOneStep = digits.every((_, at) => at < 2 || stepAt(at) === stepAt(1));
  const repeatsAfter = (length: number): boolean => digits.every((digit, at) => digit === digits[at % length]);
  return hasOneStep || repeatsAfter(2) || repeatsAfter(3);
}

/** As people read it best: `481 207`. */
export function showCode(code: string): string {
  return `${code.slice(0, CODE_DIGITS / 2)} ${code.slice(CODE_DIGITS / 2)}`;
}

/**
 * Reads what a person typed or pasted: with spaces or dashes, in the digits of many scripts.
 * @returns undefined if it is not six digits.
 */
export function readCode(typed: string): string | undefined {
  const digits = Array.from(typed.replaceAll(BETWEEN, ''), digitOf);
  return digits.length === CODE_DIGITS && digits.every((digit) => digit !== undefined) ? digits.join('') : undefined;
}

function digitOf(character: string): number | undefined {
  const point = character.codePointAt(0) ?? 0;
  const zero = ZEROS.find((candidate) => point >= candidate && point < candidate + 10);
  return zero === undefined ? undefined : point - zero;
}
