import assert from 'node:assert/strict';
import { isTrouble } from '../../../src/ports/file-tree.ts';
import { type OpenTree, ruleTest, sha256, troubleIn } from './world.ts';

const KIB = 1024;

export function lookingRules(open: OpenTree): void {
  ruleTest('P1 a folder is known by its key', open, async ({ tree }) => {
    assert.equal(await tree.check('key'), 'unmarked');
    await tree.mark('key');
    assert.equal(await tree.check('key'), 'ok');
    assert.equal(await tree.check('other'), 'other-folder');
  });

  ruleTest(
    'P2 a look says what stands under a name, and what is no file or directory below one',
    open,
    async (world) => {
      const { tree, disk } = world;
      disk.makeDirectory('d');
      disk.writeFile('d/f', Buffer.from('12345'), { modifiedNs: 1_600_000_000_000_000_000n });
      disk.makeSymlink('link', 'd');
      const [directory, file, link, ...absent] = await tree.look(['d', 'd/f', 'link', 'none', 'd/f/below', 'link/f']);
      assert.equal(directory !== undefined && !isTrouble(directory) && directory.type, 'directory');
      assert.ok(file !== undefined && !isTrouble(file));
      assert.deepEqual([file.type, file.size, file.modifiedNs], ['file', 5, 1_600_000_000_000_000_000n]);
      assert.ok(link !== undefined && !isTrouble(link));
      assert.deepEqual([link.type, Buffer.from(link.symlinkTarget).toString()], ['symlink', 'd']);
      assert.deepEqual(absent, [undefined, undefined, undefined]);
    },
  );

  ruleTest('P2 the root can be looked at, too', open, async ({ tree, disk }) => {
    disk.makeDirectory('d');
    const [root, directory] = await tree.look(['', 'd']);
    assert.ok(root !== undefined && !isTrouble(root) && directory !== undefined && !isTrouble(directory));
    assert.equal(root.type, 'directory');
    assert.notEqual(root.inode, directory.inode);
    assert.ok(root.modifiedNs <= directory.modifiedNs);
  });

  ruleTest('P3 a listing has one level, sorted, without what is lanfold’s own', open, async ({ tree, disk }) => {
    await tree.mark('key');
    disk.writeFile('b', Buffer.from('b'));
    disk.makeDirectory('a');
    disk.writeFile('a/inner', Buffer.from('a'));
    disk.makeSymlink('c', 'a');
    const listing = await tree.list('');
    assert.ok(listing !== undefined && !isTrouble(listing));
    assert.deepEqual(
      listing.entries.map(({ base, look }) => [base, look?.type]),
      [
        ['a', 'directory'],
        ['b', 'file'],
        ['c', 'symlink'],
      ],
    );
    assert.deepEqual(listing.unusable, []);
    for (const none of ['none', 'b', 'c']) assert.equal(await tree.list(none), undefined);
  });

  ruleTest('P4 a hash has one SHA-256 per block, and the looks before and after', open, async (world) => {
    const { tree, disk } = world;
    const bytes = Buffer.alloc(300 * KIB, 'lanfold');
    disk.writeFile('big', bytes);
    disk.writeFile('empty', Buffer.alloc(0));
    const [big, empty, wide] = await tree.hash([
      { name: 'big', blockSizeBefore: 0 },
      { name: 'empty', blockSizeBefore: 0 },
      { name: 'big', blockSizeBefore: 256 * KIB },
    ]);
    assert.ok(big !== undefined && !isTrouble(big));
    const parts = [bytes.subarray(0, 128 * KIB), bytes.subarray(128 * KIB, 256 * KIB), bytes.subarray(256 * KIB)];
    assert.deepEqual(Buffer.from(big.blocks), Buffer.concat(parts.map(sha256)));
    assert.equal(big.blockSize, 128 * KIB);
    assert.deepEqual(big.before, await world.look('big'));
    assert.deepEqual(big.after, big.before);
    assert.ok(empty !== undefined && !isTrouble(empty));
    assert.deepEqual(Buffer.from(empty.blocks), Buffer.from(sha256(Buffer.alloc(0))));
    assert.ok(wide !== undefined && !isTrouble(wide));
    assert.deepEqual([wide.blockSize, wide.blocks.length], [256 * KIB, 64]);
  });

  ruleTest('P5 only regular files are hashed and read; one bad name spoils no other', open, async ({ tree, disk }) => {
    disk.makeDirectory('d');
    disk.writeFile('f', Buffer.from('good'));
    disk.makeSymlink('link', 'f');
    disk.makeSymlink('way', 'd');
    disk.writeFile('d/inner', Buffer.from('inner'));
    const names = ['d', 'link', 'none', 'way/inner', '../f', 'f'];
    const hashed = await tree.hash(names.map((name) => ({ name, blockSizeBefore: 0 })));
    const read = await tree.read(names.map((name) => ({ name, offset: 0, bytes: 9, hash: undefined })));
    const wanted = ['not-a-file', 'not-a-file', 'absent', 'absent', 'name-not-allowed', undefined];
    assert.deepEqual(hashed.map(troubleIn), wanted);
    assert.deepEqual(read.map(troubleIn), wanted);
  });

  ruleTest('P6 a read ends where the file ends, and is checked against its hash', open, async ({ tree, disk }) => {
    disk.writeFile('f', Buffer.from('hello world'));
    const [tail, beyond, right, wrong] = await tree.read([
      { name: 'f', offset: 6, bytes: 100, hash: undefined },
      { name: 'f', offset: 100, bytes: 100, hash: undefined },
      { name: 'f', offset: 0, bytes: 5, hash: sha256(Buffer.from('hello')) },
      { name: 'f', offset: 0, bytes: 5, hash: sha256(Buffer.from('jello')) },
    ]);
    assert.deepEqual(
      [tail, beyond, right].map(String),
      [Buffer.from('world'), '', Buffer.from('hello')].map(asNumbers),
    );
    assert.equal(troubleIn(wrong), 'wrong-content');
  });

  ruleTest('P7 a file that nobody holds open has no writers', open, async ({ tree, disk }) => {
    disk.writeFile('f', Buffer.from('quiet'));
    const [file, ...others] = await tree.writers(['f', 'none', '../f']);
    assert.ok(file === 'none' || file === 'unknown');
    assert.deepEqual(others, ['unknown', 'unknown']);
  });

  ruleTest('P8 a name gets its normal form unless that is taken', open, async ({ tree, disk }) => {
    disk.makeDirectory('d');
    disk.writeFile('d/cafe\u0301', Buffer.from('decomposed'));
    assert.equal(await tree.normalize('d', Buffer.from('cafe\u0301'), 'caf\u00e9'), true);
    assert.deepEqual(disk.list('d'), ['caf\u00e9']);
    disk.writeFile('d/cafe\u0301', Buffer.from('another'));
    assert.equal(await tree.normalize('d', Buffer.from('cafe\u0301'), 'caf\u00e9'), false);
    assert.equal(Buffer.from(disk.readFile('d/caf\u00e9')).toString(), 'decomposed');
    await assert.rejects(tree.normalize('d', Buffer.from('../x'), 'y'));
  });

  ruleTest('P9 a folder may be closed twice; then it does nothing more', open, async ({ tree }) => {
    const { freeBytes, totalBytes } = await tree.space();
    assert.ok(freeBytes > 0 && freeBytes <= totalBytes);
    await tree.close();
    await tree.close();
    await assert.rejects(tree.look(['x']));
  });
}

function asNumbers(bytes: Uint8Array | string): string {
  return String(new Uint8Array(Buffer.from(bytes)));
}
