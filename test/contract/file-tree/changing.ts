import assert from 'node:assert/strict';
import { isTrouble, type Change } from '../../../src/ports/file-tree.ts';
import { bytesJob, MODIFIED_NS, type OpenTree, ruleTest, TO_HISTORY, troubleIn } from './world.ts';

/** Through a double, nanoseconds are off by so much at worst: the look tells what the disk kept. */
const TIME_ERROR_NS = 1000n;

export function changingRules(open: OpenTree): void {
  ruleTest('P16 a new file has its content and attributes at once', open, async (world) => {
    await world.stage('s', 'content');
    const look = await world.applied({ ...world.file('f', 's', undefined), permissions: 0o751 });
    assert.equal(world.text('f'), 'content');
    assert.deepEqual([look?.type, look?.size, look?.permissions], ['file', 7, 0o751]);
    await world.refused(world.file('g', 's', undefined), 'absent'); // used up
  });

  ruleTest('P17 an empty file is staged as one block of no bytes', open, async (world) => {
    await world.stage('s', '');
    assert.equal((await world.applied(world.file('empty', 's', undefined)))?.size, 0);
  });

  ruleTest('P18 modification times are kept, also before 1970', open, async (world) => {
    for (const modifiedNs of [MODIFIED_NS, 0n, -1n, -1_500_000_000n, -86_400_000_000_123n]) {
      await world.stage('s', 'old');
      const look = await world.applied({ ...world.file(`at ${modifiedNs}`, 's', undefined), modifiedNs });
      const error = (look?.modifiedNs ?? 0n) - modifiedNs;
      assert.ok(error < TIME_ERROR_NS && error > -TIME_ERROR_NS, `${modifiedNs} became ${look?.modifiedNs}`);
    }
  });

  ruleTest('P19 names may be long and strange', open, async (world) => {
    const names = [
      'n'.repeat(255),
      'new\nline',
      '\u{1f600} emoji',
      'cafe\u0301',
      ' space ',
      'back\\slash',
      '-rf',
      'é'.repeat(127),
    ];
    for (const name of names) {
      await world.put(name, name);
      assert.equal(world.text(name), name);
      assert.ok(world.disk.list('').includes(name));
    }
  });

  ruleTest('P20 no name leads out of the folder, or into what is lanfold’s own', open, async (world) => {
    await world.stage('s', 'evil');
    for (const name of ['../out', '/abs', 'a/../b', 'a//b', './a', '', 'nul\0', '.lanfold/x', '.lanfold']) {
      await world.refused(world.file(name, 's', undefined), 'name-not-allowed');
      if (name !== '') assert.equal(troubleIn((await world.tree.look([name]))[0]), 'name-not-allowed'); // '' is the root
    }
    await world.refused({ ...world.file('f', 's', undefined), stage: '../s' }, 'name-not-allowed');
  });

  ruleTest('P21 without its parent directory a change is refused; a symlink is no directory', open, async (world) => {
    world.disk.makeDirectory('real');
    world.disk.makeSymlink('way', 'real');
    world.write('file', 'x');
    await world.stage('s', 'content');
    for (const parent of ['none', 'way', 'file']) {
      await world.refused(world.file(`${parent}/f`, 's', undefined), 'parent');
      await world.refused(directory(`${parent}/d`, undefined), 'parent');
    }
    assert.deepEqual(world.disk.list('real'), []);
  });

  ruleTest('P22 a directory is made, and gets its permissions, once or later', open, async (world) => {
    const made = await world.applied(directory('d', 0o750));
    assert.deepEqual([made?.type, made?.permissions], ['directory', 0o750]);
    const changed = await world.applied({ ...directory('d', 0o711), expected: made });
    assert.deepEqual([changed?.permissions, changed?.inode], [0o711, made?.inode]);
    assert.deepEqual(await world.applied({ ...directory('d', undefined), expected: changed }), changed);
  });

  ruleTest('P23 a symlink is made as told, wherever it points', open, async (world) => {
    for (const target of ['../outside', '/etc/passwd', 'dangling']) {
      const change: Change = {
        change: 'symlink',
        name: target.replaceAll('/', '_'),
        target: Buffer.from(target),
        ...NEW,
      };
      const look = await world.applied(change);
      assert.equal(look?.type, 'symlink');
      assert.equal(Buffer.from(look.symlinkTarget).toString(), target);
    }
  });

  ruleTest('P24 attributes change alone', open, async (world) => {
    const before = await world.put('f', 'same');
    const change = { change: 'attributes', name: 'f', permissions: 0o600, modifiedNs: 5_000_000_000n } as const;
    const after = await world.applied({ ...change, expected: before });
    assert.deepEqual([after?.permissions, after?.modifiedNs, after?.inode], [0o600, 5_000_000_000n, before.inode]);
    assert.equal(world.text('f'), 'same');
    await world.refused({ ...change, expected: before }, 'changed');
  });

  ruleTest('P25 a file moves to a free name, and only there', open, async (world) => {
    const from = await world.put('from', 'moving');
    world.write('taken', 'mine');
    const change = { change: 'move', from: 'from', permissions: 0o640, modifiedNs: 7_000_000_000n } as const;
    await world.refused({ ...change, name: 'taken', expectedFrom: from }, 'exists');
    await world.refused({ ...change, name: 'free', expectedFrom: { ...from, size: 1 } }, 'changed');
    await world.refused({ ...change, name: 'none/free', expectedFrom: from }, 'parent');
    const moved = await world.applied({ ...change, name: 'free', expectedFrom: await world.look('from') });
    assert.deepEqual([moved?.inode, moved?.permissions, moved?.modifiedNs], [from.inode, 0o640, 7_000_000_000n]);
    assert.deepEqual([world.disk.exists('from'), world.text('free'), world.text('taken')], [false, 'moving', 'mine']);
  });

  ruleTest(
    'P25 a directory gets another case of its name with all that is in it, and no other name',
    open,
    async (world) => {
      world.disk.makeDirectory('docs');
      world.disk.makeSymlink('docs/link', 'anywhere');
      const from = await world.put('docs/f', 'in it');
      const change = { change: 'move', from: 'docs', permissions: undefined, modifiedNs: 0n } as const;
      const expectedFrom = await world.look('docs');
      await world.refused({ ...change, name: 'other', expectedFrom }, 'not-a-file');
      const link = await world.look('docs/link');
      const [directory, below] = await world.tree.apply([
        { ...change, name: 'Docs', expectedFrom },
        { ...change, from: 'Docs/link', name: 'Docs/LINK', expectedFrom: link },
      ]);
      assert.deepEqual([directory, below].map(troubleIn), [undefined, undefined]);
      assert.deepEqual([world.disk.list('Docs'), world.text('Docs/f')], [['LINK', 'f'], 'in it']);
      assert.deepEqual([await world.lookOrNot('docs'), (await world.look('Docs/f')).inode], [undefined, from.inode]);
    },
  );

  ruleTest('P26 changes of a batch come in order, and one bad one spoils no other', open, async (world) => {
    await world.tree.stage([bytesJob('one', '1'), bytesJob('two', '2')]);
    const results = await world.tree.apply([
      directory('d', 0o755),
      directory('d/e', 0o755),
      world.file('d/e/one', 'one', undefined),
      world.file('no/parent', 'two', undefined),
      world.file('d/two', 'two', undefined),
      world.file('d/three', 'three', undefined),
    ]);
    const wanted = [undefined, undefined, undefined, 'parent', undefined, 'absent'];
    assert.deepEqual(results.map(troubleIn), wanted);
    assert.deepEqual([world.text('d/e/one'), world.text('d/two')], ['1', '2']);
    const [one, e] = [await world.look('d/e/one'), await world.look('d/e')];
    const gone = await world.tree.apply([
      { change: 'delete', name: 'd/e/one', expected: one, displace: TO_HISTORY },
      { change: 'delete', name: 'd/e', expected: e, displace: TO_HISTORY },
      directory('d/e', 0o755),
      directory('d/e/again', 0o755),
    ]);
    assert.ok(gone.every((result) => !isTrouble(result)));
    assert.deepEqual(world.disk.list('d/e'), ['again']);
  });
}

const NEW = { expected: undefined, displace: TO_HISTORY } as const;

function directory(name: string, permissions: number | undefined): Extract<Change, { change: 'directory' }> {
  return { change: 'directory', name, permissions, ...NEW };
}
