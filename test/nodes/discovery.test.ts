/** lanfold finds lanfold: real processes, real links, real firewalls. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { BuiltLanfold } from '../harness/built.ts';
import { DENY_INCOMING, DENY_MDNS_TOO } from '../harness/firewall.ts';
import { namespacesMissing, packetsOf, type Host } from '../harness/namespaces.ts';
import { until } from '../harness/process.ts';
import type { DrivenNode } from './driven-node.ts';
import { Homes } from './homes.ts';
import { StationPair } from './station-pair.ts';

const RUNS = 10;
/** The second starts that long after the first, so that neither finds the other just starting. */
const APART_MS = 900;
/** Machines are noisy: what is asserted is that much more than what is aimed at. */
const NOISE_FACTOR = 5;

const missing = namespacesMissing();

describe('finding each other', { skip: missing ?? false, timeout: 600_000 }, () => {
  let built: BuiltLanfold;
  before(() => {
    built = new BuiltLanfold();
  });
  after(() => built[Symbol.dispose]());

  const cells: [name: string, denies: readonly boolean[], targetMs: number][] = [
    ['nobody denies', [false, false], 400],
    ['the first denies', [true, false], 400],
    ['the second denies', [false, true], 400],
    ['both deny', [true, true], 1_500],
  ];
  for (const [name, denies, targetMs] of cells) {
    test(`F23 case H15: two that know nothing but their IDs connect when ${name}`, async (t) => {
      await using pair = await StationPair.create(built);
      const { first, second } = pair;
      denyIncoming(pair.hosts, denies);
      const times: number[] = [];
      const starts: number[] = [];
      const ways: string[] = [];
      for (let run = 0; run < RUNS; run++) {
        for (const station of [first, second]) station.forgetPlaces();
        for (const host of pair.hosts) host.ip('neigh', 'flush', 'all');
        first.start();
        await first.listening();
        await delay(APART_MS);
        second.start();
        const { atMs, line } = await second.connected(first, 20_000);
        times.push(atMs);
        starts.push(second.startMs);
        ways.push(line.via ?? '?');
        await Promise.all([first.stop(), second.stop()]);
      }
      const median = medianOf(times);
      const all = times.map(Math.round).join(' ');
      t.diagnostic(
        `${name}: median ${median} ms, of which the start took ${medianOf(starts)} ms; ${all}; ${ways.join(' ')}`,
      );
      assert.ok(median <= targetMs * NOISE_FACTOR, `${median} ms`);
    });
  }

  test('F20 case H17: two that let in nothing, not even mDNS, meet whenever the second starts', async (t) => {
    await using pair = await StationPair.create(built);
    const { first, second } = pair;
    for (const host of pair.hosts) host.nft(DENY_MDNS_TOO);
    const times: number[] = [];
    for (const apartMs of LATE_STARTS_MS) {
      first.start();
      await first.listening();
      await delay(apartMs);
      second.start();
      times.push((await second.connected(first, 60_000)).atMs);
      await Promise.all([first.stop(), second.stop()]);
    }
    t.diagnostic(`after ${times.map(Math.round).join(' ')} ms`);
    assert.ok(Math.max(...times) < 1_500 * NOISE_FACTOR, times.join());
  });

  test('F18 a sweep alone finds a peer that never says a word', async (t) => {
    await using homes = new Homes();
    const [, looking] = await homes.openBoth({ discovery: 'off' }, { discovery: ['prime', 'findOpenPorts'] });
    const peer = await connectedPeer(looking);
    t.diagnostic(`found by ${peer.via} in ${peer.foundMs} ms`);
    assert.equal(peer.via, 'sweep');
  });

  test('F7 who had to take another port is found by its neighbours alone', async () => {
    await using homes = new Homes();
    const moved = { discovery: 'off', listen: '0.0.0.0:1117' } as const;
    const [, looking] = await homes.openBoth(moved, { discovery: ['prime', 'findOpenPorts'] });
    assert.equal((await connectedPeer(looking)).address, `${homes.hosts[0].address}:1117`);
  });

  test('F16 case H12: where port 1111 is taken the real port is announced', async () => {
    await using pair = await StationPair.create(built);
    const { first, second } = pair;
    // Another program holds the port and answers there, so nobody can tell that 1113 is worth a try.
    const other = first.host.start(
      '-e',
      `require('net').createServer(() => {}).listen(1111, () => console.log('there'))`,
    );
    try {
      assert.ok(other.stdout !== null);
      await createInterface({ input: other.stdout })[Symbol.asyncIterator]().next();
      first.start();
      assert.match(await first.listening(), /:1113"/);
      second.start();
      await pair.connected();
      assert.match(
        await second.peers(),
        /found by (?:announcement|mDNS|sweep|neighbour table) in \d+\.\d s|it found us/,
      );
    } finally {
      other.kill();
    }
  });

  test('F21 quiet sends nothing while it looks, and is found all the same', async () => {
    await using pair = await StationPair.create(built);
    const { first: quiet, second: other } = pair;
    quiet.host.nft(countSent());
    quiet.start('--discovery', 'quiet');
    await quiet.listening();
    await delay(QUIET_MS);
    assert.deepEqual(sent(quiet.host), { announcements: 0, mdns: 0, sweeps: 0, connections: 0, groups: 0 });
    other.start();
    await pair.connected();
    assert.deepEqual(
      { ...sent(quiet.host), connections: 0 },
      { connections: 0, announcements: 0, mdns: 0, sweeps: 0, groups: 0 },
    );
  });

  test('F16 once connected it sends the announcement that comes every 30 s, and nothing else', async (t) => {
    await using pair = await StationPair.create(built);
    const { host } = pair.first;
    await pair.connect();
    await delay(EARLY_MS); // the early announcements are over
    host.nft(countSent());
    await delay(IDLE_MS);
    const { announcements = 0, ...others } = sent(host);
    t.diagnostic(`in ${IDLE_MS / 1000} s: ${announcements} announcements, ${JSON.stringify(others)}`);
    // Each is one broadcast and one packet to the IPv6 group.
    assert.ok(announcements >= 2 && announcements <= 2 * Math.ceil(IDLE_MS / 25_000), `${announcements}`);
    assert.deepEqual(others, { mdns: 0, sweeps: 0, connections: 0, groups: 0 });
  });

  test('F12 a peer whose address changes is connected again within seconds', async (t) => {
    await using pair = await StationPair.create(built);
    const { first, second } = pair;
    await pair.connect('--listen', '0.0.0.0:1111');
    const changedMs = second.nowMs;
    second.host.ip('-4', 'address', 'flush', 'dev', 'lan0');
    second.host.ip('address', 'add', '10.77.3.77/20', 'broadcast', '10.77.15.255', 'dev', 'lan0');
    const { atMs } = await second.connected(first, 20_000, changedMs);
    t.diagnostic(`after ${Math.round(atMs - changedMs)} ms`);
    assert.ok(atMs - changedMs <= 3_000 * 2, `${atMs - changedMs} ms`);
  });

  test('F28 a peer is seen when it announces itself, then connected, each told once', async () => {
    await using homes = new Homes();
    const [first, second] = await homes.openBoth({ discovery: ['announce'] }, { discovery: ['announce'] });
    await Promise.all([connectedPeer(first), connectedPeer(second)]);
    const sightings = await first.ask('sightings');
    assert.deepEqual(
      sightings.filter(({ is }) => is === 'connected').map(({ id }) => id),
      [second.id],
    );
    assert.deepEqual([sightings[0]?.is, sightings[0]?.id], ['seen', second.id]);
  });

  for (const [name, denies] of [
    ['nobody denies', [false, false]],
    ['both deny', [true, true]],
  ] as const) {
    test(`F22 a host that waits with an open code is found when ${name}`, async (t) => {
      await using homes = new Homes();
      const [one, two] = homes.hosts;
      denyIncoming(homes.hosts, denies);
      const waits = homes.program(one, PAIRING_SCRIPT, 'waits');
      const { ready } = await waits.next('ready');
      const joins = homes.program(two, PAIRING_SCRIPT, 'joins');
      const found = await joins.next('waiting');
      assert.equal(found['waiting'], ready);
      const came = await waits.next('joining');
      assert.equal(came['binding'], found['binding'], 'both hold ends of one connection');
      t.diagnostic(`${name}: by ${String(found['via'])} in ${String(found['foundMs'])} ms`);
    });
  }
});

const PAIRING_SCRIPT = fileURLToPath(new URL('lan-pairing.ts', import.meta.url));

/** The hosts of which this is said let nobody in from now on. */
function denyIncoming(hosts: readonly Host[], denies: readonly boolean[]): void {
  for (const [index, host] of hosts.entries()) if (denies[index] === true) host.nft(DENY_INCOMING);
}

function medianOf(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[values.length >> 1] ?? Infinity);
}

/** At different moments of the first one's attempts to meet, and between two of them. */
const LATE_STARTS_MS: readonly number[] = [1_600, 1_900, 28_200];

/** Long enough for every layer to have had its turn. */
const QUIET_MS = 3_000;
/** The last early announcement comes at 16 s, with jitter at 20. */
const EARLY_MS = 21_000;
const IDLE_MS = 60_000;

/**
 * Of a report of groups: what the first one begins with, as it does for each own address of a host; its system tells these again
 * a second or two after the address was given, whoever runs there.
 */
const FOR_OWN_ADDRESSES = '@th,96,104 0xff0200000000000000000001ff';

/** Counts what a host sends from now on: TCP connections that it begins, and groups that its system says it has joined, too. */
function countSent(): string {
  return `
    table inet sent {
      counter announcements {}
      counter mdns {}
      counter sweeps {}
      counter connections {}
      counter groups {}
      chain output {
        type filter hook output priority 0;
        udp dport 21027 counter name announcements
        udp dport 5353 counter name mdns
        udp dport 9 counter name sweeps
        tcp flags & (syn | ack) == syn counter name connections
        ip protocol igmp counter name groups
        ip6 daddr ff02::16 ${FOR_OWN_ADDRESSES} accept
        ip6 daddr ff02::16 counter name groups
      }
    }`;
}

function sent(host: Host): Readonly<Record<string, number>> {
  return packetsOf(host, 'sent');
}

async function connectedPeer(node: DrivenNode): Promise<Awaited<ReturnType<typeof node.ask<'peers'>>>[number]> {
  return await until(
    'the node is connected',
    async () => (await node.ask('peers')).find(({ connected }) => connected),
    {
      everyMs: 20,
    },
  );
}
