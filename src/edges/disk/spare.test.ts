import assert from 'node:assert/strict';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TO_HISTORY, troubleIn } from '../../../test/contract/file-tree/world.ts';
import { openExt4Disk } from '../../../test/harness/mounts.ts';
import { isTrouble, type Change, type FileTree } from '../../ports/file-tree.ts';
import { openFileTree } from './file-tree.ts';

/** Writes to the disk until it takes nothing more. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  for (const bytes of [1 << 20, 4096]) {
    try {
      for (;;) writeSync(file, Buffer.alloc(bytes, 1));
    } catch (error) {
      assert.match(String(error), /ENOSPC/);
    }
  }
  closeSync(file);
}

async function remove(tree: FileTree, names: readonly string[]): Promise<(string | undefined)[]> {
  const looks = await tree.look(names);
  const changes = names.map((name, index): Change => {
    const expected = looks[index];
    assert.ok(!isTrouble(expected));
    return { change: 'delete', name, expected, displace: TO_HISTORY };
  });
  return (await tree.apply(changes)).map(troubleIn);
}

test('P61 on a full disk a delete is done all the same, and what it removes is in the history', async (t) => {
  using disk = openExt4Disk(48);
  if (disk === undefined) return t.skip('no ext4 can be made and mounted here');
  const root = join(disk.path, 'folder');
  const spare = join(root, '.lanfold/spare');
  mkdirSync(join(root, 'a/b'), { recursive: true });
  const names = ['a/one', 'a/b/two', 'three'];
  for (const name of names) writeFileSync(join(root, name), name);
  const tree = openFileTree(root);
  try {
    await tree.mark('key');
    fill(join(root, 'filler'));
    assert.deepEqual(await remove(tree, names), [undefined, undefined, undefined]);
    assert.deepEqual(readdirSync(root).sort(), ['.lanfold', 'a', 'filler']);
    for (const name of names) assert.equal((await tree.history(name)).length, 1, name);
    assert.equal(existsSync(spare), false);

    unlinkSync(join(root, 'filler'));
    writeFileSync(join(root, 'three'), 'again');
    assert.deepEqual(await remove(tree, ['three']), [undefined]);
    assert.equal(existsSync(spare), true, 'there is one again once there is room');
  } finally {
    await tree.close();
  }
});
