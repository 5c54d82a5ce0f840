/** How much one cluster config may say: it is cheap to send, and an element of it costs more memory than of any other message. */
import { equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { ELEMENTS_PER_CONFIG_MAX } from '../limits.ts';
import { ClusterConfig, type ClusterFolderDraft } from './messages.ts';

const ID = new Uint8Array(32).fill(7);
const TOO_LARGE = { name: 'WireError', code: 'too-large' };

/** Devices with so many addresses each, in so many folders. */
function crowd(folders: number, devices: number, addresses: number): ClusterFolderDraft[] {
  const device = { id: ID, name: 'host', addresses: Array.from({ length: addresses }, () => 'tcp://10.0.0.1:22000') };
  const all = Array.from({ length: devices }, () => device);
  return Array.from({ length: folders }, (_, index) => ({ id: `folder-${index}`, devices: all }));
}

test('W8 a cluster config holds fewer elements: two hundred folders with a hundred devices each, and not two hundred thousand devices', () => {
  const read = (folders: ClusterFolderDraft[]): ClusterConfig =>
    ClusterConfig.decode(ClusterConfig.encode({ folders }));
  const honest = read(crowd(200, 100, 6));
  equal(honest.folders.flatMap(({ devices }) => devices).length, 20_000);
  equal(read(crowd(1, 0, 0)).folders.length, 1);
  const full = ELEMENTS_PER_CONFIG_MAX / 10_000 - 1;
  equal(read(crowd(full, 9_999, 0)).folders.length, full);
  throws(() => read(crowd(full + 1, 10_000, 0)), TOO_LARGE);
  throws(() => read(crowd(8, 10_000, 1)), TOO_LARGE);
});
