/** What a peer tells first of its index, as programs other than lanfold may, on memory edges. */
import { deepEqual, equal, ok } from 'node:assert/strict';
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

/** Of the folder, in what is said of the indexes of both: the last that was heard. */
function claimed({ heard }: HandPeer, device: Uint8Array): readonly (number | bigint)[] {
  const configs = heard.flatMap((message) => (message.type === 'ClusterConfig' ? [message.body] : []));
  const devices = configs.at(-1)?.folders.find(({ id }) => id === FOLDER)?.devices;
  const own = devices?.find(({ id }) => Buffer.compare(id, device) === 0);
  return [own?.indexId ?? -1, own?.maxSequence ?? -1];
}

test('R14 what a peer told before it said of which index it is told anew, for that was forgotten', async () => {
  const { desk, a, b } = two([FOLDER]);
  using _ = desk;
  await desk.start(a);
  const peer = await HandPeer.connect(desk, b, a);
  peer.say('ClusterConfig', { folders: [] });
  await desk.runFor(1000);
  const version = { counters: [{ device: b.short, value: 2n ** 33n }] };
  const files = [{ name: 'd', type: 1, sequence: 1, version }];
  peer.say('Index', { folder: FOLDER, files });
  peer.say('ClusterConfig', { folders: [peer.folder({ indexId: 7n, maxSequence: 1 }, {})] });
  // Who is told so tells all of it.
  ok(await desk.until(() => claimed(peer, b.device).join() === '7,0'));
  peer.say('Index', { folder: FOLDER, files });
  ok(await desk.until(() => a.folder().records.remoteIndex(b.short).maxSequence === 1));
  ok(a.folder().admission.isAllHeard);
});

test('R14 a connection that only requests are served on carries no index before the far end says so', async () => {
  const { desk, a, b } = two([FOLDER]);
  using _ = desk;
  await desk.start(a);
  const first = await HandPeer.connect(desk, b, a);
  const full = { folders: [first.folder({ indexId: 7n, maxSequence: 0 }, {})] };
  first.say('ClusterConfig', full);
  ok(await desk.until(() => claimed(first, a.device)[0] === a.indexId()));
  const second = await HandPeer.connect(desk, b, a);
  second.say('ClusterConfig', { secondary: true });
  await desk.runFor(1000);
  first.leave();
  await desk.runFor(5000);
  deepEqual(claimed(second, a.device), [-1, -1], 'what is told now would not be kept');
  second.say('ClusterConfig', full);
  ok(await desk.until(() => claimed(second, a.device)[0] === a.indexId()));
  equal(second.closed, undefined);
});
