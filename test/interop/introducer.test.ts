/** Devices that real Syncthings introduce to lanfold, and lanfold to them. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { deviceIdText } from '../../src/core/model/device-id.ts';
import { until } from '../harness/process.ts';
import { SYNCTHING_VERSIONS } from '../harness/syncthing-types.ts';
import type { Syncthing } from '../harness/syncthing.ts';
import { FOLDER, Mesh, whySkip } from './mesh.ts';

/** A device that exists in configurations only. */
const NEWCOMER = deviceIdText(createHash('sha256').update('a newcomer').digest());
/** Nobody listens there. */
const NOWHERE = '127.0.0.1:9';

/** Has a Syncthing share the folder with exactly these devices, beside itself. */
async function shareWith(syncthing: Syncthing, devices: readonly string[]): Promise<void> {
  const all = [syncthing.deviceId, ...devices].map((deviceID) => ({ deviceID }));
  await syncthing.rest('PATCH', `config/folders/${FOLDER}`, { devices: all });
}

async function devicesOf(syncthing: Syncthing): Promise<string[]> {
  const folder = (await syncthing.rest('GET', `config/folders/${FOLDER}`)) as { devices: { deviceID: string }[] };
  return folder.devices.map(({ deviceID }) => deviceID);
}

for (const version of SYNCTHING_VERSIONS) {
  describe(`lanfold and Syncthing ${version}`, { skip: whySkip([version]) ?? false }, () => {
    test('Y10 lanfold follows a Syncthing that a person made an introducer, and no other; never past a removal', async () => {
      await using mesh = await Mesh.start({ versions: [version] });
      const syncthing = mesh.of(version);
      const knows = (): boolean => mesh.node.configuration.peers.some(({ id }) => id === NEWCOMER);
      await syncthing.addPeer({ deviceId: NEWCOMER, address: NOWHERE, name: 'newcomer' });
      await shareWith(syncthing, [mesh.node.id, NEWCOMER]);
      await mesh.settle();
      assert.equal(knows(), false, 'nobody made it an introducer');

      await mesh.node.trust(syncthing.deviceId, { introducer: true });
      await until('the newcomer is trusted', () => knows() || undefined);
      const { peers, folders } = mesh.node.configuration;
      const introduced = peers.find(({ id }) => id === NEWCOMER);
      assert.deepEqual([introduced?.name, introduced?.addedBy], ['newcomer', syncthing.deviceId]);
      assert.ok(folders[0]?.peers.includes(NEWCOMER));

      await shareWith(syncthing, [mesh.node.id]);
      await until('the newcomer is let go', () => !knows() || undefined);
      await shareWith(syncthing, [mesh.node.id, NEWCOMER]);
      // A change that arrives came behind the new list.
      writeFileSync(join(mesh.directoryOf(syncthing), 'later'), 'later');
      await mesh.settle();
      assert.equal(knows(), false, 'to bring it back is for a person');
    });

    test('Y10 a Syncthing to which lanfold is an introducer hears of its members, and of removals', async () => {
      await using mesh = await Mesh.start({ versions: [version] });
      const syncthing = mesh.of(version);
      const { node } = mesh;
      await syncthing.rest('PATCH', `config/devices/${node.id}`, { introducer: true });
      await node.trust(NEWCOMER, { addresses: [NOWHERE], folders: [FOLDER], name: 'newcomer' });
      await until('Syncthing shares with the newcomer', async () =>
        (await devicesOf(syncthing)).includes(NEWCOMER) ? true : undefined,
      );
      const device = (await syncthing.rest('GET', `config/devices/${NEWCOMER}`)) as {
        name: string;
        addresses: string[];
        introducedBy: string;
      };
      assert.deepEqual(
        [device.name, device.introducedBy, device.addresses.toSorted()],
        ['newcomer', node.id, ['dynamic', `tcp://${NOWHERE}`]],
      );
      await node.forget(NEWCOMER);
      await until('Syncthing has let it go', async () =>
        (await devicesOf(syncthing)).includes(NEWCOMER) ? undefined : true,
      );
      await mesh.settle();
    });
  });
}
