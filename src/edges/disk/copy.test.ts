import assert from 'node:assert/strict';
import fs, { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { copyEntry } from './copy.ts';
import { SystemCalls } from './system-calls.ts';
import { systemError } from './trouble.ts';

class FullDisk extends SystemCalls {
  override setModified(): void {
    throw systemError('ENOSPC', 'utimensat');
  }
}

test('P47 a copy that fails leaves nothing that would pass for a version', () => {
  const root = mkdtempSync(join(tmpdir(), 'lanfold-copy-'));
  try {
    writeFileSync(join(root, 'from'), 'content');
    assert.throws(() => copyEntry(join(root, 'from'), join(root, 'to'), new FullDisk()), { code: 'ENOSPC' });
    assert.deepEqual(readdirSync(root), ['from']);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('P47 a copy that shares its bytes, and cannot be opened then, leaves nothing either', (context) => {
  const root = mkdtempSync(join(tmpdir(), 'lanfold-copy-'));
  const { openSync } = fs;
  const to = join(root, 'to');
  // As on a disk that can share bytes.
  context.mock.method(fs, 'copyFileSync', (_: string, path: string) => writeFileSync(path, 'content'));
  context.mock.method(fs, 'openSync', (path: string, ...flags: [number, number?]) => {
    if (path === to) throw systemError('EMFILE', 'open');
    return openSync(path, ...flags);
  });
  syncBuiltinESMExports();
  try {
    writeFileSync(join(root, 'from'), 'content');
    assert.throws(() => copyEntry(join(root, 'from'), to, new SystemCalls()), { code: 'EMFILE' });
    assert.deepEqual(readdirSync(root), ['from']);
  } finally {
    context.mock.restoreAll();
    syncBuiltinESMExports();
    rmSync(root, { recursive: true });
  }
});
