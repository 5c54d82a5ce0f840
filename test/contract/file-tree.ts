/**
 * What every FileTree promises, on a real disk or in memory (rules P1–P33).
 * @module
 */
import { describe } from 'node:test';
import { changingRules } from './file-tree/changing.ts';
import { historyRules } from './file-tree/history.ts';
import { lookingRules } from './file-tree/looking.ts';
import { replacingRules } from './file-tree/replacing.ts';
import { stagingRules } from './file-tree/staging.ts';
import type { OpenTree } from './file-tree/world.ts';

export type { DiskUnderTest, OpenTree, TreeWorld } from './file-tree/world.ts';

/** @param open makes a new, empty folder for each test. */
export function fileTreeContract(name: string, open: OpenTree): void {
  describe(`file tree: ${name}`, () => {
    lookingRules(open);
    stagingRules(open);
    changingRules(open);
    replacingRules(open);
    historyRules(open);
  });
}
