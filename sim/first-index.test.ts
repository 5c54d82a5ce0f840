/** What a peer tells first of its index, as programs other than lanfold may, on memory edges. */
import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageType } from '../src/core/wire/message-frame.ts';
import { FOLDER } from './desk.ts';
import { two } from './desks.ts';
import { HandPeer } from './hand-peer.ts';

type Opening = 'nothing' | 'an empty index' | 'its config twice';

for (const opening of ['nothing', 'an empty index', 'its config twice'] satisfies Opening[])
  for (const type of ['Index', 'IndexUpdate'] satisfies MessageType[])
    test(`R14 a peer that began with ${opening} is heard when it tells the first in an ${type}`, async () => {
      const { desk, a, b } = two([FOLDER]);
      using _ = desk;
      await desk.start(a);
      const peer = await HandPeer.connect(desk, b, a);
      const configs = opening === 'its config twice' ? [0, 1] : [1];
      for (const maxSequence of configs)
        peer.say('ClusterConfig', { folders: [peer.folder({ indexId: 7n, maxSequence }, {})] });
      if (opening === 'an empty index') peer.say('Index', { folder: FOLDER, files: [] });
      const version = { counters: [{ device: b.short, value: 2n ** 33n }] };
      peer.say(type, { folder: FOLDER, files: [{ name: 'd', type: 1, sequence: 1, version }] });
      ok(await desk.until(() => a.disk.find(`${FOLDER}/d`) !== undefined));
      equal(peer.closed, undefined);
    });
