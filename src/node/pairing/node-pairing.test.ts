/** What a node offers to whoever knows its code. */
import { deepEqual, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import type { Engine } from '../engine.ts';
import { NodePairing, type PairingNode } from './node-pairing.ts';
import type { PairingHostOptions } from './pairing-host.ts';

test('J21 a folder that was removed since the code was shown is not offered', () => {
  let ids = ['notes', 'photos'];
  let shown: Pick<PairingHostOptions, 'offer'> | undefined;
  const handle = (id: string): object => ({ id, path: `/home/${id}`, status: () => ({ files: 1, bytes: 2 }) });
  const node = { folders: () => ids.map(handle) };
  const engine = { pairing: { open: (options: PairingHostOptions) => (shown = options) }, pairingChanged: () => {} };
  const pairing = new NodePairing(node as unknown as PairingNode, engine as unknown as Engine);
  throws(() => pairing.pair({ folders: ['notes', 'music'] }), { code: 'E_FOLDER_UNKNOWN' });
  pairing.pair({ folders: ['notes', 'photos'] });
  ids = ['photos'];
  ok(shown);
  deepEqual(
    shown.offer().folders.map(({ id }) => id),
    ['photos'],
  );
});
