/** Links of real hosts: late, one-way, with small packets, without IPv4. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { BuiltLanfold } from '../harness/built.ts';
import { namespacesMissing } from '../harness/namespaces.ts';
import { until } from '../harness/process.ts';
import { StationPair } from '../nodes/station-pair.ts';
import type { Station } from '../nodes/station.ts';

/** Machines are noisy: what is asserted is that much more than what is promised. */
const NOISE_FACTOR = 2;
const BACK_MS = 5000 * NOISE_FACTOR;

describe('links that are not as they should be', { skip: namespacesMissing() ?? false, timeout: 600_000 }, () => {
  let built: BuiltLanfold;
  before(() => {
    built = new BuiltLanfold();
  });
  after(() => built?.[Symbol.dispose]());

  test('case H03: what gets through one way only is taken for down, and used again when it goes both ways', async () => {
    await using pair = await StationPair.create(built);
    const { first, second } = pair;
    await pair.connect();
    second.host.nft(`table inet oneway {
      chain input { type filter hook input priority 0; ip saddr ${first.host.address} drop; ip6 saddr fe80::/10 drop; }
    }`);
    const sinceMs = performance.now();
    const isDown = async (station: Station, peer: Station): Promise<true | undefined> =>
      station.lastOf(peer)?.connected === false ? true : undefined;
    for (const [station, peer] of [
      [first, second],
      [second, first],
    ] as const)
      await until('it is taken for down', () => isDown(station, peer), { timeoutMs: 45_000 });
    assert.ok(performance.now() - sinceMs < 45_000);
    const healedMs = performance.now();
    second.host.nft('delete table inet oneway');
    const backMs = await second.connectedAt(first, healedMs);
    assert.ok(backMs - healedMs < BACK_MS, `${backMs - healedMs} ms`);
  });

  test('case H10: without a network at the start it waits idly, and connects soon after there is one', async () => {
    await using pair = await StationPair.create(built);
    const { first, second } = pair;
    first.host.ip('link', 'set', 'lan0', 'down');
    second.start();
    first.start();
    await Promise.all([first.listening(), second.listening()]);
    await delay(2000);
    const cpuBeforeMs = first.cpuMs();
    await delay(4000);
    const cpuMs = first.cpuMs() - cpuBeforeMs;
    assert.ok(cpuMs < 1500, `${cpuMs} ms of processor time in 4 s`);
    const upMs = performance.now();
    first.host.ip('link', 'set', 'lan0', 'up');
    const connectedMs = await first.connectedAt(second, upMs);
    assert.ok(connectedMs - upMs < BACK_MS, `${connectedMs - upMs} ms`);
  });

  test('case H14: two that have nothing but IPv6 addresses of their link connect', async () => {
    await using pair = await StationPair.create(built);
    const { first, second } = pair;
    for (const host of pair.hosts) host.ip('-4', 'address', 'flush', 'dev', 'lan0');
    first.start();
    second.start();
    const { line } = await second.connected(first, 20_000);
    assert.match(line.address ?? '', /fe80:/);
  });

  test('case H20: packets of 1280 bytes at most are enough to find each other and to talk', async () => {
    await using pair = await StationPair.create(built);
    const { first, second } = pair;
    for (const host of pair.hosts) host.ip('link', 'set', 'lan0', 'mtu', '1280');
    first.start();
    second.start();
    await pair.connected(20_000);
    assert.match(await first.peers(), /connected/);
  });
});
