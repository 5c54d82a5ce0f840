/** Bytes that the system takes and then cannot write, of which it tells once, to whoever asks first. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { apply } from '../../src/edges/disk/apply.ts';
import { Scratch } from '../../src/edges/disk/blocks.ts';
import { stage } from '../../src/edges/disk/staging.ts';
import { SystemCalls } from '../../src/edges/disk/system-calls.ts';
import { walking } from '../../src/edges/disk/walk.ts';
import type { Change } from '../../src/ports/file-tree.ts';
import { bytesJob, MODIFIED_NS, TO_HISTORY, troubleIn } from '../contract/file-tree/world.ts';
import { MemoryDisk, mountsMissing, openExt4Disk } from '../harness/mounts.ts';
import { Random } from '../harness/random.ts';

const FILES = 64;
const FILE_BYTES = 128 * 1024;
/** Enough for some of them. */
const LEFT_BYTES = 4 * 1024 * 1024;

test(
  'R2 case F15: where the system has lost bytes and told another program so, no such file gets its name',
  {
    skip: mountsMissing() ?? false,
  },
  (t) => {
    using memory = new MemoryDisk(40);
    using disk = openExt4Disk(64, memory.path);
    if (disk === undefined) return t.skip('no such disk can be made here');
    const root = join(disk.path, 'folder');
    mkdirSync(root);
    const random = new Random(5);
    const contents = Array.from({ length: FILES }, () => random.bytes(FILE_BYTES));
    const hashes = contents.map(sha256);
    spawnSync('sync', ['-f', root]);
    const filler = memory.fill();
    truncateSync(filler, statSync(filler).size - LEFT_BYTES);
    const system = new SystemCalls();
    stageAll(root, contents);
    assert.notEqual(spawnSync('sync', ['-f', root]).status, 0, 'another program is told that bytes were lost');
    assert.ok(!place(root, system).includes(undefined), 'one was lost, so none is believed');
    truncateSync(filler, 0);
    stageAll(root, contents);
    assert.deepEqual(new Set(place(root, system)), new Set([undefined]), 'with room, and each flushed by itself');
    disk.remount();
    for (const [index, hash] of hashes.entries()) assert.equal(sha256(readFileSync(join(root, `f${index}`))), hash);
  },
);

function stageAll(root: string, contents: readonly Uint8Array[]): void {
  // Copied, for the bytes of a job may be taken away.
  const jobs = contents.map((content, index) => bytesJob(`s${index}`, content.slice()));
  walking(root, (walk) => stage(walk, jobs, new Scratch()));
}

/** @returns the trouble of each. */
function place(root: string, system: SystemCalls): (string | undefined)[] {
  const attributes = {
    permissions: 0o644,
    modifiedNs: MODIFIED_NS,
    expected: undefined,
    displace: TO_HISTORY,
  } as const;
  const changes = Array.from({ length: FILES }, (_, index): Change => {
    return { change: 'file', name: `f${index}`, stage: `s${index}`, ...attributes };
  });
  return apply(root, changes, Date.now(), system).map(troubleIn);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
