/** Pairing over real TLS connections on loopback: what the memory network takes for granted is proven here. */
import { deepEqual, equal, notDeepEqual, ok } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { test, type TestContext } from 'node:test';
import { JoinerTries } from '../../src/core/pairing/joiner.ts';
import type { Offer } from '../../src/core/wire/pairing.ts';
import { createCertificate } from '../../src/edges/net/certificate.ts';
import { identityOf } from '../../src/edges/net/identity.ts';
import { pairingCrypto } from '../../src/edges/net/pairing-crypto.ts';
import { TlsNetwork } from '../../src/edges/net/tls-network.ts';
import { openRecordStore } from '../../src/edges/store/record-store.ts';
import { systemChance } from '../../src/edges/system/chance.ts';
import { systemClock } from '../../src/edges/system/clock.ts';
import { Engine } from '../../src/node/engine.ts';
import { PairingHost, type Joined } from '../../src/node/pairing/pairing-host.ts';
import { PairingJoiner } from '../../src/node/pairing/pairing-joiner.ts';
import { SILENT_LOG } from '../../src/ports/log.ts';
import type { Address, PairingDoor, PairingStream } from '../../src/ports/network.ts';

const LOOPBACK = '127.0.0.1';
const OFFER: Offer = {
  folders: [{ id: 'photos-x1', label: 'Photos', files: 2, bytes: 9, pathHint: 'Photos' }],
  addresses: ['127.0.0.1:1111'],
};

function device() {
  const identity = identityOf(createCertificate(new Date()));
  const edges = { clock: systemClock, chance: systemChance, device: identity.device };
  return { network: new TlsNetwork(identity), edges, device: identity.device };
}
type Device = ReturnType<typeof device>;

async function listen(context: TestContext, { network }: Device, door: PairingDoor): Promise<Address> {
  const options = { host: LOOPBACK, ports: [0], accepts: () => false, onStream: () => {}, pairing: door };
  const listener = await network.listen(options);
  context.after(() => listener.close());
  return { host: listener.host, port: listener.port };
}

interface Told {
  readonly lines: string[];
  readonly joined: Joined[];
}

async function openHost(
  context: TestContext,
  at: Device,
): Promise<{ host: PairingHost; address: Address; told: Told }> {
  const told: Told = { lines: [], joined: [] };
  const host = new PairingHost({
    edges: { ...at.edges, log: SILENT_LOG },
    crypto: pairingCrypto,
    name: 'maria-laptop',
    system: 'Linux',
    offer: () => OFFER,
    events: {
      code: () => {},
      wrongCode: ({ triesLeft }) => void told.lines.push(`wrong ${triesLeft}`),
      paired: (joined) => Promise.resolve(void told.joined.push(joined)),
      closed: (because) => void told.lines.push(`closed ${because}`),
    },
  });
  context.after(() => host.close());
  return { host, address: await listen(context, at, host), told };
}

async function knock(by: Device, address: Address): Promise<PairingStream> {
  const knocked = await by.network.knock(address, AbortSignal.timeout(5_000));
  ok(knocked.is === 'waiting');
  return knocked.stream;
}

async function join(by: Device, address: Address): Promise<PairingJoiner> {
  const options = { edges: by.edges, crypto: pairingCrypto, name: 'tom-xps', tries: new JoinerTries() };
  return PairingJoiner.begin(await knock(by, address), options);
}

function codeOf(host: PairingHost): string {
  ok(host.code !== undefined);
  return host.code.digits;
}

test('J25 two devices are paired over TLS, and each has proven the ID that the other trusts', async (context) => {
  const [maria, tom] = [device(), device()];
  const { host, address, told } = await openHost(context, maria);
  const beganMs = performance.now();
  const joiner = await join(tom, address);
  const tried = await joiner.tryCode(codeOf(host));
  deepEqual(tried, { is: 'offer', offer: OFFER });
  const agreed = await joiner.accept(['photos-x1']);
  context.diagnostic(`knock, code, offer and answer in ${(performance.now() - beganMs).toFixed(1)} ms`);
  deepEqual(agreed, { device: maria.device, name: 'maria-laptop', address, ...OFFER });
  deepEqual(told.joined, [{ device: tom.device, name: 'tom-xps', host: LOOPBACK, folders: ['photos-x1'] }]);
  deepEqual(told.lines, ['closed paired']);
  equal((await tom.network.knock(address, AbortSignal.timeout(5_000))).is, 'present');
});

test('J25 a wrong code fails over TLS, and the next connection may try again', async (context) => {
  const [maria, tom] = [device(), device()];
  const { host, address, told } = await openHost(context, maria);
  const wrong = codeOf(host) === '592318' ? '592319' : '592318';
  deepEqual(await (await join(tom, address)).tryCode(wrong), { is: 'wrong', triesLeft: 2 });
  deepEqual(told.lines, ['wrong 2']);
  equal((await (await join(tom, address)).tryCode(codeOf(host))).is, 'offer');
});

/** Passes on whatever comes, both ways, and notes it. */
function relay(a: PairingStream, b: PairingStream, seen: Buffer[]): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.receive({
      data: (chunk) => {
        const copy = Buffer.from(chunk);
        seen.push(copy);
        to.send([copy]);
      },
      closed: () => to.end(),
    });
  }
}

test('J26 a man in the middle who relays two TLS connections fails though both people have the right code, and reads no folder', async (context) => {
  const [maria, tom, eve] = [device(), device(), device()];
  const { host, address, told } = await openHost(context, maria);
  const seen: Buffer[] = [];
  const bindings: Uint8Array[] = [];
  const between = await listen(context, eve, {
    isOpen: () => true,
    onStream: (fromTom) => {
      void knock(eve, address).then((toMaria) => {
        bindings.push(fromTom.binding, toMaria.binding);
        relay(fromTom, toMaria, seen);
      });
    },
  });
  const joiner = await join(tom, between);
  deepEqual(joiner.host, { name: 'maria-laptop', system: 'Linux' }); // so far all looks right to Tom
  deepEqual(joiner.device, eve.device);
  deepEqual(await joiner.tryCode(codeOf(host)), { is: 'wrong', triesLeft: 2 });
  deepEqual([told.lines, told.joined], [['wrong 2'], []]);
  notDeepEqual(bindings[0], bindings[1]);
  const text = Buffer.concat(seen).toString('latin1');
  ok(text.includes('maria-laptop') && !text.includes('photos-x1') && !text.includes('Photos'));
});

test('J26 a recorded run says nothing on another connection', async (context) => {
  const [maria, tom, eve] = [device(), device(), device()];
  const first = await openHost(context, maria);
  const sent: Uint8Array[] = [];
  const stream = await knock(tom, first.address);
  const send = stream.send.bind(stream);
  stream.send = (parts) => {
    sent.push(...parts);
    return send(parts);
  };
  const options = { edges: tom.edges, crypto: pairingCrypto, name: 'tom-xps', tries: new JoinerTries() };
  const joiner = await PairingJoiner.begin(stream, options);
  equal((await joiner.tryCode(codeOf(first.host))).is, 'offer');
  ok((await joiner.accept([])) !== undefined);

  const second = await openHost(context, maria);
  const again = await knock(eve, second.address);
  const over = Promise.withResolvers<string>();
  again.receive({ data: () => {}, closed: over.resolve });
  again.send(sent);
  await over.promise;
  deepEqual([second.told.lines, second.told.joined], [['wrong 2'], []]);
});

/** A whole engine without folders; `connected` is kept when a peer is. */
async function engine(context: TestContext, name: string) {
  const { network, device: id } = device();
  const directory = mkdtempSync(joinPath(tmpdir(), 'lanfold-test-pairing-'));
  const store = openRecordStore(joinPath(directory, 'records.sqlite'), {
    randomBytes: (length) => systemChance.bytes(length),
    onRebuilt: () => {},
    visit: false,
  });
  const noFolders = (): never => {
    throw new Error('This engine has no folders');
  };
  const connected = Promise.withResolvers<void>();
  const running = new Engine(
    {
      clock: systemClock,
      chance: systemChance,
      log: SILENT_LOG,
      network,
      store,
      device: id,
      digest: (bytes) => createHash('sha256').update(bytes).digest(),
      openTree: noFolders,
      createWatcher: noFolders,
    },
    {
      name,
      listen: { host: LOOPBACK, ports: [0] },
      pairing: pairingCrypto,
      events: { peer: (peer) => void (peer.isConnected && connected.resolve()) },
    },
  );
  await running.start();
  context.after(async () => {
    await running.close();
    store.close();
    rmSync(directory, { recursive: true });
  });
  const { listener, pairing } = running;
  ok(listener !== undefined && pairing !== undefined);
  return {
    engine: running,
    pairing,
    address: { host: listener.host, port: listener.port },
    connected: connected.promise,
  };
}

test('J27 an engine shows its code on the port where it listens, and is connected over BEP a moment after the answer', async (context) => {
  const [maria, tom] = [await engine(context, 'maria-laptop'), await engine(context, 'tom-xps')];
  const knockAt = (address: Address) => tom.engine.edges.network.knock(address, AbortSignal.timeout(5_000));
  equal((await knockAt(maria.address)).is, 'present');
  const closed = Promise.withResolvers<string>();
  const host = maria.pairing.open({
    system: 'Linux',
    offer: () => ({ folders: [], addresses: [`${maria.address.host}:${maria.address.port}`] }),
    events: {
      code: () => {},
      wrongCode: () => {},
      paired: ({ device: joined, name }) =>
        Promise.resolve(maria.engine.trustPeer({ device: joined, name, addresses: [] })),
      closed: closed.resolve,
    },
  });
  const knocked = await knockAt(maria.address);
  ok(knocked.is === 'waiting');
  const joiner = await tom.pairing.begin(knocked.stream, new JoinerTries());
  equal((await joiner.tryCode(codeOf(host))).is, 'offer');
  const agreed = await joiner.accept([]);
  ok(agreed !== undefined);
  equal(await closed.promise, 'paired');
  tom.engine.trustPeer({ device: agreed.device, name: agreed.name, addresses: [agreed.address] });
  await Promise.all([maria.connected, tom.connected]);
  deepEqual(
    maria.engine.peers.map(({ name, isConnected }) => [name, isConnected]),
    [['tom-xps', true]],
  );
});

test('J27 a second code takes the place of the first, and a closed engine shows none', async (context) => {
  const maria = await engine(context, 'maria-laptop');
  const ends: string[] = [];
  const open = (which: string): PairingHost =>
    maria.pairing.open({
      system: 'Linux',
      offer: () => OFFER,
      events: {
        code: () => {},
        wrongCode: () => {},
        paired: () => Promise.resolve(),
        closed: (because) => void ends.push(`${which} ${because}`),
      },
    });
  const [first, second] = [open('first'), open('second')];
  deepEqual([first.isOpen(), second.isOpen(), maria.pairing.isOpen()], [false, true, true]);
  await maria.engine.close();
  deepEqual([maria.pairing.isOpen(), ends], [false, ['first closed', 'second closed']]);
});
