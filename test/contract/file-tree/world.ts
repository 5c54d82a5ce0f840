/**
 * A folder under test: the tree, and a user who works on the same disk.
 * @module
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { inspect } from 'node:util';
import type { Look } from '../../../src/core/model/file-record.ts';
import { isTrouble, type Applied, type Change, type FileTree, type StageJob } from '../../../src/ports/file-tree.ts';

/** The user's hands: what a person or a program does to the folder, unseen by the tree. */
export interface DiskUnderTest {
  /** Makes a file, or rewrites it in place. */
  writeFile(name: string, bytes: Uint8Array, options?: { modifiedNs?: bigint }): void;
  /** Holds a file open for writing. @returns how to let go of it. */
  hold(name: string): () => void;
  readFile(name: string): Uint8Array;
  makeDirectory(name: string): void;
  makeSymlink(name: string, target: string): void;
  /** Removes a name and all below. */
  remove(name: string): void;
  rename(from: string, to: string): void;
  exists(name: string): boolean;
  /** Base names, sorted, with lanfold's own directory if it has one. */
  list(directory: string): string[];
}

export interface TreeWorld {
  readonly tree: FileTree;
  readonly disk: DiskUnderTest;
  dispose(): Promise<void>;
}

export type OpenTree = () => Promise<TreeWorld>;

export const TO_HISTORY = { to: 'history' } as const;
export const MODIFIED_NS = 1_700_000_000_123_456_789n;

/** A test that gets a folder of its own. */
export function ruleTest(title: string, open: OpenTree, run: (world: World) => Promise<void>): void {
  test(title, async () => {
    const opened = await open();
    try {
      await run(new World(opened));
    } finally {
      await opened.dispose();
    }
  });
}

/** The tree and the disk, with the short ways of saying things that the tests share. */
export class World {
  readonly tree: FileTree;
  readonly disk: DiskUnderTest;

  constructor({ tree, disk }: TreeWorld) {
    this.tree = tree;
    this.disk = disk;
  }

  /** The look of a name that must be there. */
  async look(name: string): Promise<Look> {
    const seen = await this.lookOrNot(name);
    assert.ok(seen !== undefined, `${name} is not there`);
    return seen;
  }

  async lookOrNot(name: string): Promise<Look | undefined> {
    const [seen] = await this.tree.look([name]);
    assert.ok(!isTrouble(seen), `${name}: ${inspect(seen)}`);
    return seen;
  }

  text(name: string): string {
    return Buffer.from(this.disk.readFile(name)).toString();
  }

  write(name: string, text: string): void {
    this.disk.writeFile(name, Buffer.from(text));
  }

  /** Stages a text as the only block of a file. */
  async stage(stage: string, text: string): Promise<void> {
    assert.deepEqual(await this.tree.stage([bytesJob(stage, text)]), [true]);
  }

  /** A change that puts a staged file where `expected` stands. */
  file(name: string, stage: string, expected: Look | undefined): Extract<Change, { change: 'file' }> {
    const displace = TO_HISTORY;
    return { change: 'file', name, stage, permissions: 0o644, modifiedNs: MODIFIED_NS, expected, displace };
  }

  async apply(change: Change): Promise<Applied> {
    const [applied] = await this.tree.apply([change]);
    assert.ok(applied !== undefined);
    return applied;
  }

  /** Applies a change that must succeed; the look that it leaves is the one that is seen afterwards. */
  async applied(change: Change): Promise<Look | undefined> {
    const applied = await this.apply(change);
    assert.ok(!isTrouble(applied), inspect(applied));
    assert.deepEqual(await this.lookOrNot(change.name), applied.look);
    return applied.look;
  }

  /** Applies a change that must be refused. */
  async refused(change: Change, trouble: string): Promise<void> {
    assert.equal(troubleIn(await this.apply(change)), trouble);
  }

  /** Puts a text under a name as a peer's change would. */
  async put(name: string, text: string): Promise<Look> {
    await this.stage('put', text);
    const look = await this.applied(this.file(name, 'put', await this.lookOrNot(name)));
    assert.ok(look !== undefined);
    return look;
  }
}

export function bytesJob(stage: string, text: string | Uint8Array): StageJob {
  const data = typeof text === 'string' ? Buffer.from(text) : new Uint8Array(text);
  return { stage, size: data.length, offset: 0, bytes: data.length, hash: sha256(data), from: 'bytes', data };
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

/** The kind of trouble, or undefined if it is none. */
export function troubleIn(value: unknown): string | undefined {
  return isTrouble(value) ? value.trouble : undefined;
}
