import { equal, ok, throws } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCode, isTrivial, readCode, showCode } from './code.ts';

/** Chance that draws these values, one after the other. */
function drawing(...values: readonly number[]): () => Uint8Array {
  const left = [...values];
  return () => {
    const value = left.shift();
    if (value === undefined) throw new Error('nothing is left to draw');
    return Uint8Array.of(value >> 16, (value >> 8) & 0xff, value & 0xff);
  };
}

const draws: readonly [rule: string, values: readonly number[], want: string][] = [
  ['a value is taken by its last six digits', [481_207], '481207'],
  ['leading zeros stay', [7_000_042], '000042'],
  ['the last value of the last whole million counts', [15_999_998], '999998'],
  ['what lies beyond would favour small codes and is drawn again', [16_000_000, 16_777_215, 481_207], '481207'],
  ['a trivial code is drawn again', [0, 123_456, 111_111, 5_654_321, 481_207], '481207'],
];
for (const [rule, values, want] of draws) test(`J6 ${rule}`, () => equal(createCode(drawing(...values)), want));

test('J6 every kind of code is about as likely as any other', () => {
  const counts = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 20_000; i += 1) {
    const first = Number(createCode((length) => randomBytes(length))[0]);
    counts[first] = (counts[first] ?? 0) + 1;
  }
  // 2,000 each, give or take 42: six times that never happens by chance.
  for (const count of counts) ok(Math.abs(count - 2_000) < 260, counts.join());
});

test('J6 chance that is broken makes no code, and does not hang', () => {
  throws(() => createCode(() => new Uint8Array(3)), /chance/);
  throws(() => createCode(() => new Uint8Array(3).fill(255)), /chance/);
});

const looks: readonly [code: string, want: boolean][] = [
  ['000000', true],
  ['111111', true],
  ['123456', true],
  ['654321', true],
  ['890123', true],
  ['135791', true],
  ['121212', true],
  ['481481', true],
  ['481207', false],
  ['112233', false],
  ['123457', false],
  ['000001', false],
];
for (const [code, want] of looks)
  test(`J6 ${code} is ${want ? 'too good to be chance' : 'a good code'}`, () => equal(isTrivial(code), want));

test('J6 few codes are trivial', () => {
  let trivial = 0;
  for (let value = 0; value < 1_000_000; value += 1) if (isTrivial(String(value).padStart(6, '0'))) trivial += 1;
  equal(trivial, 1_170);
});

const typed: readonly [what: string, text: string, want: string | undefined][] = [
  ['as it is', '481207', '481207'],
  ['as it is shown', '481 207', '481207'],
  ['with a dash', '481-207', '481207'],
  ['with a long dash', '481–207', '481207'],
  ['with a minus sign', '481−207', '481207'],
  ['with a dot', '481.207', '481207'],
  ['with spaces of every kind', '\t4 8\u00a01\u2009207 \n', '481207'],
  ['with marks that nobody sees', '\u200e481\u200b207\ufeff', '481207'],
  ['in full width', '４８１　２０７', '481207'],
  ['in Arabic-Indic digits', '٤٨١ ٢٠٧', '481207'],
  ['in Persian digits', '۴۸۱۲۰۷', '481207'],
  ['in Devanagari digits', '४८१ २०७', '481207'],
  ['in Thai digits', '๔๘๑๒๐๗', '481207'],
  ['in mixed digits', '4８١२07', '481207'],
  ['with zeros in front', '000042', '000042'],
  ['nothing', '', undefined],
  ['five digits', '48120', undefined],
  ['seven digits', '4812071', undefined],
  ['a letter', '48I207', undefined],
  ['a letter more', '481207a', undefined],
  ['a number with a sign', '+481207', undefined],
  ['a number of another form', '4812e2', undefined],
  ['a circled digit', '48120⑦', undefined],
  ['half an emoji', '48120\ud83d', undefined],
];
for (const [what, text, want] of typed) test(`J7 typed ${what}`, () => equal(readCode(text), want));

test('J7 whatever is typed, reading it gives six digits or nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
      const code = readCode(text);
      ok(code === undefined || /^\d{6}$/.test(code));
    }),
  );
});

test('J7 what is shown is read back', () => {
  equal(showCode('481207'), '481 207');
  for (const code of ['000042', '999998']) equal(readCode(showCode(code)), code);
});
