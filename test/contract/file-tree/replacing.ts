import assert from 'node:assert/strict';
import type { Change } from '../../../src/ports/file-tree.ts';
import { MODIFIED_NS, type OpenTree, ruleTest, TO_HISTORY } from './world.ts';

export function replacingRules(open: OpenTree): void {
  ruleTest('P27 what is not as the caller saw it last stays, and the staged file too', open, async (world) => {
    const seen = await world.put('f', 'seen');
    world.write('f', 'edited meanwhile');
    await world.stage('s', 'theirs');
    await world.refused(world.file('f', 's', seen), 'changed');
    await world.refused(world.file('f', 's', undefined), 'changed');
    await world.refused({ change: 'delete', name: 'f', expected: seen, displace: TO_HISTORY }, 'changed');
    await world.refused(
      { change: 'symlink', name: 'f', target: Buffer.from('x'), expected: seen, displace: TO_HISTORY },
      'changed',
    );
    assert.equal(world.text('f'), 'edited meanwhile');
    world.disk.remove('f');
    await world.refused(world.file('f', 's', seen), 'changed');
    await world.applied(world.file('f', 's', undefined));
    assert.equal(world.text('f'), 'theirs');
  });

  ruleTest(
    'P28 what is set aside stays in the folder; a name that is taken is not overwritten',
    open,
    async (world) => {
      const mine = await world.put('f', 'mine');
      world.write('taken', 'precious');
      await world.stage('s', 'theirs');
      const change = world.file('f', 's', mine);
      await world.refused({ ...change, displace: { to: 'set-aside', name: 'taken' } }, 'exists');
      assert.deepEqual([world.text('f'), world.text('taken')], ['mine', 'precious']);
      const expected = await world.look('f');
      await world.applied({ ...change, expected, displace: { to: 'set-aside', name: 'f.conflict' } });
      assert.deepEqual([world.text('f'), world.text('f.conflict')], ['theirs', 'mine']);
      const gone: Change = { change: 'delete', name: 'f', expected: await world.look('f'), displace: aside('f.gone') };
      await world.applied(gone);
      assert.deepEqual([world.disk.exists('f'), world.text('f.gone')], [false, 'theirs']);
      assert.deepEqual(await world.tree.history('f'), []);
    },
  );

  ruleTest(
    'P83 what a program holds open for writing is not replaced, removed or given another time until it is closed',
    open,
    async (world) => {
      const held = await world.put('f', 'mine');
      await world.stage('s', 'theirs');
      const close = world.disk.hold('f');
      const [writers] = await world.tree.writers(['f']);
      const expected = await world.look('f');
      const link: Change = { change: 'symlink', name: 'f', target: Buffer.from('x'), expected, displace: TO_HISTORY };
      // Where nobody can tell of writers, it is replaced as ever.
      if (writers !== 'some') return close();
      await world.refused(world.file('f', 's', held), 'in-use');
      await world.refused({ ...world.file('f', 's', held), displace: aside('f.conflict') }, 'in-use');
      await world.refused({ change: 'delete', name: 'f', expected, displace: TO_HISTORY }, 'in-use');
      await world.refused({ ...link, change: 'directory', permissions: 0o755 }, 'in-use');
      await world.refused(link, 'in-use');
      assert.equal(world.text('f'), 'mine');
      const times = { permissions: 0o600, modifiedNs: MODIFIED_NS + 1n };
      await world.refused({ change: 'attributes', name: 'f', expected, ...times }, 'in-use');
      await world.refused({ change: 'move', from: 'f', name: 'g', expectedFrom: expected, ...times }, 'in-use');
      close();
      await world.applied(world.file('f', 's', await world.look('f')));
      assert.equal(world.text('f'), 'theirs');
    },
  );

  ruleTest(
    'P46 what a change replaces or removes stays, and why is said, while a symlink is in the place of the history',
    open,
    async (world) => {
      const mine = await world.put('f', 'mine');
      await world.stage('s', 'theirs');
      world.disk.makeDirectory('other');
      world.disk.makeSymlink('.lanfold/history', '../other');
      await world.refused(world.file('f', 's', mine), 'no-history');
      await world.refused({ change: 'delete', name: 'f', expected: mine, displace: TO_HISTORY }, 'no-history');
      assert.equal(world.text('f'), 'mine');
      assert.deepEqual(world.disk.list('other'), []);
      world.disk.remove('.lanfold/history');
      await world.applied(world.file('f', 's', mine));
    },
  );

  ruleTest('P29 only an empty directory goes; what is in one stays', open, async (world) => {
    world.disk.makeDirectory('d');
    world.write('d/unknown', 'mine');
    await world.stage('s', 'theirs');
    const expected = await world.look('d');
    const gone: Change = { change: 'delete', name: 'd', expected, displace: TO_HISTORY };
    await world.refused(gone, 'not-empty');
    await world.refused(world.file('d', 's', expected), 'not-empty');
    const link: Change = { change: 'symlink', name: 'd', target: Buffer.from('x'), expected, displace: TO_HISTORY };
    await world.refused(link, 'not-empty');
    assert.equal(world.text('d/unknown'), 'mine');
    world.disk.remove('d/unknown');
    await world.applied(gone);
    await world.applied({ ...gone, expected: undefined }); // gone already: as wanted
  });

  ruleTest('P30 a name may become another kind of thing', open, async (world) => {
    world.disk.makeDirectory('x');
    await world.stage('s', 'file');
    const file = await world.applied(world.file('x', 's', await world.look('x')));
    const link = await world.applied({
      change: 'symlink',
      name: 'x',
      target: Buffer.from('y'),
      expected: file,
      displace: TO_HISTORY,
    });
    const directory = await world.applied({
      change: 'directory',
      name: 'x',
      permissions: 0o755,
      expected: link,
      displace: TO_HISTORY,
    });
    assert.deepEqual([file?.type, link?.type, directory?.type], ['file', 'symlink', 'directory']);
    world.write('x/inside', 'works');
    const kept = (await world.tree.history('x')).map(({ type, size }) => [type, size]);
    assert.deepEqual(kept, [
      ['symlink', 0],
      ['file', 4],
    ]);
  });
}

function aside(name: string) {
  return { to: 'set-aside', name } as const;
}
