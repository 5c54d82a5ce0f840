import { deepEqual, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Command } from 'commander';
import { EXIT_MEANINGS } from '../src/cli/exit-codes.ts';
import { createProgram } from '../src/cli/program.ts';

const text = readFileSync(new URL('cli.md', import.meta.url), 'utf8');

/** Each command with the words that call it. */
function leaves(command: Command, words: readonly string[]): { words: string; command: Command }[] {
  const below = command.commands.flatMap((child) => leaves(child, [...words, child.name()]));
  return below.length > 0 && words.length > 1 ? below : [{ words: words.join(' '), command }, ...below];
}

test('U60 docs/cli.md names every command and every option', () => {
  for (const { words, command } of leaves(
    createProgram(() => {}),
    ['lanfold'],
  )) {
    ok(text.includes(`\n${words} `), `"${words}" is missing`);
    for (const { long } of command.options)
      ok(long !== undefined && text.includes(long), `${words}: ${long} is missing`);
  }
});

test('U61 docs/cli.md lists the exit codes, and nothing else', () => {
  const table = text.slice(text.indexOf('## Exit codes'));
  const rows = [...table.matchAll(/^\| (\d+) \| (.+) \|$/gm)].map(([, code, meaning]) => [code, meaning]);
  deepEqual(rows, Object.entries(EXIT_MEANINGS));
});
