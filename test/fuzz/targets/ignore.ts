/**
 * Patterns that people write and share, and the names that they are asked about.
 * @module
 */
import fc from 'fast-check';
import { parseIgnores } from '../../../src/core/scan/ignore.ts';
import { hold, utf8, asText, type Target } from '../engine/target.ts';

const KIB = 1024;
const NAMES = [
  'a',
  'a/b',
  'a/b/c',
  'b.txt',
  'a.txt/b',
  'é/ß',
  'A/B',
  'aaaaaaaaaaaaaaaaaaaaaaab',
  'x/y/aaaaaaaaab',
  '🙂/-',
  '.stignore',
];
/** Parts the patterns, the included file, and a name to ask about. */
const BORDER = '\0';

const piece = fc.constantFrom(
  'a',
  'b',
  '*',
  '**',
  '/',
  '?',
  '[a-c]',
  '[!a]',
  '{a,b}',
  '{,a}',
  '{a,{b,}}',
  '\\*',
  'é',
  'ß',
  '.txt',
  '!',
  '(?i)',
  '(?d)',
  '[',
  '{',
  ',',
  '\\',
  '🙂',
);
const line = fc.oneof(
  { weight: 9, arbitrary: fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('#include more', '#include ../x', '#include\u2028 a', '#escape=^', '// note', ''),
  },
);
const file = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n'));

export const patterns: Target = {
  name: 'ignore-patterns',
  title:
    'G9 G10 whatever stands in .stignore, it is refused with its line, or answers for each name at once; no directory is passed over in which something is synced',
  run(bytes) {
    const [text = '', included, name = 'a'] = asText(bytes).split(BORDER);
    const rules = parseIgnores('.stignore', text, (path) => (path === 'more' ? included : undefined));
    if ('fault' in rules) {
      hold(rules.line >= 1 && rules.fault.includes(String(rules.line)), 'a fault names its line');
      return;
    }
    for (const asked of [...NAMES, name]) {
      const verdict = rules.match(asked);
      hold(verdict.line === undefined || verdict.line >= 1, 'a verdict names its line');
      if (!rules.canSkip(asked)) continue;
      for (const below of NAMES) hold(rules.match(`${asked}/${below}`).ignored, 'what is passed over is ignored');
    }
  },
  seeds: () =>
    [
      '*.tmp\n!/keep/**\n(?i)(?d)thumbs.db\n/build/\n{a,b}[!c-e]?\n',
      '#escape=^\n#include more\n^*x\n\0// note\n**/node_modules\n\0x/node_modules/y',
      `${'*a'.repeat(20)}b\n`,
    ].map(utf8),
  shaped: fc.tuple(file, file, fc.string({ maxLength: 9 })).map((parts) => utf8(parts.join(BORDER))),
  words: [
    '**',
    '*',
    '?',
    '{',
    '}',
    ',',
    '[',
    ']',
    '!',
    '(?i)',
    '(?d)',
    '#include more',
    '#include ',
    '#escape=',
    '//',
    '\n',
    '\\',
    '/',
    ' ',
    '\u2028',
  ],
  rooms: ['/src/core/scan/ignore'],
  bytesMax: 64 * KIB,
  inputs: 4_000,
  slowMs: 2_000,
};

export const IGNORE_TARGETS: readonly Target[] = [patterns];
