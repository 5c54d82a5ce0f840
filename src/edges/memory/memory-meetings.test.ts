/** Meetings in memory: as the real ones, which test/nodes/meeting.test.ts has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Received } from '../../../test/contract/received.ts';
import { MEETING_MS } from '../../core/discovery/meeting.ts';
import { LanfoldError } from '../../core/errors.ts';
import type { Expected, Met } from '../../ports/network.ts';
import { Life } from './life.ts';
import { MemoryNetwork } from './memory-network.ts';
import { Scheduler } from './scheduler.ts';

const PORT = 1112;
const NEVER = new AbortController().signal;
const [LOW, HIGH] = ['10.0.0.9', '10.0.0.10'];

function openWorld() {
  const scheduler = new Scheduler();
  const network = new MemoryNetwork({ scheduler, seed: 'meetings' });
  const join = (host: string, number: number) => {
    const life = new Life(scheduler);
    const device = new Uint8Array(32).fill(number);
    const joined = network.join(host, device, life);
    const meet = (far: string, expects: Expected, signal = NEVER): Promise<Met | LanfoldError> =>
      joined.meet({ host: far, port: PORT }, { port: PORT }, expects, signal).catch((error: unknown) => {
        assert.ok(error instanceof LanfoldError, String(error));
        return error;
      });
    return { life, device, meet };
  };
  return { scheduler, network, low: join(LOW, 1), high: join(HIGH, 2), join };
}

test('C37 two devices that expect each other meet, if the second comes while the first still waits', async () => {
  for (const [lateMs, outcome] of [
    [0, 'connected'],
    [MEETING_MS - 100, 'connected'],
    [MEETING_MS + 100, 'E_PEER_UNREACHABLE'],
  ] as const) {
    const { scheduler, low, high } = openWorld();
    const first = low.meet(HIGH, high.device);
    const second = high.life.wait(lateMs).then(() => high.meet(LOW, low.device));
    const [one, other] = await scheduler.runUntil(Promise.all([first, second]));
    assert.deepEqual([kindOf(one), kindOf(other)], [outcome, outcome]);
    if (!('is' in one) || one.is !== 'connected' || !('is' in other) || other.is !== 'connected') continue;
    assert.deepEqual([one.stream.dialled, other.stream.dialled], [false, true], 'the lower address is the server');
    assert.deepEqual(one.stream.device, high.device);
    assert.deepEqual(other.stream.remote, { host: LOW, port: PORT });
    const received = Received.of(other.stream);
    one.stream.send([Buffer.from('good day')]);
    assert.equal((await scheduler.runUntil(received.bytes(8))).toString(), 'good day');
  }
});

test('C37 pairing goes either way, with one binding', async () => {
  for (const [lower, higher] of [
    ['waiting', 'joining'],
    ['joining', 'waiting'],
  ] as const) {
    const { scheduler, low, high } = openWorld();
    const [one, other] = await scheduler.runUntil(Promise.all([low.meet(HIGH, lower), high.meet(LOW, higher)]));
    assert.deepEqual([kindOf(one), kindOf(other)], [lower, higher]);
    const [a, b] = [one, other].map((met) =>
      'is' in met && (met.is === 'waiting' || met.is === 'joining') ? met.stream.binding : undefined,
    );
    assert.ok(a !== undefined && a.length === 32);
    assert.deepEqual(a, b);
  }
});

test('C37 who do not fit do not keep each other', async () => {
  const stranger = new Uint8Array(32).fill(9);
  const rows: [Expected, Expected, string, string][] = [
    ['waiting', 'waiting', 'present', 'present'],
    ['joining', 'joining', 'E_PEER_UNREACHABLE', 'E_PEER_UNREACHABLE'],
    ['joining', stranger, 'E_PEER_UNREACHABLE', 'E_PEER_UNREACHABLE'],
    [stranger, 'waiting', 'E_PEER_WRONG_DEVICE', 'present'],
  ];
  for (const [lower, higher, first, second] of rows) {
    const { scheduler, low, high } = openWorld();
    const [one, other] = await scheduler.runUntil(Promise.all([low.meet(HIGH, lower), high.meet(LOW, higher)]));
    assert.deepEqual([kindOf(one), kindOf(other)], [first, second]);
  }
});

test('C36 a place is taken while its attempt lasts, and free after a process is gone', async () => {
  const { scheduler, low, high, join } = openWorld();
  const lasting = low.meet(HIGH, high.device);
  const again = await scheduler.runUntil(low.meet(HIGH, high.device));
  assert.equal(kindOf(again), 'E_PEER_UNREACHABLE');
  low.life.end();
  const successor = join(LOW, 1);
  const met = await scheduler.runUntil(Promise.all([successor.meet(HIGH, high.device), high.meet(LOW, low.device)]));
  assert.deepEqual(met.map(kindOf), ['connected', 'connected']);
  assert.equal(await Promise.race([lasting, Promise.resolve('never')]), 'never');
});

test('C36 over a cut link nobody meets', async () => {
  const { scheduler, network, low, high } = openWorld();
  network.link(LOW, HIGH).cut();
  const met = await scheduler.runUntil(Promise.all([low.meet(HIGH, high.device), high.meet(LOW, low.device)]));
  assert.deepEqual(met.map(kindOf), ['E_PEER_UNREACHABLE', 'E_PEER_UNREACHABLE']);
});

function kindOf(outcome: Met | LanfoldError): string {
  return 'is' in outcome ? outcome.is : outcome.code;
}
