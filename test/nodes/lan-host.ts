/**
 * What runs inside one host of namespaces.test.ts: prints one JSON line for each thing that it sees.
 *
 *   node lan-host.ts listen          listens on port 1111 and tells each connection
 *   node lan-host.ts beacon TEXT     sends TEXT to everyone, whenever a line comes in, and tells what it hears
 *   node lan-host.ts look             tells its own addresses, its neighbours and whom it would dial, for each line that comes in
 * @module
 */
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { Search } from '../../src/core/discovery/candidates.ts';
import { UdpBeacons } from '../../src/edges/net/beacon.ts';
import { systemInterfaces } from '../../src/edges/net/interfaces.ts';
import { SystemNeighbourTable } from '../../src/edges/net/neighbours.ts';

const [role, text = ''] = process.argv.slice(2);

function tell(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

if (role === 'listen') {
  const server = createServer((socket) => {
    tell({ connected: socket.remoteAddress });
    socket.destroy();
  });
  server.listen(1111, '::', () => tell({ ready: true }));
  await new Promise((resolve) => process.stdin.on('close', resolve).resume());
  server.close();
} else if (role === 'beacon') {
  const beacon = await new UdpBeacons({ interfaces: systemInterfaces }).open((packet, from) => {
    tell({ heard: Buffer.from(packet).toString(), from: from.host });
  });
  tell({ ready: true });
  for await (const _line of createInterface({ input: process.stdin })) beacon.send(Buffer.from(text));
  await beacon.close();
} else if (role === 'look') {
  const table = new SystemNeighbourTable();
  for await (const _line of createInterface({ input: process.stdin })) {
    const own = systemInterfaces.list();
    const neighbours = await table.read();
    const seen = neighbours.map((neighbour) => ({ ...neighbour, via: 'neighbour' as const }));
    const missing = [{ device: new Uint8Array(32), addresses: [] }];
    const { dials } = new Search().next({ missing, neighbours: seen, own }, 0);
    tell({ own, neighbours, dials: dials.map((dial) => `${dial.endpoint.host} ${dial.endpoint.port}`) });
  }
}
