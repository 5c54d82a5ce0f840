/** A folder that is new here, while a person has not said yet that it may join, on memory edges. */
import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { Incoming } from '../src/core/wire/message-frame.ts';
import { FOLDER } from './desk.ts';
import { two } from './desks.ts';
import { HandPeer } from './hand-peer.ts';

const NEW = 'new here';

/** What the peer was answered; undefined before. */
function answers({ heard }: HandPeer): (Incoming & { type: 'Response' })['body'][] {
  return heard.flatMap((message) => (message.type === 'Response' ? [message.body] : []));
}

test('U101 of a folder that is new here nothing is given before a person has said that it may join, whatever name a peer guesses', async () => {
  const { desk, a, b } = two([FOLDER]);
  using _ = desk;
  await desk.start(a);
  a.disk.makeDirectory(NEW);
  a.write('taxes', 'nobody else’s business', NEW);
  const open = a.engine.addFolder({ id: NEW, root: NEW, peers: [b.device], isHeld: true });
  const folder = await desk.scheduler.runUntil(open);
  ok(await desk.until(() => folder.admission.isScanned && folder.records.local('taxes') !== undefined));
  const peer = await HandPeer.connect(desk, b, a);
  peer.say('ClusterConfig', { folders: [peer.folder({ indexId: 7n, maxSequence: 0 }, {}, NEW)] });
  const ask = async (): Promise<number | undefined> => {
    const before = answers(peer).length;
    peer.say('Request', { id: before + 1, folder: NEW, name: 'taxes', offset: 0, size: 7 });
    ok(await desk.until(() => answers(peer).length > before));
    return answers(peer).at(-1)?.data.length;
  };
  equal(await ask(), 0);
  folder.release();
  equal(await ask(), 7);
});
