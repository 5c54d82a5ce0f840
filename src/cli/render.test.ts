import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import {
  countedText,
  durationText,
  folderName,
  jsonLine,
  printable,
  shellWord,
  shortened,
  sizeText,
  table,
} from './render.ts';
import { parseTime } from './usage.ts';

test('U55 sizes, counts and durations as people read them', () => {
  const sizes = [0, 999, 1000, 9_940, 9_960, 999_499, 999_950, 3_900_000_000, 5e18].map(sizeText);
  deepEqual(sizes, ['0 B', '999 B', '1.0 kB', '9.9 kB', '10 kB', '999 kB', '1.0 MB', '3.9 GB', '5000 PB']);
  deepEqual([countedText(1, 'file'), countedText(1284, 'file')], ['1 file', '1,284 files']);
  deepEqual([0.2, 9, 34, 100, 3599, 7200].map(durationText), ['1 s', '9 s', '30 s', '2 min', '60 min', '2 h']);
});

test('U56 a name from elsewhere cannot write to the terminal', () => {
  equal(printable('a\u001b[2Jb\nc\u202ed'), 'a\\u{1b}[2Jb\\u{a}c\\u{202e}d');
  equal(printable('\u{1f469}\u200d\u{1f4bb}'), '\u{1f469}\u200d\u{1f4bb}');
  equal(folderName('/x/\u001bNotes'), '\\u{1b}Notes');
  equal(folderName('/'), '/');
});

test('U57 columns line up, and a long line is cut in the middle', () => {
  deepEqual(
    table([
      ['a', 'bb', 'c'],
      ['aaa', '', 'c'],
    ]),
    ['a    bb  c', 'aaa      c'],
  );
  equal(shortened('abcdefghij', 7), 'abc…hij');
  equal(shortened('abc', 7), 'abc');
});

test('U58 a time means the beginning of what it names, so that what history prints finds its version', () => {
  const now = new Date('2026-11-24T12:00:00');
  const at = (text: string): string => {
    const time = parseTime(text, now);
    return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, -1);
  };
  equal(at('10:31'), '2026-11-24T10:31:00.000');
  equal(at('10:31:05'), '2026-11-24T10:31:05.000');
  equal(at('2026-11-24 10:31:05'), '2026-11-24T10:31:05.000');
  equal(at('2026-11-24T10:31:05.123'), '2026-11-24T10:31:05.123');
  equal(at('2026-11-23'), '2026-11-23T00:00:00.000');
  for (const text of ['soon', '25:00:00x', '', '24:00', '10:61', 'soon 3', '+275760-09-14'])
    throws(() => parseTime(text, now), { code: 'E_USAGE' });
});

test('Q22 what another computer calls its folder is one word to the shell, whatever it holds', () => {
  equal(shellWord('camera-1'), 'camera-1');
  equal(shellWord('x; rm -rf ~'), "'x; rm -rf ~'");
  equal(shellWord("it's $(id)"), "'it'\\''s $(id)'");
  equal(shellWord('-x'), "'-x'");
  equal(shellWord('a\nb'), "'a\\u{a}b'");
});

test('T3 JSON turns no line round and moves no cursor, and says the same', () => {
  const hostile = { name: 'a\u001b\u0085\u2028\u202egpj.exe\u2066\u{e0001}\u{1f469}' };
  const line = jsonLine(hostile);
  equal(/[\p{Cc}\p{Cf}\u2028]/u.test(line), false);
  deepEqual(JSON.parse(line), hostile);
});
