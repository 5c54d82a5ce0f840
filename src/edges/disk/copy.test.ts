import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
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
