/** Programs that write while lanfold looks, hashes, sends and receives. All run at the same time, each on a name of its own. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../harness/process.ts';
import { hashFile, isGone } from '../harness/snapshot.ts';
import type { Side } from '../nodes/pair.ts';
import { sharedPair } from './shared-pair.ts';

const MIB = 1 << 20;
const FILLED_AFTER_MS = 5000;
/** Longer than a file that never rests is waited for. */
const GROWING_MS = 12_000;

/** SHA-256 of all that was ever to be seen under a name of a side, in order, until stopped. */
function watchContents(side: Side, name: string): { stop(): Promise<string[]> } {
  const path = join(side.folder, name);
  const seen: string[] = [];
  let isOver = false;
  const watching = (async (): Promise<void> => {
    for (let last = ''; !isOver; await delay(20)) {
      const content = hashIfThere(path);
      if (content === undefined || content === last) continue;
      seen.push(content);
      last = content;
    }
  })();
  return {
    async stop(): Promise<string[]> {
      isOver = true;
      await watching;
      const last = hashIfThere(path); // it may have come since the last look
      return last === undefined || last === seen.at(-1) ? seen : [...seen, last];
    },
  };
}

function hashIfThere(path: string): string | undefined {
  try {
    return hashFile(path);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

describe('writers', { concurrency: true }, () => {
  const pairOf = sharedPair();

  /** Waits until the second side has what the first one has under a name. */
  async function isEqual(name: string): Promise<string> {
    const { a, b } = pairOf();
    return await until(
      `"${name}" is the same`,
      () => {
        const content = hashIfThere(join(a.folder, name));
        return content !== undefined && hashIfThere(join(b.folder, name)) === content ? content : undefined;
      },
      { timeoutMs: 90_000, everyMs: 100 },
    );
  }

  test('case A04: a file that is made empty and filled seconds later goes from nothing to all, and never back', async () => {
    const { a, b } = pairOf();
    const watched = watchContents(b, 'filled later');
    const path = join(a.folder, 'filled later');
    writeFileSync(path, '');
    const empty = hashFile(path);
    await delay(FILLED_AFTER_MS);
    writeFileSync(path, 'all of it');
    const full = await isEqual('filled later');
    await delay(1500);
    const seen = await watched.stop();
    assert.ok(seen.length <= 2 && seen.at(-1) === full, seen.join());
    if (seen.length === 2) assert.equal(seen[0], empty);
  });

  test('case A05: of a download that grows for long, the other side sees nothing before its end', async () => {
    const { a, b } = pairOf();
    const watched = watchContents(b, 'download');
    const file = openSync(join(a.folder, 'download'), 'w');
    for (const endMs = performance.now() + GROWING_MS; performance.now() < endMs; await delay(100))
      writeSync(file, randomBytes(10_000));
    closeSync(file);
    const whole = await isEqual('download');
    assert.deepEqual(await watched.stop(), [whole]);
  });

  test('case A05: of a log that is opened for each line, the other side sees whole lines, and in the end all', async () => {
    const { a, b } = pairOf();
    const path = join(a.folder, 'log');
    const watched = watchContents(b, 'log');
    const written = new Set<string>();
    for (const endMs = performance.now() + GROWING_MS; performance.now() < endMs; await delay(25)) {
      appendFileSync(path, `${new Date().toISOString()} a line\n`);
      written.add(hashFile(path));
    }
    const whole = await isEqual('log');
    const seen = await watched.stop();
    assert.equal(seen.at(-1), whole);
    for (const content of seen) assert.ok(written.has(content), 'no line is cut');
  });

  test('case A10: a file that is rewritten again and again, also while it is hashed, is never told half old, half new', async () => {
    const { a, b } = pairOf();
    const path = join(a.folder, 'rewritten');
    const watched = watchContents(b, 'rewritten');
    const versions = new Set<string>();
    for (let version = 0; version < 25; version += 1) {
      const content = Buffer.alloc(6 * MIB, `version ${version} `);
      const file = openSync(path, version === 0 ? 'w' : 'r+');
      for (let offset = 0; offset < content.length; offset += MIB) {
        writeSync(file, content, offset, MIB, offset);
        if (offset % (2 * MIB) === 0) await delay(5);
      }
      closeSync(file);
      versions.add(hashFile(path));
      await delay(40 + (version % 5) * 60); // around the moment at which it is looked at
    }
    const last = await isEqual('rewritten');
    const seen = await watched.stop();
    assert.equal(seen.at(-1), last);
    for (const content of seen) assert.ok(versions.has(content), 'a mixture arrived');
  });

  for (const [how, replace] of [
    ['in place', (path: string, content: Buffer) => writeFileSync(path, content, { flag: 'r+' })],
    [
      'by a rename',
      (path: string, content: Buffer) => {
        writeFileSync(`${path}.new.tmp`, content);
        renameSync(`${path}.new.tmp`, path);
      },
    ],
  ] as const) {
    test(`case A11: a file that is replaced ${how} while the other side reads it arrives whole, as one or the other`, async () => {
      const { a, b } = pairOf();
      const name = `replaced ${how}`;
      const path = join(a.folder, name);
      const watched = watchContents(b, name);
      const versions = new Set<string>();
      for (let version = 0; version < 5; version += 1) {
        const asked = await a.node.ask('logCount', 'a peer asked for a block');
        const content = randomBytes(12 * MIB);
        if (version === 0) writeFileSync(path, content);
        else replace(path, content);
        versions.add(hashFile(path));
        await until(
          'it is being read',
          async () => ((await a.node.ask('logCount', 'a peer asked for a block')) > asked ? true : undefined),
          { everyMs: 1 },
        );
      }
      const last = await isEqual(name);
      const seen = await watched.stop();
      assert.equal(seen.at(-1), last);
      for (const content of seen) assert.ok(versions.has(content), 'a mixture arrived');
    });
  }

  test('case A16: a file that is deleted while it is pulled leaves no stub, and does not come back', async () => {
    const { a, b } = pairOf();
    const path = join(a.folder, 'deleted soon');
    const watched = watchContents(b, 'deleted soon');
    const staging = join(b.folder, '.lanfold/staging');
    const staged = (): number => (existsSync(staging) ? readdirSync(staging).length : 0);
    writeFileSync(path, randomBytes(48 * MIB));
    const whole = hashFile(path);
    await until('something is staged', () => (staged() > 0 ? true : undefined), { everyMs: 1 });
    rmSync(path);
    await until(
      'all have forgotten it',
      async () => {
        const status = await b.node.ask('status', 'main');
        return !existsSync(join(b.folder, 'deleted soon')) && status.need.items === 0 && status.state === 'in-sync'
          ? true
          : undefined;
      },
      { timeoutMs: 90_000 },
    );
    await delay(3000);
    assert.equal(existsSync(path), false);
    assert.equal(existsSync(join(b.folder, 'deleted soon')), false);
    for (const content of await watched.stop()) assert.equal(content, whole, 'nothing but all of it was ever there');
  });
});
