import assert from 'node:assert/strict';
import type { Look } from '../../../src/core/model/file-record.ts';
import type { Change, PruneLimits } from '../../../src/ports/file-tree.ts';
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
    assert.deepEqual(await world.tree.historyBelow(''), ['d two', 'd/e/two', 'd/link', 'd/one']);
    assert.deepEqual(await world.tree.historyBelow('../d'), []);
    const [link] = await world.tree.history('d/link');
    assert.equal(Buffer.from(link?.symlinkTarget ?? []).toString(), 'nowhere');
  });

  ruleTest('P70 the history tells of many names at once what it tells of each', open, async (world) => {
    world.disk.makeDirectory('d');
    for (const text of ['1', '22', '333']) await world.put('d/f', text);
    for (const text of ['1', '22']) await world.put('f', text);
    const look = await world.look('d/f');
    await world.applied({ change: 'delete', name: 'd/f', expected: look, displace: TO_HISTORY });
    await world.applied({ change: 'delete', name: 'd', expected: await world.look('d'), displace: TO_HISTORY });
    await world.put('d', 'a file now');
    await world.put('d', 'a file still');
    const names = ['d', 'd/f', 'f', 'd/never', '../f', '.lanfold/key'];
    const all = await world.tree.histories(names);
    assert.deepEqual([...all.keys()], names);
    for (const name of names) assert.deepEqual(all.get(name), await world.tree.history(name), name);
    assert.deepEqual(
      names.map((name) => all.get(name)?.length),
      [1, 3, 1, 0, 0, 0],
    );
    assert.deepEqual(await world.tree.histories([]), new Map());
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
    for (const pages of [1, 2, 3, 4]) await world.put('f', ofPages(pages));
    const kept = (await world.tree.history('f')).map(({ atMs }) => atMs);
    const [newest = 0, , oldest = 0] = kept;
    const left = async (limits: PruneLimits): Promise<number> => (await world.tree.pruneHistory(limits)) / PAGE_BYTES;
    const sizes = async (): Promise<number[]> => (await world.tree.history('f')).map(({ size }) => size / PAGE_BYTES);
    assert.equal(await left({ old: NONE, bytesMax: 6 * PAGE_BYTES }), 6);
    assert.equal(await left({ old: NONE, bytesMax: 5 * PAGE_BYTES }), 5);
    assert.deepEqual(await sizes(), [3, 2]);
    const all = { fromMs: 0, beforeMs: newest + 1 };
    const bytesMax = 5 * PAGE_BYTES;
    assert.equal(await left({ old: NONE, bytesMax: 0, keptFromMs: oldest }), 0, 'nothing may go');
    assert.equal(await left({ old: all, bytesMax, keptFromMs: oldest }), 0);
    assert.equal(await left({ old: { fromMs: newest + 1, beforeMs: newest + 2 }, bytesMax }), 5);
    assert.equal(
      await left({ old: NONE, bytesMax: 2 * PAGE_BYTES, keptFromMs: newest }),
      2,
      'what stays does not count',
    );
    assert.deepEqual(await sizes(), [3, 2]);
    assert.equal(await left({ old: all, bytesMax }), 0);
    assert.deepEqual(await sizes(), []);
    assert.equal(world.text('f'), ofPages(4));
  });

  ruleTest(
    'P33 what is too large by itself goes before all others, what went together entry by entry',
    open,
    async (world) => {
      const remove = async (...names: string[]): Promise<void> => {
        const looks = await world.tree.look(names);
        const changes = names.map((name, index): Change => {
          const expected = looks[index] as Look;
          return { change: 'delete', name, expected, displace: TO_HISTORY };
        });
        for (const applied of await world.tree.apply(changes)) assert.equal(troubleIn(applied), undefined);
      };
      const there = async (...names: string[]): Promise<number> => {
        const histories = await Promise.all(names.map((name) => world.tree.history(name)));
        return histories.flat().length;
      };
      const prune = (pages: number): Promise<number> =>
        world.tree.pruneHistory({ old: NONE, bytesMax: pages * PAGE_BYTES });
      world.disk.makeDirectory('d');
      for (const name of ['letter', 'd/one', 'd/two', 'd/three']) await world.put(name, ofPages(1));
      for (const [name, pages] of [
        ['book', 3],
        ['video', 8],
      ] as const)
        await world.put(name, ofPages(pages));
      await remove('letter');
      await remove('book', 'd/one', 'd/two', 'd/three');
      await remove('video');
      assert.equal(await prune(7), 7 * PAGE_BYTES);
      assert.deepEqual([await there('letter', 'book', 'd/one'), await there('video')], [3, 0]);
      assert.equal(await prune(5), 3 * PAGE_BYTES, 'the oldest, then of those that went together the largest');
      assert.equal(await there('letter', 'book'), 0);
      assert.equal(await prune(2), 2 * PAGE_BYTES);
      assert.equal(await there('d/one', 'd/two', 'd/three'), 2);
      assert.equal(await prune(0), 0);
      assert.deepEqual(world.disk.list('.lanfold/history'), []);
    },
  );
}

/** Of so many bytes a disk holds just as many, if it neither compresses nor keeps small files elsewhere. */
const PAGE_BYTES = 4096;
const NONE = { fromMs: 0, beforeMs: 0 };

function ofPages(count: number): string {
  return String(count).repeat(count * PAGE_BYTES);
}
