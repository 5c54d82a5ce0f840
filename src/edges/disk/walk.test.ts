import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Walk } from './walk.ts';

for (const byHandle of [true, false]) {
  const linuxOnly = byHandle && process.platform !== 'linux' ? { skip: 'needs /proc' } : {};
  describe(`walk by ${byHandle ? 'handles' : 'checks'}`, linuxOnly, () => {
    let base: string;
    let walk: Walk;

    beforeEach(() => {
      base = mkdtempSync(join(tmpdir(), 'lanfold-walk-'));
      mkdirSync(join(base, 'root/a/b'), { recursive: true });
      mkdirSync(join(base, 'outside'));
      walk = new Walk(join(base, 'root'), byHandle);
    });

    afterEach(() => {
      walk.close();
      rmSync(base, { recursive: true });
    });

    test('P34 a symlink on the way is no way, wherever it points', () => {
      symlinkSync('../outside', join(base, 'root/out'));
      symlinkSync('a', join(base, 'root/in'));
      writeFileSync(join(base, 'root/file'), '');
      for (const name of ['out/x', 'in/x', 'in/b/x', 'file/x', 'none/x'])
        assert.equal(walk.path(name), undefined, name);
      assert.ok(walk.path('a/b/x') !== undefined);
    });

    test('P35 what was removed and made anew is found anew, once it is forgotten', () => {
      assert.ok(walk.directory('a/b') !== undefined);
      renameSync(join(base, 'root/a'), join(base, 'root/old'));
      walk.forget('a');
      assert.equal(walk.directory('a/b'), undefined);
      mkdirSync(join(base, 'root/a/b'), { recursive: true });
      writeFileSync(`${walk.path('a/b/x')}`, 'x');
      assert.equal(readFileSync(join(base, 'root/a/b/x'), 'utf8'), 'x');
    });
  });
}

describe('handles of a walk', { skip: process.platform === 'linux' ? false : 'needs /proc' }, () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'lanfold-walk-'));
  });

  afterEach(() => rmSync(root, { recursive: true }));

  test('P36 a directory swapped for a symlink after it was opened leads nobody astray', () => {
    mkdirSync(join(root, 'root/a'), { recursive: true });
    mkdirSync(join(root, 'outside'));
    const walk = new Walk(join(root, 'root'));
    const path = walk.path('a/x');
    renameSync(join(root, 'root/a'), join(root, 'root/moved'));
    symlinkSync('../outside', join(root, 'root/a'));
    writeFileSync(`${path}`, 'where?');
    walk.close();
    assert.deepEqual(readdirSync(join(root, 'outside')), []);
    assert.deepEqual(readdirSync(join(root, 'root/moved')), ['x']);
  });

  test('P37 names longer than a path may be are reached, and no handle is left', () => {
    const before = readdirSync('/proc/self/fd').length;
    const walk = new Walk(root);
    const parts = Array.from({ length: 60 }, (_, index) => `${index}`.padStart(120, 'd'));
    const touched = new Set<string>();
    walk.ensure(parts.join('/'), touched);
    assert.equal(touched.size, parts.length);
    writeFileSync(`${walk.path(`${parts.join('/')}/file`)}`, 'deep');
    walk.trim();
    assert.equal(readFileSync(`${walk.path(`${parts.join('/')}/file`)}`, 'utf8'), 'deep');
    for (let depth = parts.length; depth > 0; depth -= 1) walk.directory(parts.slice(0, depth).join('/'));
    walk.close();
    assert.equal(readdirSync('/proc/self/fd').length, before);
  });

  test('P38 a walk keeps a bounded number of handles', () => {
    for (let index = 0; index < 300; index += 1) mkdirSync(join(root, String(index)));
    const before = readdirSync('/proc/self/fd').length;
    const walk = new Walk(root);
    for (let index = 0; index < 300; index += 1) {
      walk.trim();
      assert.ok(walk.directory(String(index)) !== undefined);
    }
    assert.ok(readdirSync('/proc/self/fd').length - before <= 131);
    walk.close();
    assert.equal(readdirSync('/proc/self/fd').length, before);
  });
});
