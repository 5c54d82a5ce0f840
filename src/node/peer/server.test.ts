/** What a peer that asks for much is sent, and what not any more. */
import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { Folder } from '../folder/folder.ts';
import { Server } from './server.ts';

test('R19 blocks that the far end has not taken when it is told its last are not sent before that', async () => {
  const sent: number[] = [];
  let isEnded = false;
  let drain = (): void => {};
  const server = new Server({
    link: {
      pause: () => {},
      resume: () => {},
      send: (_, body) => {
        sent.push('id' in body ? body.id : -1);
        return sent.length === 1;
      },
    },
    stream: { drained: () => new Promise((resolve) => (drain = resolve)) },
    folder: () => ({ supplier: { supply: ({ bytes }) => Promise.resolve(new Uint8Array(bytes)) } }) as Folder,
    isEnded: () => isEnded,
  });
  const asked = { folder: 'docs', name: 'film', offset: 0, size: 1 << 20, hash: new Uint8Array(32) };
  const served = [1, 2, 3, 4, 5].map((id) => server.serve({ ...asked, id, fromTemporary: false, blockNumber: 0 }));
  await new Promise(setImmediate);
  deepEqual(sent, [1, 2], 'the second fills what leaves at once');
  drain();
  await new Promise(setImmediate);
  deepEqual(sent, [1, 2, 3]);
  isEnded = true;
  drain();
  await Promise.all(served);
  deepEqual(sent, [1, 2, 3]);
});
