import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MissingPeer } from '../../core/discovery/candidates.ts';
import { layersOf, type DiscoveryChoice, type Found } from '../../core/discovery/layers.ts';
import type { InterfaceAddress } from '../../core/discovery/prefix.ts';
import { deviceIdText } from '../../core/model/device-id.ts';
import { encodeAnnouncement } from '../../core/wire/announcement.ts';
import { Life } from '../../edges/memory/life.ts';
import { MemoryClock } from '../../edges/memory/memory-clock.ts';
import { MemoryNetwork } from '../../edges/memory/memory-network.ts';
import { Scheduler } from '../../edges/memory/scheduler.ts';
import { SeededChance } from '../../edges/memory/seeded-chance.ts';
import type { HearPacket, Service } from '../../ports/discovery.ts';
import type { Network, PairingStream, Stream } from '../../ports/network.ts';
import { SILENT_LOG } from '../../ports/log.ts';
import type { WaitingHost } from './waiting-search.ts';
import type { Edges } from '../edges.ts';
import { Finder } from './finder.ts';
import { Peer } from '../peer/peer.ts';

const [ME, ANNA, BERT] = [7, 1, 2].map((byte) => new Uint8Array(32).fill(byte)) as [Uint8Array, Uint8Array, Uint8Array];
const HOUR_MS = 3_600_000;

/** One finder on a link in memory; what the system would know and send is at hand. */
class Stage {
  readonly scheduler = new Scheduler();
  readonly network = new MemoryNetwork({ scheduler: this.scheduler, seed: 'finder' });
  own: InterfaceAddress[] = [{ interfaceName: 'eth0', address: '10.0.0.1', prefixLength: 24 }];
  neighbours: string[] = [];
  /** Trusted peers that may be missing; who is connected is not. */
  peers = [new Peer(ANNA, undefined, [])];
  /** Firewalls between all hosts: who dials or knocks waits in vain. */
  isFiltered = false;
  isPairingOpen = false;
  note: string | undefined;
  /** What left this host, and when. */
  readonly sent: { readonly what: string; readonly atMs: number }[] = [];
  readonly connected: (Found & { readonly stream: Stream })[] = [];
  readonly joining: PairingStream[] = [];
  readonly gone: string[] = [];
  hear: HearPacket | undefined;
  hearService: ((service: Service, host: string) => void) | undefined;
  readonly finder: Finder;

  constructor(choice: DiscoveryChoice = 'lan') {
    const layers = layersOf(choice);
    assert.ok(layers !== undefined);
    const life = new Life(this.scheduler);
    this.finder = new Finder({
      edges: {
        clock: new MemoryClock(life),
        chance: new SeededChance('finder'),
        log: SILENT_LOG,
        network: this.#watched(this.network.join('10.0.0.1', ME, life)),
        device: ME,
      } as unknown as Edges, // a finder uses no store and no disk
      discovery: {
        layers,
        interfaces: { list: () => this.own },
        neighbours: {
          read: () => Promise.resolve(this.neighbours.map((address) => ({ address, interfaceName: 'eth0' }))),
        },
        beacons: {
          open: (hear) => {
            this.hear = hear;
            return Promise.resolve({ send: () => this.#note('announcement'), close: () => Promise.resolve() });
          },
        },
        services: {
          open: (_own, hear) => {
            this.hearService = hear;
            const voice = {
              tell: () => this.#note('mdns'),
              ask: () => this.#note('mdns'),
              close: () => Promise.resolve(),
            };
            return Promise.resolve(voice);
          },
        },
        primer: { touch: (hosts) => hosts.forEach(() => this.#note('prime')), close: () => {} },
        notebook: {
          read: () => Promise.resolve(this.note),
          write: (text) => {
            this.note = text;
            return Promise.resolve();
          },
        },
      },
      missing: () => this.peers.filter(({ id }) => !this.#isConnected(id)).map((peer) => this.#missingPeer(peer)),
      listenPort: () => 1111,
      connected: (stream, found) => {
        this.connected.push({ ...found, stream });
        this.finder.look();
      },
      heard: (device, hints) => this.#peer(device)?.announced(hints, 0),
      isTrusted: (device) => this.#peer(device) !== undefined,
      addressesGone: (addresses) => this.gone.push(...addresses),
      pairing: { isOpen: () => this.isPairingOpen, onStream: (stream) => this.joining.push(stream) },
    });
  }

  /** A host on the link where `device` listens; `waits`: with an open code. */
  async host(address: string, device: Uint8Array, waits = false, port = 1111): Promise<{ streams: PairingStream[] }> {
    const streams: PairingStream[] = [];
    const life = new Life(this.scheduler);
    await this.network.join(address, device, life).listen({
      ports: [port],
      accepts: () => true,
      onStream: () => {},
      pairing: { isOpen: () => waits, onStream: (stream) => streams.push(stream) },
    });
    return { streams };
  }

  /** A packet as a device would send it. */
  announce(device: Uint8Array, from: string, ...addresses: string[]): void {
    this.hear?.(encodeAnnouncement({ id: device, addresses, instanceId: 5n }), { host: from, port: 21_027 });
  }

  async play(ms: number): Promise<void> {
    await this.scheduler.runFor(ms);
  }

  count(what: string): number {
    return this.sent.filter((entry) => entry.what === what).length;
  }

  places(what: string): string[] {
    return [
      ...new Set(
        this.sent
          .filter((entry) => entry.what.startsWith(`${what} `))
          .map((entry) => entry.what.slice(what.length + 1)),
      ),
    ];
  }

  /** Connections end, as if the far end had gone. */
  lose(): void {
    this.connected.length = 0;
    this.finder.look();
  }

  #peer(device: Uint8Array): Peer | undefined {
    return this.peers.find(({ id }) => id === deviceIdText(device));
  }

  #isConnected(id: string): boolean {
    return this.connected.some(({ stream }) => deviceIdText(stream.device) === id);
  }

  #missingPeer(peer: Peer): MissingPeer {
    return { device: peer.device, addresses: peer.addresses(0) };
  }

  #note(what: string): void {
    this.sent.push({ what, atMs: this.scheduler.nowMs });
  }

  #watched(network: Network): Network {
    return {
      ...network,
      dial: (address, device, signal) => {
        this.#note(`dial ${address.host}:${address.port}`);
        return this.isFiltered ? untilAborted(signal) : network.dial(address, device, signal);
      },
      knock: (address, signal) => {
        this.#note(`knock ${address.host}:${address.port}`);
        return this.isFiltered ? untilAborted(signal) : network.knock(address, signal);
      },
      meet: (address, from, expects, signal) => {
        this.#note(`meet ${address.host}:${address.port}`);
        return network.meet(address, from, expects, signal);
      },
    };
  }
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
}

describe('the finder and its layers', () => {
  test('F16 it announces at the start in quick succession; once nobody is missed only every 30 s, and that alone', async () => {
    const stage = new Stage();
    await stage.host('10.0.0.2', ANNA);
    stage.neighbours = ['10.0.0.2'];
    await stage.finder.start();
    await stage.play(60_000);
    assert.equal(stage.connected.length, 1);
    const early = stage.sent.filter(({ what }) => what === 'announcement').map(({ atMs }) => Math.round(atMs / 1000));
    assert.ok(early.length >= 6 && early[0] === 0 && (early[1] ?? 9) <= 2, early.join());
    stage.sent.length = 0;
    await stage.play(HOUR_MS);
    const announcements = stage.count('announcement');
    assert.ok(announcements >= 3600 / 35 && announcements <= 3600 / 25, `${announcements}`);
    assert.equal(stage.sent.length, announcements, 'nothing else is sent');
    await stage.finder.close();
  });

  test('F17 where a peer was reached is dialled at once after a restart, unless that is not on a link any more', async () => {
    const stage = new Stage();
    await stage.host('10.0.0.2', ANNA);
    stage.finder.reached(ANNA, { host: '10.0.0.2', port: 1111 });
    stage.finder.reached(ANNA, { host: '192.168.9.9', port: 1111 });
    await stage.finder.close();
    const again = new Stage();
    await again.host('10.0.0.2', ANNA);
    again.note = stage.note;
    await again.finder.start();
    await again.play(500);
    assert.deepEqual(again.places('dial'), ['10.0.0.2:1111']);
    assert.equal(again.connected[0]?.via, 'remembered');
    assert.ok((again.connected[0]?.foundMs ?? 9e9) < 500);
    again.finder.forget(ANNA);
    await again.finder.close();
    assert.ok(again.note?.includes('10.0.0.2') === false);
  });

  test('F19 what is announced is dialled on the own links only, and at ports that exist', async () => {
    const stage = new Stage(['announce']);
    await stage.finder.start();
    await stage.play(10);
    stage.announce(
      ANNA,
      '10.0.0.2',
      'tcp://203.0.113.9:1111',
      'tcp://10.0.1.9:22000',
      'tcp://10.0.0.3:0',
      'tcp://[2001:db8::1]:1',
    );
    stage.announce(ANNA, '203.0.113.9', 'tcp://0.0.0.0:1111');
    stage.announce(BERT, '10.0.0.8', 'tcp://0.0.0.0:1111');
    stage.hear?.(new Uint8Array(9), { host: '10.0.0.2', port: 1 });
    stage.hearService?.({ tag: deviceIdText(ANNA).slice(0, 7), port: 1114, isWaiting: false }, '203.0.113.9');
    await stage.play(1_000);
    assert.deepEqual(stage.places('dial'), []);
    stage.announce(ANNA, '10.0.0.2', 'tcp://0.0.0.0:1113');
    stage.hearService?.({ tag: deviceIdText(ANNA).slice(0, 7), port: 1114, isWaiting: false }, '10.0.0.4');
    await stage.play(1_000);
    assert.deepEqual(stage.places('dial'), ['10.0.0.2:1113', '10.0.0.4:1114']);
    await stage.finder.close();
  });

  test('F19 ten thousand announcements cost a bounded number of dials', async () => {
    const stage = new Stage(['announce']);
    await stage.finder.start();
    await stage.play(10);
    for (let number = 0; number < 10_000; number++) {
      stage.announce(
        number % 2 === 0 ? ANNA : BERT,
        '10.0.0.2',
        `tcp://10.0.0.${(number % 250) + 2}:${(number % 60_000) + 1}`,
      );
    }
    const underWay = (): number => stage.sent.filter(({ what }) => what.startsWith('dial')).length;
    await stage.play(100);
    assert.ok(underWay() > 0 && underWay() <= 64, `${underWay()}`);
    assert.ok(stage.count('announcement') <= 2, 'and no storm of answers');
    await stage.finder.close();
  });

  test('F21 quiet sends nothing at all, but hears and dials', async () => {
    const stage = new Stage('quiet');
    await stage.host('10.0.0.2', ANNA);
    stage.neighbours = ['10.0.0.2', '10.0.0.3'];
    await stage.finder.start();
    await stage.play(HOUR_MS);
    assert.deepEqual(stage.sent, []);
    assert.equal(stage.hearService, undefined, 'to hear multicast it would have to join the group, which is told');
    stage.announce(ANNA, '10.0.0.2', 'tcp://0.0.0.0:1111');
    await stage.play(6_000);
    assert.deepEqual(
      stage.connected.map(({ via }) => via),
      ['announcement'],
    );
    await stage.finder.close();
  });

  test('F18 a sweep shows hosts that never spoke, and says so; none begins within ten seconds of another', async () => {
    const stage = new Stage();
    await stage.host('10.0.0.2', ANNA);
    await stage.finder.start();
    await stage.play(140);
    assert.equal(stage.count('prime'), 0);
    await stage.play(20);
    assert.equal(stage.count('prime'), 253);
    stage.neighbours = ['10.0.0.2'];
    await stage.play(200);
    assert.equal(stage.connected[0]?.via, 'sweep');
    stage.neighbours = [];
    stage.lose();
    await stage.play(5_000);
    assert.equal(stage.count('prime'), 253);
    await stage.play(5_500);
    assert.equal(stage.count('prime'), 506);
    await stage.finder.close();
  });

  test('F20 two that both let nobody in meet in the middle, and nobody else is met', async () => {
    const stage = new Stage();
    stage.isFiltered = true;
    stage.neighbours = ['10.0.0.2', '10.0.0.3'];
    stage.finder.reached(ANNA, { host: '10.0.0.2', port: 1111 });
    await stage.finder.start();
    await stage.play(450);
    assert.deepEqual(stage.places('meet'), [], 'the cheaper layers have their time');
    await stage.play(5_000);
    assert.deepEqual(stage.places('meet'), ['10.0.0.2:1112']);
    const far = stage.network.join('10.0.0.2', ANNA, new Life(stage.scheduler));
    const signal = new AbortController().signal;
    const met = far.meet({ host: '10.0.0.1', port: 1112 }, { port: 1112 }, ME, signal);
    await stage.play(1_800);
    assert.equal((await met).is, 'connected');
    assert.deepEqual(
      stage.connected.map(({ via }) => via),
      ['meeting'],
    );
    await stage.finder.close();
  });

  test('F20 who was never reached may be any neighbour that does not answer', async () => {
    const stage = new Stage();
    stage.isFiltered = true;
    stage.neighbours = ['10.0.0.2', '10.0.0.3'];
    await stage.finder.start();
    await stage.play(3_000);
    assert.deepEqual(stage.places('meet'), ['10.0.0.2:1112', '10.0.0.3:1112']);
    await stage.finder.close();
  });

  test('F12 another own address starts everything anew, and is told to whom it concerns', async () => {
    const stage = new Stage();
    await stage.finder.start();
    await stage.play(30_000);
    stage.sent.length = 0;
    stage.own = [{ interfaceName: 'eth0', address: '10.9.0.1', prefixLength: 24 }];
    await stage.play(2_500);
    assert.deepEqual(stage.gone, ['10.0.0.1']);
    assert.ok(stage.count('announcement') >= 1 && stage.count('prime') === 253 && stage.count('mdns') >= 2);
    await stage.finder.close();
  });

  test('F22 hosts that wait are found by neighbour table and by announcement, trusted or not, once a minute', async () => {
    const stage = new Stage();
    stage.peers = [];
    const anna = await stage.host('10.0.0.2', ANNA, true);
    await stage.host('10.0.0.3', BERT, true, 1117);
    await stage.host('10.0.0.4', new Uint8Array(32).fill(4));
    stage.neighbours = ['10.0.0.2', '10.0.0.4'];
    await stage.finder.start();
    await stage.play(1_000);
    assert.deepEqual(stage.places('knock'), [], 'nobody wants to join yet');
    const found: WaitingHost[] = [];
    const stop = stage.finder.searchWaiting((host) => found.push(host));
    await stage.play(1_000);
    stage.hearService?.({ tag: deviceIdText(BERT).slice(0, 7), port: 1117, isWaiting: true }, '10.0.0.3');
    await stage.play(30_000);
    assert.deepEqual(
      found.map(({ device, address, via }) => [device[0], `${address.host}:${address.port}`, via]),
      [
        [1, '10.0.0.2:1111', 'neighbour'],
        [2, '10.0.0.3:1117', 'mdns'],
      ],
    );
    assert.equal(anna.streams.length, 1, 'it is not knocked at again while it waits');
    const [first] = found;
    assert.ok(first !== undefined);
    const fresh = stage.finder.reachWaiting(first, new AbortController().signal);
    await stage.play(100);
    assert.deepEqual((await fresh).device, ANNA);
    stop();
    stage.sent.length = 0;
    await stage.play(30_000);
    assert.deepEqual(stage.places('knock'), []);
    await stage.finder.close();
  });

  test('F20 with an open code, or looking for one, silent neighbours are met', async () => {
    const stage = new Stage();
    stage.peers = [];
    stage.neighbours = ['10.0.0.2'];
    await stage.finder.start();
    await stage.play(5_000);
    assert.deepEqual(stage.places('meet'), []);
    stage.isPairingOpen = true;
    stage.finder.look();
    await stage.play(3_000);
    assert.deepEqual(stage.places('meet'), ['10.0.0.2:1112']);
    await stage.finder.close();
  });
});
