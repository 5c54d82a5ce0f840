import assert from 'node:assert/strict';
import type { PruneLimits } from '../../../src/ports/file-tree.ts';
import { type OpenTree, ruleTest, TO_HISTORY, troubleIn } from './world.ts';

export function historyRules(open: OpenTree): void {
  ruleTest('P31 what a change replaces or removes is in the history, newest first', open, async (world) => {
    world.disk.makeDirectory('d');
    const first = await world.put('d/f', 'first');
    await world.put('d/f', 'second one');
    const expected = await world.look('d/f');
    await world.applied({ change: 'delete', name: 'd/f', expected, displace: TO_HISTORY });
    const history = await world.tree.history('d/f');
    assert.deepEqual(
      history.map(({ name, type, size }) => [name, type, size]),
      [
        ['d/f', 'file', 10],
        ['d/f', 'file', 5],
      ],
    );
    assert.equal(history[1]?.modifiedNs, first.modifiedNs);
    assert.equal(history[1]?.permissions, first.permissions);
    assert.deepEqual(await world.tree.history('d/never'), []);
    assert.deepEqual(await world.tree.history('../d/f'), []);
  });

  ruleTest('P70 the history knows what it has below a directory, and where a symlink led', open, async (world) => {
    for (const directory of ['d', 'd/e']) world.disk.makeDirectory(directory);
    for (const name of ['d/one', 'd/e/two', 'd two']) {
      await world.put(name, name);
      await world.applied({ change: 'delete', name, expected: await world.look(name), displace: TO_HISTORY });
    }
    const target = Buffer.from('nowhere');
    await world.applied({ change: 'symlink', name: 'd/link', target, expected: undefined, displace: TO_HISTORY });
    const expected = await world.look('d/link');
    await world.applied({ change: 'delete', name: 'd/link', expected, displace: TO_HISTORY });
    assert.deepEqual(await world.tree.historyBelow('d'), ['d/e/two', 'd/link', 'd/one']);
    assert.deepEqual(await world.tree.historyBelow('../d'), []);
    const [link] = await world.tree.history('d/link');
    assert.equal(Buffer.from(link?.symlinkTarget ?? []).toString(), 'nowhere');
  });

  ruleTest('P32 a version of the history comes back as a change like any other', open, async (world) => {
    await world.put('f', 'lost and found');
    const expected = await world.look('f');
    await world.applied({ change: 'delete', name: 'f', expected, displace: TO_HISTORY });
    const [entry] = await world.tree.history('f');
    assert.ok(entry !== undefined);
    assert.equal(await world.tree.stageFromHistory(entry, 's'), true);
    await world.applied({ ...world.file('f', 's', undefined), modifiedNs: entry.modifiedNs });
    assert.equal(world.text('f'), 'lost and found');
    world.write('f', 'edited'); // the history has its own copy
    assert.equal((await world.tree.history('f'))[0]?.size, 14);
    assert.equal(troubleIn(await world.tree.stageFromHistory({ ...entry, slot: '../..' }, 's')), 'absent');
    assert.equal(troubleIn(await world.tree.stageFromHistory({ ...entry, name: '../f' }, 's')), 'name-not-allowed');
  });

  ruleTest('P33 the history is pruned by bytes, the oldest first, and by age', open, async (world) => {
    for (const text of ['1', '22', '333', '4444']) await world.put('f', text);
    const kept = (await world.tree.history('f')).map(({ atMs }) => atMs);
    const [newest = 0, , oldest = 0] = kept;
    const none = { fromMs: 0, beforeMs: 0 };
    const left = (limits: PruneLimits): Promise<number> => world.tree.pruneHistory(limits);
    assert.equal(await left({ old: none, bytesMax: 6 }), 6);
    assert.equal(await left({ old: none, bytesMax: 5 }), 5);
    assert.deepEqual(
      (await world.tree.history('f')).map(({ size }) => size),
      [3, 2],
    );
    assert.equal(await left({ old: none, bytesMax: 0, keptFromMs: oldest }), 5, 'the young ones stay');
    assert.equal(await left({ old: { fromMs: newest + 1, beforeMs: newest + 2 }, bytesMax: 5 }), 5);
    assert.equal(await left({ old: { fromMs: 0, beforeMs: newest + 1 }, bytesMax: 5, keptFromMs: oldest }), 5);
    assert.equal(await left({ old: { fromMs: 0, beforeMs: newest + 1 }, bytesMax: 5 }), 0);
    assert.deepEqual(await world.tree.history('f'), []);
    assert.equal(world.text('f'), '4444');
  });
}
