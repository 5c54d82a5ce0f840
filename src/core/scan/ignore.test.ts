import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { IgnoreRules, NO_IGNORES, parseIgnores } from './ignore.ts';
import type { IgnoreOptions } from './ignore.ts';

/** Rules of a text that has no fault; included files by their resolved names. */
function rulesOf(text: string, files: Readonly<Record<string, string>> = {}, options: IgnoreOptions = {}): IgnoreRules {
  const rules = parseIgnores('.stignore', text, (path) => files[path], options);
  assert.ok(rules instanceof IgnoreRules, 'fault' in rules ? rules.fault : '');
  return rules;
}

function faultOf(text: string, files: Readonly<Record<string, string>> = {}): string {
  const rules = parseIgnores('.stignore', text, (path) => files[path]);
  assert.ok('fault' in rules, `no fault in ${text}`);
  return rules.fault;
}

/** Names as a list, or with space between. Those that are synced bear a `+`. */
type Row = readonly [rule: string, text: string, names: string | readonly string[]];

const rows: readonly Row[] = [
  ['G1 comments, blank lines and space around a line mean nothing', '// foo\n\n  bar \r\n\t//!baz\n', 'bar +foo +baz'],
  ['G1 `//` is a comment only at the beginning', 'a //b', '+a'],
  ['G1 a byte order mark is no part of the first pattern', '\uFEFFfoo', 'foo'],
  ['G2 prefixes come in any order', '(?d)(?i)!a\n!(?i)(?d)b\n(?i)!(?d)c\n*', '+A +B +C d'],
  ['G2 a prefix that comes twice belongs to the pattern', '!!a\n*', '+!a a'],
  ['G2 `!` with a class is a negated pattern', '![ab]\n*', '+a +b c'],
  ['G4 without #escape, a backslash makes a character plain', 'a\\*b\n\\[x]\n\\{y}', 'a*b +ab +aXb [x] {y} +x +y'],
  ['G4 #escape=X makes X do it, and the backslash plain', '#escape=|\n|*\n\\?', '* +abc \\x +\\'],
  ['G5 `foo`: here and below, with its content', 'foo', 'foo a/foo foo/x a/foo/x/y +foofoo +foo.txt +FOO'],
  ['G5 `/foo`: only in the root', '/foo', 'foo foo/x +a/foo'],
  ['G5 `foo/`: the content, not the directory', 'foo/', 'foo/x a/foo/x foo/x/y +foo +a/foo'],
  ['G5 `foo/**`: the same as `foo/`', 'foo/**', 'foo/x a/foo/x +foo'],
  ['G5 `**/foo`: here and below', '**/foo', 'foo a/foo a/b/foo/x +foofoo'],
  ['G5 `/**/foo`: only below a directory', '/**/foo', 'a/foo a/b/foo +foo'],
  ['G5 `a/b` also matches deeper down', 'a/b', 'a/b x/a/b x/a/b/c +a +b'],
  ['G5 `/` ignores all', '/', 'a a/b'],
  ['G5 `*` ignores all', '*', 'a a/b .a'],
  ['G7 `te*ne`: `*` stays in one name', 'te*ne', 'telephone tene s/telephone +tele/phone'],
  ['G7 `te**ne`: `**` goes through directories', 'te**ne', 'telephone tele/s/phone a/tele/phone tene'],
  ['G7 `te***ne`: more asterisks mean no more', 'te***ne', 'telephone tele/s/phone'],
  ['G7 `?` is one character, not `/`', 'te??st', 'tebest te💾xst +teb/st +test'],
  ['G7 classes', '/[a-c]1\n/[!a-c]2\n/[xy-]3', 'a1 c1 +d1 d2 +a2 x3 -3 +z3'],
  ['G7 a negated class also matches `/`, as in Syncthing', '/a[!b]c', 'axc a/c +abc'],
  ['G7 several ranges, and an escaped bracket', '/[a-c0-9_]x\n/[\\]]y', 'bx 7x _x +dx ]y'],
  ['G7 `^` does not negate', '/[^a]', '^ a +b'],
  ['G7 braces, also nested and empty', '*.{jp{,e}g,png}\n/x{,y}z', 'a.jpg a.jpeg b/a.png xz xyz +a.jp'],
  ['G7 braces may hold slashes', '/{a/b,c}', 'a/b a/b/x c +a +b'],
  ['G7 `]`, `}` and `,` are plain outside', 'a],}b', 'a],}b'],
  ['G7 characters of regular expressions are plain', 'a.b+(c)$|d^', 'a.b+(c)$|d^ +aXb'],
  ['G7 names need not be English', 'Ünï-??', 'a/Ünï-日本 +Ünï-日'],
  ['G2 (?i) leaves case aside', '(?i)Test\n(?i)[a-c]1\n(?i)ГОД', 'test TEST a/tEsT/x B1 год +b2'],
  ['G2 without (?i) case matters', 'test', 'test +TEST'],
  ['G6 the first pattern that matches decides', '!a.txt\n*.txt\n!b.txt', '+a.txt b.txt +c'],
  ['G6 `!keep` then `*`: everything but keep and its content', '!keep\n*', '+keep +keep/x +a/keep a'],
  ['G6 what is not matched is synced', 'foo', '+bar +a/b/c'],
  ['G6 a line that came before is skipped', 'a\n!a\na', 'a'],
  [
    'G6 internal names are ignored, whatever the rules say',
    '!*',
    '.stfolder/x .stignore .lanfold a/.syncthing.x.tmp +a',
  ],
  [
    'G6 the example of Syncthing’s manual, in other names',
    '(?d)Thumbs.db\n!beans\n!peas\nsoup\n*3\npe*\n(?i)old menus',
    'Thumbs.db,soup,+soups,+veg,+veg/corn,veg/pepper,+veg/peas,veg3,veg3/corn,+veg3/beans,Old Menus,Old Menus/1.PNG'.split(
      ',',
    ),
  ],
];

for (const [rule, text, names] of rows) {
  test(rule, () => {
    const rules = rulesOf(text);
    for (const marked of typeof names === 'string' ? names.split(' ') : names) {
      const synced = marked.startsWith('+');
      const name = synced ? marked.slice(1) : marked;
      assert.equal(rules.match(name).ignored, !synced, `"${name}"`);
    }
  });
}

test('G2 (?d) makes ignored names deletable, and only those', () => {
  const rules = rulesOf('!(?d)keep\n(?d).DS_Store\nother');
  assert.deepEqual(
    ['.DS_Store', 'a/.DS_Store', 'keep', 'other', 'free'].map((name) => rules.match(name).deletable),
    [true, true, false, false, false],
  );
});

test('G2 on a disk that leaves case aside all patterns do', () => {
  const rules = rulesOf('Foo\n*.TXT', {}, { foldCase: true });
  for (const name of ['foo', 'FOO', 'a.txt', 'a.Txt']) assert.ok(rules.match(name).ignored, name);
});

test('G3 an included file stands where its #include stands, and its patterns start at the root', () => {
  const files = { 'sub/more': '!/keep\n#include deeper/last', 'sub/deeper/last': '/b' };
  const rules = rulesOf('#include sub/more\n*a*\nkeep', files);
  assert.deepEqual(rules.match('keep'), {
    ignored: false,
    deletable: false,
    file: 'sub/more',
    line: 1,
    pattern: '!/keep',
  });
  assert.ok(rules.match('b').ignored);
  assert.ok(!rules.match('sub/deeper/b').ignored);
});

test('G3 included names are resolved, from the file that includes', () => {
  const asked: [path: string, from: string][] = [];
  parseIgnores('.stignore', '#include  ./a//b/x', (path, from) => {
    asked.push([path, from]);
    return path === 'a/b/x' ? '#include ../y\n#include /z' : '';
  });
  assert.deepEqual(asked, [
    ['a/b/x', '.stignore'],
    ['a/y', 'a/b/x'],
    ['a/b/z', 'a/b/x'],
  ]);
});

test('G4 each file has its own escape character', () => {
  const rules = rulesOf('#escape=|\n#include more\n|*x', { more: '\\*y' });
  assert.ok(rules.match('*x').ignored);
  assert.ok(rules.match('*y').ignored);
  assert.ok(!rules.match('ax').ignored);
  assert.ok(!rules.match('ay').ignored);
});

test('G6 the verdict names the line that decided, for `why`', () => {
  const rules = rulesOf('// mine\n\n  (?d)*.tmp  \n');
  const decided = { ignored: true, deletable: true, file: '.stignore', line: 3, pattern: '(?d)*.tmp' };
  assert.deepEqual(rules.match('a/b.tmp'), decided);
  assert.deepEqual(rules.match('a/b'), { ignored: false, deletable: false });
});

test('G6 the root is never ignored, and without rules nothing is but the internal', () => {
  assert.ok(!rulesOf('*\n**\n/').match('').ignored);
  assert.ok(!NO_IGNORES.match('a').ignored);
  assert.ok(NO_IGNORES.match('.stversions/a').ignored);
  assert.ok(!NO_IGNORES.canSkip('a'));
});

const faults: readonly (readonly [text: string, fault: string, files?: Readonly<Record<string, string>>])[] = [
  ['a\n[', 'line 2 of .stignore: "[" has a "[" without "]"'],
  ['/[a-', 'line 1 of .stignore: "/[a-" has a "[" without "]"'],
  ['**/{a,b', 'line 1 of .stignore: "**/{a,b" has a "{" without "}"'],
  ['[]', 'line 1 of .stignore: "[]" has nothing between "[" and "]"'],
  ['[z-a]', 'line 1 of .stignore: "[z-a]" has a range in "[ ]" that runs backwards'],
  ['a\\', 'line 1 of .stignore: "a\\" ends with "\\", which must stand before another character'],
  ['\n(?d)!', 'line 2 of .stignore: "(?d)!" has no pattern behind its prefix'],
  ['#include', 'line 1 of .stignore: "#include" needs a space and the name of a file'],
  ['#includex', 'line 1 of .stignore: "#include" needs a space and the name of a file'],
  ['#include no', 'line 1 of .stignore: the included file "no" cannot be read'],
  ['#include ../x', 'line 1 of .stignore: the included file "../x" lies outside the folder'],
  ['#include x\n#include ./x', 'line 2 of .stignore: "x" is included twice', { x: 'a' }],
  ['#include x', 'line 1 of x: ".stignore" is included twice', { x: '#include .stignore' }],
  ['#include x', 'line 2 of x: "{" has a "{" without "}"', { x: 'a\n{' }],
  ['a\n#escape=|', 'line 2 of .stignore: "#escape=" must come before all patterns'],
  ['#escape=', 'line 1 of .stignore: "#escape=" needs one character'],
  ['#escape=ab', 'line 1 of .stignore: "#escape=" needs one character'],
  ['#escape=/', 'line 1 of .stignore: "/" cannot be the escape character'],
  [
    `${'{'.repeat(9)}a${'}'.repeat(9)}`,
    'line 1 of .stignore: "{{{{{{{{{a}}}}}}}}}" has braces nested more than 8 deep',
  ],
];

for (const [text, fault, files] of faults) {
  test(`G9 one fault makes the file unusable: ${fault.slice(0, 90)}`, () => assert.equal(faultOf(text, files), fault));
}

test('G9 patterns and chains of includes that nobody writes are refused', () => {
  assert.match(faultOf('x'.repeat(5000)), /is longer than 4096 characters$/u);
  const chain = parseIgnores('0', '#include 1', (path) => `#include ${Number(path) + 1}`);
  assert.equal('fault' in chain && chain.fault, 'line 1 of 100: more than 100 files are included');
  for (const forks of ['{,a}'.repeat(900), '*{}'.repeat(1_300)])
    assert.match(faultOf(`a\n${forks}`), /^line 2 .* can match in too many ways$/u);
  const many = Array.from({ length: 200 }, (_, index) => `${index}${'{,a}'.repeat(95)}`).join('\n');
  assert.match(faultOf(many), /can match in too many ways$/u);
  const people = Array.from({ length: 4_000 }, (_, index) => `/some/directory/${index}/*.{o,a}`).join('\n');
  assert.ok(rulesOf(people).match('some/directory/77/x.o').ignored);
});

test('G9 a line of a megabyte of spaces is refused or passed over at once', () => {
  assert.match(faultOf(`#include${' '.repeat(1_000_000)}x\u2028y`), /cannot be read$/u);
  assert.match(faultOf(`#include${'x'.repeat(1_000_000)}`), /needs a space/u);
});

test('G10 what is remembered of names is bounded in memory, however many states they lead to', () => {
  const rules = rulesOf(Array.from({ length: 4 }, (_, index) => `**a${'?'.repeat(3_000)}${index}`).join('\n'));
  const before = process.memoryUsage().heapUsed;
  let chance = 1;
  for (let time = 0; time < 8; time += 1) {
    const letters = Array.from({ length: 1_000 }, () => {
      chance = (Math.imul(chance, 1_664_525) + 1_013_904_223) >>> 0;
      return chance < 2 ** 31 ? 'a' : 'b';
    });
    assert.ok(!rules.match(letters.join('')).ignored);
  }
  const grown = process.memoryUsage().heapUsed - before;
  assert.ok(grown < 300 * 2 ** 20, `${Math.round(grown / 2 ** 20)} MiB`);
});

test('G10 no pattern makes matching slow', () => {
  const hard = [
    'a*a*a*a*a*a*a*a*b',
    '**a**a**a**a**a**b',
    '{a,{a,a*}*}*{a*,a}*c',
    `${'*?'.repeat(500)}d`,
    '{,a}'.repeat(100),
  ];
  const name = 'a'.repeat(200);
  const startedMs = performance.now();
  for (const pattern of hard) {
    const rules = rulesOf(pattern);
    assert.ok(!rules.match(name).ignored || pattern.startsWith('{,'), pattern);
    assert.ok(!rules.canSkip(name) || pattern.startsWith('{,'), pattern);
  }
  // They take some 100 ms together here; a machine under load may take longer, one that goes back never ends.
  assert.ok(performance.now() - startedMs < 5000);
});

test('G10 many names with many different characters keep the right answers while steps are forgotten', () => {
  const rules = rulesOf('!*b\n*c\n');
  for (let code = 0x4e00; code < 0x4e00 + 15_000; code += 1) {
    const name = `${String.fromCodePoint(code)}/${String.fromCodePoint(code + 1)}`;
    assert.ok(!rules.match(`${name}b`).ignored);
    assert.ok(rules.match(`${name}c`).ignored);
  }
});

const skips: readonly (readonly [text: string, skip: string, walk: string])[] = [
  ['foo', 'foo a/foo foo/x', 'bar'],
  ['foo/', 'foo/x', 'foo'],
  ['!/foo\n*', 'bar bar/x', 'foo'],
  ['!/foo/bar\n*', 'baz foo/baz', 'foo'],
  ['!bar\n*', '', 'foo foo/baz'],
  ['!foo/bar\n*', '', 'foo other'],
  ['*\n!bar', 'foo', ''],
  ['/foo/ign*\n!/f*\n*', 'foo/ignored g', 'foo'],
  ['!/a/*/b\n*', 'x a/y/c', 'a a/y'],
  ['!/a*.txt\n*', 'b a', ''],
  ['!/**.txt\n*', '', 'b'],
  ['!(?i)/Foo/x\n*', 'bar', 'FOO'],
  ['', '.stfolder .stversions/a .lanfold', '.syncthing.d.tmp a'],
];

for (const [text, skip, walk] of skips) {
  test(`G8 what may be skipped: ${JSON.stringify(text)}`, () => {
    const rules = rulesOf(text);
    for (const name of skip.split(' ').filter(Boolean)) assert.ok(rules.canSkip(name), `skips ${name}`);
    for (const name of walk.split(' ').filter(Boolean)) assert.ok(!rules.canSkip(name), `walks ${name}`);
    assert.ok(!rules.canSkip(''));
  });
}

// Random rules over two letters, so that they hit each other, and the names that they could be about.
const piece = fc.constantFrom('a', 'b', 'A', '*', '**', '?', '/', '[ab]', '[!a]', '{a,b/a}', '\\*');
const body = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''));
const line = fc
  .tuple(fc.constantFrom('', '', '!', '(?i)', '!(?i)', '(?d)'), fc.constantFrom('', '', '/', '**/'), body)
  .map((parts) => parts.join(''))
  .filter((text) => !text.includes('//'));
const lines = fc.array(line, { maxLength: 6 });
const part = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '*'), minLength: 1, maxLength: 3 });
const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));

/** The rules of G2, G5 and G7 once more, as the reference says them: line by line, by textual expansion and RegExp. */
function expected(texts: readonly string[], name: string): boolean {
  for (const text of texts) {
    const prefixes = /^(?:!|\(\?[id]\))*/u.exec(text)?.[0] ?? '';
    const rest = text.slice(prefixes.length);
    const tails = rest.endsWith('/') ? [`${rest}**`] : rest.endsWith('/**') ? [rest] : [rest, `${rest}/**`];
    const globs = tails.flatMap((tail) => {
      if (tail.startsWith('/')) return [tail.slice(1)];
      return tail.startsWith('**/') ? [tail, tail.slice(3)] : [tail, `**/${tail}`];
    });
    const flags = prefixes.includes('(?i)') ? 'iu' : 'u';
    if (globs.some((glob) => new RegExp(`^(?:${asRegExp(glob)})$`, flags).test(name))) return !prefixes.includes('!');
  }
  return false;
}

const SOURCES: Readonly<Record<string, string>> = {
  '*': '[^/]*',
  '?': '[^/]',
  '[ab]': '[ab]',
  '[!a]': '[^a]',
  '{a,b/a}': '(?:a|b/a)',
  '\\*': '\\*',
};

function asRegExp(glob: string): string {
  const found = glob.match(/\\\*|\*+|\[.*?\]|\{.*?\}|./gu) ?? [];
  return found.map((one) => (/^\*{2,}$/u.test(one) ? '.*' : (SOURCES[one] ?? one))).join('');
}

test('G7 agrees with the expansion by text and RegExp, on random rules and names', () => {
  fc.assert(
    fc.property(lines, path, (texts, name) => {
      assert.equal(rulesOf(texts.join('\n')).match(name).ignored, expected(texts, name));
    }),
    { numRuns: 3000 },
  );
});

test('G7 a pattern of plain characters matches exactly the names that it spells', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }), (raw, other) => {
      const [name, another] = [raw, other].map((text) => text.replace(/[/\s\0\p{Cc}\uFEFF]/gu, '_'));
      const escaped = `/${(name ?? '').replace(/[*?[\]{},\\]/gu, '\\$&')}`;
      const rules = rulesOf(escaped);
      assert.ok(rules.match(name ?? '').ignored);
      if (another !== name) assert.ok(!rules.match(another ?? '').ignored);
    }),
  );
});

test('G6 lines behind the one that decides may stand in any order', () => {
  const shuffled = lines.chain((texts) =>
    fc.tuple(fc.constant(texts), fc.shuffledSubarray(texts, { minLength: texts.length }), path),
  );
  fc.assert(
    fc.property(shuffled, ([texts, others, name]) => {
      const decided = rulesOf(texts.join('\n')).match(name);
      if (decided.line === undefined) return;
      const head = texts.slice(0, decided.line);
      assert.deepEqual(rulesOf([...head, ...others].join('\n')).match(name), decided);
    }),
  );
});

test('G8 canSkip never hides a name that is synced', () => {
  fc.assert(
    fc.property(lines, path, path, (texts, directory, below) => {
      const rules = rulesOf(texts.join('\n'));
      if (rules.canSkip(directory)) assert.ok(rules.match(`${directory}/${below}`).ignored);
    }),
    { numRuns: 3000 },
  );
});

test('G8 canSkip refuses only where something below could be synced', () => {
  const letters = ['a', 'b', 'A', '*'];
  const pairs = letters.flatMap((one) => letters.map((two) => one + two));
  const short = [...letters, ...pairs];
  const names = [...short, ...pairs.flatMap((pair) => letters.map((letter) => pair + letter))];
  const below = [...names, ...short.flatMap((one) => short.map((two) => `${one}/${two}`))];
  fc.assert(
    fc.property(fc.array(line, { maxLength: 3 }), path, (texts, directory) => {
      const rules = rulesOf(texts.join('\n'));
      const isAllIgnored = below.every((name) => rules.match(`${directory}/${name}`).ignored);
      // Deep patterns may need more parts than the sample has, and two runs in a row a longer name.
      const isInSample = texts.every((text) => !/\/.*\/|[*?].*[*?]|\?|.{7}/u.test(text));
      if (isInSample && rules.match(directory).ignored) assert.equal(rules.canSkip(directory), isAllIgnored);
    }),
    { numRuns: 1000 },
  );
});
