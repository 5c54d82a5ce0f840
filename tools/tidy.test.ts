import { deepEqual, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { findFaults, readSources, type Source } from './tidy.ts';

const file = (path: string, text: string): Source => ({ path, text });

test('A1 the project has no fault', () => {
  const sources = readSources();
  for (const room of ['src', 'sim', 'test', 'bench', 'tools', 'docs'])
    ok(
      sources.some(({ path }) => path.startsWith(`${room}/`)),
      `it read ${room}/`,
    );
  deepEqual(findFaults(sources), []);
});

const planted: [rule: string, sources: Source[], fault: RegExp][] = [
  [
    'A2 the core imports nothing from outside',
    [file('src/core/a.ts', "import x from '../node/b.ts';")],
    /may not import/,
  ],
  ['A2 an edge imports no other edge', [file('src/edges/net/a.ts', "import x from '../disk/b.ts';")], /may not import/],
  [
    'A2 the command line uses the door alone',
    [file('src/cli/a.ts', "import x from '../node/b.ts';")],
    /may not import/,
  ],
  ['A3 no clock in the core', [file('src/core/a.ts', 'const now = Date.now();')], /Date\.now/],
  ['A3 no chance in the core', [file('src/core/a.ts', 'const n = Math.random();')], /Math\.random/],
  ['A3 no promise in the core', [file('src/core/a.ts', 'async function f() {}')], /async/],
  ['A3 no timer of its own in the node', [file('src/node/a.ts', 'setTimeout(f, 1);')], /setTimeout/],
  [
    'A4 no cycles',
    [file('src/core/a.ts', "import b from './b.ts';"), file('src/core/b.ts', "import a from './a.ts';")],
    /cycle: src\/core\/a\.ts/,
  ],
  ['A5 no dead files', [file('src/core/a.ts', '')], /nothing imports it/],
  ['A6 no file that is too long', [file('sim/run.ts', 'void 0;\n'.repeat(500))], /500/],
  ['A6 no test that is too long', [file('test/nodes/a.test.ts', 'void 0;\n'.repeat(401))], /401/],
];
for (const [rule, sources, fault] of planted) {
  test(rule, () => match(findFaults(sources).join('\n'), fault));
}

test('A3 a comment may speak of the clock', () => {
  deepEqual(
    findFaults([file('src/index.ts', "import './core/a.ts';"), file('src/core/a.ts', '// no Date.now() here')]),
    [],
  );
});
