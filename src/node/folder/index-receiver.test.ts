import { doesNotThrow, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { record } from '../../../test/harness/records.ts';
import type { FolderContext } from './folder-context.ts';
import { IndexReceiver } from './index-receiver.ts';

test('X2 records that fail when a later answer is due throw into no timer, and a name has one timer', () => {
  const timers: (() => void)[] = [];
  let isBroken = false;
  const context = {
    records: {
      saveRemote: () => {},
      versions() {
        if (isBroken) throw new Error('so the test will have it');
        return { remotes: [] };
      },
    },
    busy: { has: () => !isBroken },
    doubt: { covers: () => false },
    mounts: { isAway: () => false },
    clock: { nowMs: () => 1e12, after: (_ms: number, run: () => void) => void timers.push(run) },
    log: { warn: () => {} },
    onForgotten: () => {},
  };
  const receiver = new IndexReceiver(context as unknown as FolderContext, 1n, () => false);
  for (const peer of [2n, 3n]) receiver.receive(peer, [record({ name: 'busy' })], false);
  equal(timers.length, 1);
  isBroken = true;
  doesNotThrow(() => timers[0]?.());
});
