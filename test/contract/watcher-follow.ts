/**
 * The use of a watcher, as a test: someone who looks only where the news say still knows the whole tree.
 * @module
 */
import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WatcherOptions } from '../../src/edges/disk/watcher.ts';
import type { WatchedFolder } from './watched-folder.ts';

const OPERATIONS_MAX = 60;
const PARTS = ['a', 'b'];

type Operation =
  | { readonly is: 'write' | 'make' | 'remove'; readonly name: string }
  | { readonly is: 'rename'; readonly name: string; readonly to: string };

const nameArbitrary = fc
  .array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('/'));
const operationArbitrary: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ is: fc.constantFrom('write', 'make', 'remove'), name: nameArbitrary }),
  fc.record({ is: fc.constant('rename'), name: nameArbitrary, to: nameArbitrary }),
);

export function followTest(open: (options?: WatcherOptions) => Promise<WatchedFolder>): void {
  test('L17 who looks only where the news say knows the tree, whatever was done to it', async () => {
    await using folder = await open();
    const operations = fc.array(operationArbitrary, { minLength: 10, maxLength: OPERATIONS_MAX });
    const property = fc.asyncProperty(operations, async (list) => {
      const known = new Map(looksBelow(folder.root, ''));
      folder.onNews = (news) =>
        news.forEach(({ name, what }) => lookAgain(folder.root, known, name, what === 'appeared-directory'));
      for (const [turn, operation] of list.entries()) {
        carryOut(folder.root, operation, turn);
        if (turn % 8 === 7) await folder.fence(); // so that the news are sometimes ahead, and sometimes late
      }
      const isKnown = (): boolean => sameLooks(known, looksBelow(folder.root, ''));
      await folder.until('the follower knows the tree', isKnown);
      assert.deepEqual(folder.lostDirectories, []);
      folder.onNews = undefined;
    });
    await fc.assert(property, { numRuns: 40, endOnFailure: true });
  });
}

function carryOut(root: string, operation: Operation, turn: number): void {
  const path = join(root, operation.name);
  try {
    if (operation.is === 'rename') renameSync(path, join(root, operation.to));
    else if (operation.is === 'write') writeFileSync(path, 'x'.repeat(turn));
    else if (operation.is === 'make') mkdirSync(path, { recursive: true });
    else rmSync(path, { recursive: true });
  } catch {
    // Not every operation fits the tree that it meets.
  }
}

/** What is at a name: `directory`, or a file's size. */
function lookAt(path: string): string | undefined {
  try {
    const stats = lstatSync(path);
    return stats.isDirectory() ? 'directory' : `${stats.size} bytes`;
  } catch {
    return undefined;
  }
}

function looksBelow(root: string, directory: string): [name: string, look: string][] {
  const found: [string, string][] = [];
  for (const base of readdirSync(join(root, directory))) {
    const name = directory === '' ? base : `${directory}/${base}`;
    const look = name === '.lanfold' ? undefined : lookAt(join(root, name));
    if (look === undefined) continue;
    found.push([name, look]);
    if (look === 'directory' && statSync(join(root, name)).isDirectory()) found.push(...looksBelow(root, name));
  }
  return found;
}

function lookAgain(root: string, known: Map<string, string>, name: string, isNewDirectory: boolean): void {
  if (name === '') return;
  const look = lookAt(join(root, name));
  if (look !== 'directory' || isNewDirectory) {
    for (const other of known.keys()) if (other === name || other.startsWith(`${name}/`)) known.delete(other);
  }
  if (look !== undefined) known.set(name, look);
  if (look === 'directory' && isNewDirectory) for (const [other, its] of looksBelow(root, name)) known.set(other, its);
}

function sameLooks(known: ReadonlyMap<string, string>, found: readonly [string, string][]): boolean {
  return known.size === found.length && found.every(([name, look]) => known.get(name) === look);
}
