/** A hostile peer and names: everything that a name can be tried with to get out of the folder. */
import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Program, until } from '../harness/process.ts';
import { SECRET } from './canaries.ts';
import type { Entry } from './entry.ts';
import type { EvilPeer } from './evil-peer.ts';
import { namesIn, Scene } from './scene.ts';

let scene: Scene;
before(async () => (scene = await Scene.open()));
after(async () => await scene[Symbol.asyncDispose]());

const SWAPPER = join(import.meta.dirname, 'swapper.ts');
const EVIL = Buffer.from('evil');
const OUTSIDE: readonly (readonly [what: string, name: string])[] = [
  ['a parent', '../x'],
  ['a parent in the middle', 'a/../../x'],
  ['an absolute path', '/tmp/lanfold-evil'],
  ['the folder itself', '.'],
  ['the parent itself', '..'],
  ['nothing', ''],
  ['an empty part', 'a//b'],
  ['a dot in the middle', 'a/./b'],
  ['a slash at its end', 'a/'],
];

test('case I01: names that lead out of the folder, or are not clean, close the conversation', async (t) => {
  await scene.run(t, { log: /index is wrong: name (outside|not canonical)/ }, async ({ evil, folder, path }) => {
    for (const [what, name] of OUTSIDE) {
      for (const make of ['file', 'directory', 'deletion'] as const) {
        const peer = await evil();
        peer.share([folder]);
        const { author } = peer;
        const entry = make === 'file' ? author.file(name, EVIL) : author[make](name);
        peer.update(folder, entry, author.file('behind it', 'of the same message'));
        await peer.closes();
        assert.deepEqual(namesIn(path), [], `${what}: nothing of the message is taken`);
      }
    }
    return 'closed: the index is wrong';
  });
});

test('case I01: a name with a NUL, or too long for any disk, is left out and the others are taken', async (t) => {
  await scene.run(t, { log: /not taken from the peer/ }, async ({ evil, folder, path, arrives }) => {
    const peer = await evil();
    peer.share([folder]);
    serving(peer);
    const { author } = peer;
    const names = ['a\0b', 'x'.repeat(256), `${'y/'.repeat(5000)}z`, `deep/${'ö'.repeat(200)}`];
    peer.update(folder, ...names.map((name) => author.file(name, EVIL)), author.file('good', EVIL));
    await arrives('good', EVIL);
    assert.deepEqual(namesIn(path), ['good']);
    assert.ok(!peer.isClosed);
    peer.update(folder, author.file(Buffer.from([0x61, 0xff, 0x62]), EVIL)); // no UTF-8: no Syncthing 2.x sends it
    await peer.closes();
    return 'entries left out; closed when a name is not UTF-8';
  });
});

test('case I02: a backslash and a drive are letters like others', async (t) => {
  await scene.run(t, {}, async ({ evil, folder, path, arrives }) => {
    const peer = await evil();
    peer.share([folder]);
    serving(peer);
    const names = ['..\\x', 'C:\\x', '\\\\server\\share', 'a\\..\\..\\b'];
    peer.update(folder, ...names.map((name) => peer.author.file(name, EVIL)));
    for (const name of names) await arrives(name, EVIL);
    assert.deepEqual(namesIn(path), [...names].sort());
    return 'kept, inside';
  });
});

test('case I03: nothing is reached through a symlink that the peer made', async (t) => {
  await scene.run(t, {}, async ({ evil, folder, path, beside, arrives }) => {
    const peer = await evil();
    peer.share([folder]);
    serving(peer);
    const { author } = peer;
    const ways = {
      relative: '../outside',
      absolute: join(beside, 'outside'),
      above: '..',
      self: '.',
      dangling: '../new',
    };
    peer.update(folder, ...Object.entries(ways).map(([name, target]) => author.symlink(name, target)));
    await until('the links are there', () => namesIn(path).length === Object.keys(ways).length || undefined);
    for (const name of Object.keys(ways)) {
      peer.update(folder, author.file(`${name}/evil`, EVIL), author.file(`${name}/canary`, EVIL));
      peer.update(folder, author.directory(`${name}/deep/new`), author.symlink(`${name}/link`, '/etc'));
      peer.update(folder, author.deletion(`${name}/deep/canary`), author.file(`${name}/deep/canary`, EVIL));
    }
    peer.update(folder, author.file('last', EVIL));
    await arrives('last', EVIL);
    return 'not followed';
  });
});

test('case I04: a directory that turns into a symlink, and something below it, in one index', async (t) => {
  await scene.run(t, {}, async ({ evil, folder, arrives }) => {
    const peer = await evil();
    peer.share([folder]);
    serving(peer);
    const { author } = peer;
    const makers: Readonly<Record<string, (d: string) => Entry[]>> = {
      first: (d) => [author.symlink(d, '../outside'), author.file(`${d}/canary`, EVIL)],
      behind: (d) => [author.file(`${d}/canary`, EVIL), author.symlink(d, '../outside')],
      twice: (d) => [author.directory(d), author.file(`${d}/canary`, EVIL), author.symlink(d, '../outside')],
      gone: (d) => [author.deletion(`${d}/there`), author.symlink(d, '../outside'), author.file(`${d}/new`, EVIL)],
      deep: (d) => [
        author.symlink(d, '../outside'),
        author.directory(`${d}/deep`),
        author.file(`${d}/deep/canary`, EVIL),
      ],
    };
    const names = Object.keys(makers);
    peer.update(folder, ...names.flatMap((d) => [author.directory(d), author.file(`${d}/there`, EVIL)]));
    for (const d of names) await arrives(`${d}/there`, EVIL);
    for (const [d, make] of Object.entries(makers)) peer.update(folder, ...make(d));
    peer.update(folder, ...names.map((d) => author.deletion(`${d}/there`)), author.file('last', EVIL));
    await arrives('last', EVIL);
    peer.update(
      folder,
      author.file('gone/canary', EVIL),
      author.deletion('gone/deep/canary'),
      author.file('end', EVIL),
    );
    await arrives('end', EVIL);
    return 'not followed';
  });
});

test('case I05: a parent that a local program swaps for a symlink, again and again, while things are pulled into it', async (t) => {
  await scene.run(t, { cpuMs: 30_000, logLines: 1000 }, async ({ evil, folder, path, beside }) => {
    const peer = await evil();
    peer.share([folder]);
    serving(peer);
    mkdirSync(join(path, 'way'));
    const swapper = await Program.start(process.execPath, [SWAPPER, join(path, 'way'), join(beside, 'outside')]);
    try {
      let number = 0;
      const contents = new Map<string, Buffer>();
      peer.serve = ({ name }) => contents.get(name);
      const fresh = (name: string): Entry => {
        const content = Buffer.from(`evil ${(number += 1)}`);
        contents.set(name, content);
        return peer.author.file(name, content);
      };
      const endMs = performance.now() + RACE_MS;
      while (performance.now() < endMs) {
        const asked = peer.asked;
        const names = Array.from({ length: 50 }, (_, i) => `way/${(number + i) % 400}`);
        peer.update(
          folder,
          peer.author.directory('way'),
          ...names.map(fresh),
          fresh('way/canary'),
          fresh('way/deep/canary'),
        );
        const isBusy = (): true | undefined => peer.asked > asked + 25 || undefined;
        await until('some are asked for', isBusy, { timeoutMs: 500, everyMs: 2 }).catch(() => {});
        peer.update(folder, ...names.slice(0, 25).map((name) => peer.author.deletion(name)));
        peer.update(folder, peer.author.deletion('way/canary'), peer.author.deletion('way/deep/canary'));
      }
      await swapper.end();
      const swaps = Number(swapper.stdout.at(-1));
      assert.ok(swaps > 100, `${swaps} swaps`);
      assert.ok(peer.asked > 50, `${peer.asked} blocks asked for`);
      return `not followed in ${swaps} swaps, ${peer.asked} blocks`;
    } finally {
      await swapper.kill('SIGKILL');
      // What the peer told last may still be on its way into it.
      rmSync(join(path, 'way'), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    }
  });
});
const RACE_MS = 4000;

test('case I06: a delete below a symlink deletes nothing', async (t) => {
  await scene.run(t, {}, async ({ evil, folder, path, beside, arrives }) => {
    const peer = await evil();
    peer.share([folder]);
    const contents = new Map([
      ['way/canary', SECRET.toString()],
      ['way/deep/canary', SECRET.toString()],
    ]);
    peer.serve = ({ name }) => Buffer.from(contents.get(name) ?? 'evil');
    const { author } = peer;
    peer.update(folder, author.directory('way'), author.directory('way/deep'), author.symlink('made', '../outside'));
    peer.update(folder, ...[...contents].map(([name, content]) => author.file(name, content)));
    for (const [name, content] of contents) await arrives(name, content);
    // The user puts a link to the same files in the directory's place, and at this very moment the peer deletes them.
    renameSync(join(path, 'way'), join(beside, 'folder', 'was'));
    symlinkSync(join(beside, 'outside'), join(path, 'way'));
    peer.update(folder, ...[...contents].map(([name]) => author.deletion(name)), author.deletion('way/deep'));
    peer.update(
      folder,
      author.deletion('made/canary'),
      author.deletion('made/deep/canary'),
      author.deletion('made/deep'),
    );
    peer.update(folder, author.file('last', EVIL));
    await arrives('last', EVIL);
    assert.equal(readFileSync(join(beside, 'outside', 'canary')).toString(), SECRET.toString());
    return 'nothing deleted';
  });
});

const CONTROL = ['.lanfold', '.LANFOLD/x', '.lanfold/folder', '.stfolder', '.stfolder/x', '.stversions/x'].concat([
  '.stignore',
  '.StIgnore',
  '.syncthing.x.tmp',
  'a/~syncthing~x.tmp',
  '.lanfold-x.tmp',
  'a/.lanfold-x.tmp',
]);

test('case I07: files that the programs keep for themselves are not for peers', async (t) => {
  await scene.run(t, {}, async ({ evil, folder, path, arrives }) => {
    writeFileSync(join(path, '.stignore'), 'ignored\n');
    mkdirSync(join(path, '.stfolder'));
    const peer = await evil();
    peer.share([folder]);
    serving(peer);
    const { author } = peer;
    const before = lstatSync(join(path, '.lanfold')).ino;
    for (const name of CONTROL) {
      peer.update(folder, author.file(name, '*'));
      peer.update(folder, author.symlink(name, '../outside'));
      peer.update(folder, author.directory(name));
      peer.update(folder, author.deletion(name), author.deletion(name, { type: 1 }));
      peer.update(folder, author.file(`${name}/x`, EVIL));
    }
    peer.update(folder, author.file('last', EVIL));
    await arrives('last', EVIL);
    assert.deepEqual(namesIn(path), ['.stfolder', '.stignore', 'last']);
    assert.equal(readFileSync(join(path, '.stignore'), 'utf8'), 'ignored\n');
    assert.equal(lstatSync(join(path, '.lanfold')).ino, before);
    return 'left out';
  });
});

test('case I14: one name twice in an index, deleted and live, in other case, in other normal form', async (t) => {
  await scene.run(t, {}, async ({ evil, folder, path, arrives }) => {
    const peer = await evil();
    peer.share([folder]);
    const last = Buffer.from('the last one');
    peer.serve = () => last;
    const { author } = peer;
    const older = (name: string): Entry => author.file(name, 'an older one');
    peer.update(folder, older('live'), author.deletion('live'), author.file('live', last));
    peer.update(folder, author.deletion('again'), author.file('again', last), { ...author.file('again', last) });
    peer.update(folder, author.file('gone', last), author.deletion('gone'));
    peer.update(
      folder,
      author.file('kind', last),
      author.directory('kind'),
      author.symlink('kind', 'x'),
      author.file('kind', last),
    );
    peer.update(folder, author.file('Case', last), author.file('case', last), author.file('CASE', last));
    peer.update(folder, older('e\u0301'), author.file('\u00e9', last));
    for (const name of ['live', 'again', 'kind', 'Case', 'case', 'CASE', '\u00e9']) await arrives(name, last);
    assert.deepEqual(namesIn(path), ['CASE', 'Case', 'again', 'case', 'kind', 'live', '\u00e9']);
    return 'the last one is taken';
  });
});

/** Gives `EVIL` for whatever is asked. */
function serving(peer: EvilPeer): void {
  peer.serve = () => EVIL;
}
