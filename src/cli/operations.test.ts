import { deepEqual, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '../index.ts';
import { perform } from './operations.ts';

/** A node with one folder that notes what it is asked for. */
function nodeWithFolder(): { node: Node; asked: unknown[][] } {
  const asked: unknown[][] = [];
  const entry = { name: 'x', atMs: 0, type: 'file', size: 0 };
  const handle = {
    path: '/home/me/desk',
    history: (...values: unknown[]) => {
      asked.push(['history', ...values]);
      return Promise.resolve([]);
    },
    restore: (...values: unknown[]) => {
      asked.push(['restore', ...values]);
      return Promise.resolve(entry);
    },
  };
  return { node: { folders: () => [handle] } as unknown as Node, asked };
}

test('U6 history and restore take a name in whatever form it is typed, and the folder itself', async () => {
  const { node, asked } = nodeWithFolder();
  await perform(node, 'history', { path: '/home/me/desk/Cafe\u0301' });
  await perform(node, 'restore', { path: '/home/me/desk/Cafe\u0301/menu' });
  await perform(node, 'restore', { path: '/home/me/desk', atMs: 7 });
  deepEqual(asked, [
    ['history', 'Caf\u00e9'],
    ['restore', 'Caf\u00e9/menu', {}],
    ['restore', '', { at: new Date(7) }],
  ]);
  await rejects(perform(node, 'restore', { path: '/home/me/desktop' }), { code: 'E_FOLDER_UNKNOWN' });
});
