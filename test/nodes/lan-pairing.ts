/**
 * What runs inside one host of discovery.test.ts for pairing's sake: the finder alone, on the real network.
 *
 *   node lan-pairing.ts waits HOME    waits with an open code, and tells who came to join
 *   node lan-pairing.ts joins HOME    looks for hosts that wait, and tells each
 *
 * Ends with its standard input.
 * @module
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { deviceIdText } from '../../src/core/model/device-id.ts';
import { loadIdentity } from '../../src/edges/net/identity.ts';
import { TlsNetwork } from '../../src/edges/net/tls-network.ts';
import { systemChance } from '../../src/edges/system/chance.ts';
import { systemClock } from '../../src/edges/system/clock.ts';
import type { Edges } from '../../src/node/edges.ts';
import { Finder } from '../../src/node/discovery/finder.ts';
import { lanDiscovery } from '../../src/node/lan.ts';
import { SILENT_LOG } from '../../src/ports/log.ts';
import type { PairingStream } from '../../src/ports/network.ts';

const [role, home = ''] = process.argv.slice(2);

function tell(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

const identity = await loadIdentity(home);
const network = new TlsNetwork(identity);
const pairing = {
  isOpen: () => role === 'waits',
  onStream: (stream: PairingStream) => tell({ joining: deviceIdText(stream.device), binding: binding(stream) }),
};
const listener = await network.listen({ ports: [1111], accepts: () => false, onStream: () => {}, pairing });
const finder = new Finder({
  // A finder uses no store and no disk.
  edges: {
    clock: systemClock,
    chance: systemChance,
    log: SILENT_LOG,
    network,
    device: identity.device,
  } as unknown as Edges,
  discovery: lanDiscovery({ choice: 'lan', virtualToo: false, notebook: join(home, 'remembered.json') }),
  missing: () => [],
  listenPort: () => listener.port,
  connected: () => {},
  heard: () => {},
  isTrusted: () => false,
  addressesGone: () => {},
  pairing,
});
await finder.start();
tell({ ready: deviceIdText(identity.device) });
if (role === 'joins') {
  finder.searchWaiting(({ stream, address, via, foundMs }) => {
    tell({ waiting: deviceIdText(stream.device), address, via, foundMs, binding: binding(stream) });
  });
}
process.stdin.resume();
await once(process.stdin, 'close');
await finder.close();
await listener.close();
process.exit();

function binding(stream: PairingStream): string {
  return Buffer.from(stream.binding).toString('hex');
}
