/** A program that writes to a file through its memory. */
import assert from 'node:assert/strict';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { arrives, FOLDER, Pair } from '../nodes/pair.ts';

type Load = (library: string) => { func(declaration: string): (...values: unknown[]) => unknown };
const READ_WRITE = 3;
const SHARED = 1;
const SYNC = 4;

/** Why no file can be mapped here, or how to. Under CI that is an error: nothing may be skipped there. */
function loadLibrary(): ReturnType<Load> | string {
  try {
    const { load } = createRequire(import.meta.url)('koffi') as { load: Load };
    return load('libc.so.6');
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    return 'koffi or the library of the system is missing';
  }
}

const library = loadLibrary();

test(
  'case B10: what a program writes through its memory, without a close, is seen by the next look at everything',
  { skip: typeof library === 'string' ? library : false },
  async () => {
    assert.ok(typeof library !== 'string');
    const map = library.func('void *mmap(void *at, size_t bytes, int protection, int flags, int file, long offset)');
    const copy = library.func('void *memcpy(void *to, const void *from, size_t bytes)');
    const flush = library.func('int msync(void *at, size_t bytes, int flags)');
    const unmap = library.func('int munmap(void *at, size_t bytes)');
    await using pair = await Pair.open();
    const path = pair.at(pair.a, 'mapped');
    writeFileSync(path, 'first  content');
    await arrives(pair.b, 'mapped', 'first  content');
    await pair.converged();
    const file = openSync(path, 'r+');
    const memory = map(null, 14, READ_WRITE, SHARED, file, 0);
    closeSync(file);
    copy(memory, Buffer.from('second content'), 14);
    assert.equal(flush(memory, 14, SYNC), 0);
    await pair.a.node.ask('rescan', FOLDER);
    assert.equal(unmap(memory, 14), 0); // while it is mapped it counts as being written
    await arrives(pair.b, 'mapped', 'second content');
  },
);
