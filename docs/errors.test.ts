import { deepEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ERRORS } from '../src/core/errors.ts';

test('A7 docs/errors.md has a section for each code, and for nothing else', () => {
  const text = readFileSync(new URL('errors.md', import.meta.url), 'utf8');
  const sections = [...text.matchAll(/^## (\S+)$/gm)].map((match) => match[1]);
  deepEqual(sections, Object.keys(ERRORS));
});
