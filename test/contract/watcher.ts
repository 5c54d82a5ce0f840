/**
 * What every Watcher of a real disk promises (rules L1–L15).
 * @module
 */
import assert from 'node:assert/strict';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { describe, test } from 'node:test';
import type { Watcher } from '../../src/ports/watcher.ts';
import type { WatcherOptions } from '../../src/edges/disk/watcher.ts';
import { followTest } from './watcher-follow.ts';
import { WatchedFolder } from './watched-folder.ts';

export interface WatcherTraits {
  readonly name: string;
  readonly create: (root: string, options?: WatcherOptions) => Watcher;
  /** It hears when a writer closes a file. */
  readonly hearsClosing: boolean;
  /** What makes this back end miss events while the test makes very many. */
  readonly stall: WatcherOptions;
}

export function watcherContract({ name, create, hearsClosing, stall }: WatcherTraits): void {
  const open = (options?: WatcherOptions, prepare?: (root: string) => void): Promise<WatchedFolder> =>
    WatchedFolder.open((root) => create(root, options), prepare);

  describe(`watcher: ${name}`, () => {
    test('L1 a file made, written, renamed and deleted is told each time', async () => {
      await using folder = await open();
      writeFileSync(folder.path('a'), '1');
      await folder.until('a appeared', () => folder.has('a', 'appeared'));
      await folder.fence();
      folder.forget();
      writeFileSync(folder.path('a'), '22');
      await folder.until('a is written', () => folder.has('a', hearsClosing ? 'closed' : 'written'));
      renameSync(folder.path('a'), folder.path('b'));
      await folder.until('b appeared', () => folder.has('b', 'appeared') && folder.has('a', 'vanished'));
      rmSync(folder.path('b'));
      await folder.until('b vanished', () => folder.has('b', 'vanished'));
      folder.forget();
      utimesSync(folder.root, 1, 1);
      await folder.until('the root itself is told', () => folder.has('', 'written'));
    });

    test('L2 a writer that holds a file open is told as written, and as closed only when it closes', async (context) => {
      if (!hearsClosing) return context.skip('this back end does not hear of closing');
      await using folder = await open();
      const file = openSync(folder.path('slow'), 'w');
      for (let part = 0; part < 3; part++) {
        folder.forget();
        writeSync(file, 'part');
        await folder.until('a part is told', () => folder.has('slow', 'written'));
        await folder.fence();
        assert.ok(!folder.has('slow', 'closed'));
      }
      closeSync(file);
      await folder.until('the end is told', () => folder.has('slow', 'closed'));
    });

    test('L3 of 200 nested new directories with files made at once, nothing is missed', async () => {
      await using folder = await open();
      const files: string[] = [];
      for (let tree = 0; tree < 20; tree++) {
        for (let depth = 1; depth <= 10; depth++) {
          const directory = `tree${tree}${'/deep'.repeat(depth)}`;
          mkdirSync(folder.path(directory), { recursive: true });
          writeFileSync(folder.path(`${directory}/file`), 'x');
          files.push(`${directory}/file`);
        }
      }
      await folder.until('all files are covered', () => files.every((file) => folder.isCovered(file)));
      await folder.fence();
      folder.forget();
      for (const file of files) writeFileSync(folder.path(file), 'again');
      await folder.until('all files are told by name', () => files.every((file) => folder.of(file).length > 0));
    });

    test('L4 a directory renamed inside the tree is told, and what is written below it later under its new name', async () => {
      await using folder = await open({}, (root) => mkdirSync(`${root}/from/deep/deeper`, { recursive: true }));
      renameSync(folder.path('from'), folder.path('to'));
      mkdirSync(folder.path('to/deep/just-now')); // its event has the old name, or comes before there is a watch
      await folder.until(
        'the rename is told',
        () => folder.has('from', 'vanished') && folder.has('to', 'appeared-directory'),
      );
      await folder.fence();
      folder.forget();
      for (const file of ['to/deep/deeper/file', 'to/deep/just-now/file']) {
        writeFileSync(folder.path(file), 'x');
        await folder.until(`${file} is told`, () => folder.of(file).length > 0);
      }
      assert.deepEqual(
        folder.news.filter((news) => news.name.startsWith('from')),
        [],
      );
    });

    test('L5 a directory removed and made again at once is watched again', async () => {
      await using folder = await open({}, (root) => mkdirSync(`${root}/again/below`, { recursive: true }));
      for (let round = 0; round < 20; round++) {
        rmSync(folder.path('again'), { recursive: true });
        mkdirSync(folder.path('again/below'), { recursive: true });
        await folder.until('it is told', () => folder.has('again', 'appeared-directory'));
        await folder.fence();
        folder.forget();
        writeFileSync(folder.path('again/below/file'), 'x');
        await folder.until('a file in it is told', () => folder.of('again/below/file').length > 0);
        folder.forget();
      }
    });

    test('L6 two directories that change names are both watched under the right one', async () => {
      await using folder = await open({}, (root) =>
        ['a/in-a', 'b/in-b'].forEach((d) => mkdirSync(`${root}/${d}`, { recursive: true })),
      );
      renameSync(folder.path('a'), folder.path('t'));
      renameSync(folder.path('b'), folder.path('a'));
      renameSync(folder.path('t'), folder.path('b'));
      await folder.until(
        'both are told',
        () => folder.has('a', 'appeared-directory') && folder.has('b', 'appeared-directory'),
      );
      await folder.fence();
      folder.forget();
      for (const file of ['a/in-b/file', 'b/in-a/file']) {
        writeFileSync(folder.path(file), 'x');
        await folder.until(`${file} is told`, () => folder.of(file).length > 0);
      }
    });

    test('L7 a tree moved in is watched to its depth, and one moved out no longer', async () => {
      await using folder = await open();
      mkdirSync(`${folder.outside}/moved/deep`, { recursive: true });
      renameSync(`${folder.outside}/moved`, folder.path('moved'));
      await folder.until('it is told', () => folder.has('moved', 'appeared-directory'));
      writeFileSync(folder.path('moved/deep/file'), 'x');
      await folder.until('a file in it is told', () => folder.of('moved/deep/file').length > 0);
      renameSync(folder.path('moved'), `${folder.outside}/moved`);
      await folder.until('its end is told', () => folder.has('moved', 'vanished'));
      await folder.fence();
      folder.forget();
      writeFileSync(`${folder.outside}/moved/deep/file`, 'y');
      await folder.fence();
      assert.deepEqual(
        folder.news.filter((news) => news.name.startsWith('moved')),
        [],
      );
    });

    test('L8 a symlinked directory is an entry, and not followed', async () => {
      await using folder = await open({}, (root) => symlinkSync(`${dirname(root)}/outside`, `${root}/before`));
      symlinkSync(folder.outside, folder.path('after'));
      await folder.until('the link is told', () => folder.has('after', 'appeared'));
      writeFileSync(`${folder.outside}/file`, 'x');
      await folder.fence();
      assert.deepEqual(
        folder.news.filter((news) => news.name.includes('file')),
        [],
      );
    });

    test("L9 nothing in the folder's own directory is news, but a directory of that name elsewhere is", async () => {
      await using folder = await open();
      mkdirSync(folder.path('.lanfold/stage'));
      writeFileSync(folder.path('.lanfold/stage/file'), 'x');
      utimesSync(folder.path('.lanfold'), 1, 1);
      mkdirSync(folder.path('deep/.lanfold'), { recursive: true });
      await folder.until('the other is covered', () => folder.isCovered('deep/.lanfold'));
      await folder.fence();
      assert.deepEqual(
        folder.news.filter((news) => news.name.startsWith('.lanfold')),
        [],
      );
    });

    test('L10 of a name that is not UTF-8 its directory is to be listed, when it comes and when it is gone', async () => {
      await using folder = await open({}, (root) => mkdirSync(`${root}/d`));
      const path = Buffer.concat([Buffer.from(`${folder.path('d')}/`), Buffer.from([0x66, 0xff])]);
      const told = (): number => folder.lostDirectories.filter((directory) => directory === 'd').length;
      writeFileSync(path, 'x');
      await folder.until('the directory is told', () => told() > 0);
      await folder.fence();
      const before = told();
      unlinkSync(path);
      await folder.until('the directory is told again', () => told() > before);
      await folder.fence();
      assert.deepEqual(
        folder.news.filter((news) => news.name.includes('\uFFFD')),
        [],
      );
    });

    test('L11 when the system drops events it says lost, and new directories among them are watched', async () => {
      await using folder = await open(stall, (root) =>
        ['1', '2'].forEach((file) => writeFileSync(`${root}/${file}`, '')),
      );
      const queueMax = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
      // Two files in turn: the system merges an event with an equal one before it.
      for (let event = 0; event < queueMax + 1_000; event++)
        utimesSync(folder.path(event % 2 === 0 ? '1' : '2'), event, event);
      mkdirSync(folder.path('new/deep'), { recursive: true });
      await folder.until('the loss is told', () => folder.lostDirectories.includes(''));
      writeFileSync(folder.path('new/deep/file'), 'x');
      await folder.until('a file in a new directory is told', () => folder.isCovered('new/deep/file'));
    });

    test('L12 at the limit of watches it says how many are missing and the exact fix, and watches the others', async () => {
      const many = (root: string): void => {
        for (let d = 0; d < 30; d++) mkdirSync(`${root}/d${d}/below`, { recursive: true });
      };
      await using folder = await open({ watchesMax: 11 }, many);
      assert.equal(folder.degradations.length, 1);
      assert.match(folder.degradations[0]?.reason ?? '', /Cannot watch 50 of 61 directories/);
      assert.match(folder.degradations[0]?.fix ?? '', /^sudo sysctl fs\.inotify\.max_user_watches=\d{6,}$/);
      await folder.fence();
    });

    test('L13 when the root is gone it says lost and why, and watches again when the root is back', async () => {
      await using folder = await open({ checkEveryMs: 50 }, (root) => mkdirSync(`${root}/d`));
      for (const round of [1, 2]) {
        renameSync(folder.root, `${folder.outside}/root${round}`);
        await folder.until(
          'it is told',
          () => folder.lostDirectories.length > 0 && folder.degradations.length === round,
        );
        folder.forget();
        mkdirSync(folder.path('d'), { recursive: true });
        await folder.until('the gap is told', () => folder.lostDirectories.includes(''));
        writeFileSync(folder.path('d/file'), 'x');
        await folder.until('a file is told', () => folder.isCovered('d/file'));
      }
      rmSync(folder.root, { recursive: true });
      await folder.until('its removal is told', () => folder.degradations.length === 3);
    });

    test('L14 without a root it starts all the same, says so once, and watches when there is one', async () => {
      await using folder = await open({ checkEveryMs: 20 }, (root) => rmSync(root, { recursive: true }));
      assert.equal(folder.degradations.length, 1);
      mkdirSync(folder.root);
      await folder.until('the gap is told', () => folder.lostDirectories.includes(''));
      await folder.fence();
      assert.deepEqual([folder.degradations.length, folder.restorations], [1, 1]);
    });

    test('L15 a watcher that lives answers every check and says nothing of it', async () => {
      await using folder = await open({ checkEveryMs: 5 });
      const isBeating = (): boolean => readBeat(folder) !== undefined;
      await folder.until('the canary is touched', isBeating);
      const first = readBeat(folder);
      await folder.until('it is touched again', () => readBeat(folder) !== first);
      await folder.fence();
      assert.deepEqual(folder.lostDirectories, []);
      assert.deepEqual(
        folder.news.filter((news) => news.name.startsWith('.lanfold')),
        [],
      );
    });

    test('L16 closing twice, and while it starts, is fine; nothing is told afterwards', async () => {
      const folder = await open();
      await folder.close();
      writeFileSync(folder.path('late'), 'x');
      await folder[Symbol.asyncDispose]();
      assert.deepEqual(folder.news, []);

      const watcher = create(dirname(folder.root));
      const started = watcher.start(folder);
      await watcher.close();
      await started;
    });

    followTest(open);
  });
}

function readBeat(folder: WatchedFolder): number | undefined {
  try {
    return statSync(folder.path('.lanfold/canary/beat')).mtimeMs;
  } catch {
    return undefined;
  }
}
