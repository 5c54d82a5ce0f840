/** An index that comes slowly is not told before it has come to its end. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { encodeHello } from '../src/core/wire/frame.ts';
import { encodeMessage } from '../src/core/wire/message-frame.ts';
import type { FileInfoDraft } from '../src/core/wire/messages.ts';
import { Life } from '../src/edges/memory/life.ts';
import { PROVISIONAL } from '../src/node/folder/folder-root.ts';
import { FOLDER, type Machine } from './desk.ts';
import { two } from './desks.ts';

/** Deletes, for they need nobody to ask for blocks. */
function deletes(by: Machine, from: number, to: number): FileInfoDraft[] {
  return Array.from({ length: to - from }, (_, index) => ({
    name: `file ${from + index}`,
    deleted: true,
    sequence: from + index + 1,
    version: { counters: [{ device: by.short, value: 2n ** 33n }] },
  }));
}

test('E8 an index of which a part is still coming, on a slow network, has not been told to its end', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a);
  a.folder().records.setNote(PROVISIONAL, 'yes');
  const stream = await desk.scheduler.runUntil(b.dial(a, new Life(desk.scheduler)));
  let closed: string | undefined;
  stream.receive({ data: () => {}, closed: (reason) => void (closed = reason) });
  stream.send([encodeHello({ deviceName: 'b', clientName: 'syncthing', clientVersion: 'v1.29.0' })]);
  const devices = [{ id: b.device, indexId: 7n, maxSequence: 1000 }, { id: a.device }];
  stream.send(encodeMessage('ClusterConfig', { folders: [{ id: FOLDER, devices }] }));
  stream.send(encodeMessage('Index', { folder: FOLDER, files: deletes(b, 0, 100), lastSequence: 100 }));
  ok(await desk.until(() => a.folder().records.remoteIndex(b.short).maxSequence === 100));
  const files = deletes(b, 100, 1000);
  const rest = Buffer.concat(encodeMessage('IndexUpdate', { folder: FOLDER, files, lastSequence: 1000 }));
  const step = Math.ceil(rest.length / 10);
  for (let at = 0; at < 9; at += 1) {
    stream.send([rest.subarray(at * step, (at + 1) * step)]);
    await desk.runFor(4000);
  }
  equal(a.folder().admission.isProvisional, true);
  stream.send([rest.subarray(9 * step)]);
  ok(await desk.until(() => !a.folder().admission.isProvisional, 5000));
  deepEqual([a.folder().records.remoteIndex(b.short).maxSequence, closed], [1000, undefined]);
});
