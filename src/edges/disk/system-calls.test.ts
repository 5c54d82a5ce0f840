import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SystemCalls, tellsOfLosses } from './system-calls.ts';

const native = new SystemCalls();
const plain = new SystemCalls(false);
const noNative = native.isNative ? false : 'koffi is not installed, or not for this system';

let root: string;
before(() => {
  root = mkdtempSync(join(tmpdir(), 'lanfold-system-'));
});
after(() => rmSync(root, { recursive: true }));

const TIMES = [
  1_700_000_000_123_456_789n,
  0n,
  -1n,
  -1_000_000_001n,
  -86_400_000_000_000_123n,
  4_102_444_800_999_999_999n,
];

test('P39 modification times are exact to the nanosecond, also before 1970', { skip: noNative }, () => {
  const path = join(root, 'exact');
  writeFileSync(path, '');
  for (const modifiedNs of TIMES) {
    native.setModified(path, modifiedNs);
    assert.equal(lstatSync(path, { bigint: true }).mtimeNs, modifiedNs);
  }
});

test('P39 without koffi they are at most 1 µs off, and never "now"', () => {
  const path = join(root, 'near');
  writeFileSync(path, '');
  for (const modifiedNs of TIMES) {
    plain.setModified(path, modifiedNs);
    const error = lstatSync(path, { bigint: true }).mtimeNs - modifiedNs;
    assert.ok(error < 1000n && error > -1000n, `${modifiedNs}: ${error} ns off`);
  }
});

for (const [name, system] of [
  ['natively', native],
  ['with Node’s calls', plain],
] as const) {
  test(`P40 a move never replaces anything, ${name}`, () => {
    const directory = mkdtempSync(join(root, 'move-'));
    const at = (base: string): string => join(directory, base);
    writeFileSync(at('file'), 'file');
    symlinkSync('dangling', at('link'));
    mkdirSync(at('directory'));
    writeFileSync(at('taken'), 'taken');
    for (const base of ['file', 'link', 'directory']) {
      for (const taken of ['taken', 'link', 'directory']) {
        if (base !== taken) assert.throws(() => system.moveNoReplace(at(base), at(taken)), { code: 'EEXIST' });
      }
    }
    for (const base of ['file', 'link', 'directory']) {
      system.moveNoReplace(Buffer.from(at(base)), at(`${base} moved`));
      assert.equal(existsSync(at(base)), false);
      assert.ok(lstatSync(at(`${base} moved`), { throwIfNoEntry: false }));
    }
    assert.equal(readFileSync(at('taken'), 'utf8'), 'taken');
  });
}

describe('writers', { skip: noNative }, () => {
  const holders: [what: string, flags: string, answer: 'none' | 'some'][] = [
    ['has it open to read', 'r', 'none'],
    ['has it open to write', 'r+', 'some'],
    ['appends to it', 'a', 'some'],
  ];

  function ask(path: string): string {
    const handle = openSync(path, 'r');
    try {
      return native.writers(handle, path);
    } finally {
      closeSync(handle);
    }
  }

  for (const directory of [tmpdir(), '/dev/shm'].filter((path) => existsSync(path))) {
    test(`P41 our own process counts, in ${directory}; a reader does not`, () => {
      const own = mkdtempSync(join(directory, 'lanfold-writers-'));
      const path = join(own, 'file');
      writeFileSync(path, 'x');
      assert.equal(ask(path), 'none');
      for (const [flags, answer] of [
        ['r', 'none'],
        ['r+', 'some'],
      ] as const) {
        const held = openSync(path, flags);
        assert.equal(ask(path), answer);
        closeSync(held);
        assert.equal(ask(path), 'none');
      }
      rmSync(own, { recursive: true });
    });
  }

  for (const [what, flags, answer] of holders) {
    test(`P41 another process that ${what}: ${answer}`, async () => {
      const path = join(root, 'held');
      writeFileSync(path, 'x');
      await using holder = await holdOpen(path, flags);
      assert.equal(ask(path), answer);
      await holder.release();
      assert.equal(ask(path), 'none');
    });
  }
});

/** A process of its own that holds the file open until it is released. */
async function holdOpen(path: string, flags: string) {
  const script = `fs.openSync(${JSON.stringify(path)}, '${flags}'); console.log('held'); process.stdin.resume()`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const release = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    child.stdin.end();
    await once(child, 'exit');
  };
  return { release, [Symbol.asyncDispose]: release };
}

test('R1 one flush of all counts only where the kernel says what it could not write', () => {
  for (const kernel of ['5.17.0', '5.19.17-amd64', '6.1.0', '10.0']) assert.equal(tellsOfLosses(kernel), true, kernel);
  for (const kernel of ['5.16.20', '5.10.0-28-arm64', '4.19.0', '']) assert.equal(tellsOfLosses(kernel), false, kernel);
});

test(
  'R1 memory can be flushed as a whole, if the calls for it are there; no device and no process',
  { skip: noNative },
  () => {
    assert.equal(native.canSyncFileSystem('/dev/shm'), tellsOfLosses(release()));
    assert.equal(plain.canSyncFileSystem('/dev/shm'), false);
    assert.equal(native.canSyncFileSystem('/proc'), false);
  },
);

test(
  'R2 of a file that is written it is known; once something was lost nothing is flushed as a whole',
  { skip: noNative },
  () => {
    const system = new SystemCalls();
    const path = join(root, 'written');
    writeFileSync(path, 'x');
    const handle = openSync(path, 'r');
    system.checkWritten(handle);
    closeSync(handle);
    assert.throws(() => system.checkWritten(handle), { code: 'EBADF' });
    system.distrust();
    assert.equal(system.canSyncFileSystem('/dev/shm'), false);
  },
);
