import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Search, type Dial, type MissingPeer, type View } from './candidates.ts';

const [ANNA, BERT] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const HALF = 0.5; // no jitter
const own = [{ interfaceName: 'eth0', address: '10.0.0.1', prefixLength: 24 }];

function view(more: Partial<View> = {}): View {
  return { missing: [{ device: ANNA, addresses: [] }], neighbours: [], own, ...more };
}

function peer(device: Uint8Array, ...hosts: string[]): MissingPeer {
  return { device, addresses: hosts.map((host) => ({ host, port: 1111, via: 'configured' })) };
}

function neighbours(...addresses: string[]): View['neighbours'] {
  return addresses.map((address) => ({ address, interfaceName: 'eth0', via: 'neighbour' }));
}

function words(dials: readonly Dial[]): string[] {
  return dials.map(({ device, endpoint }) => `${device[0] === 1 ? 'anna' : 'bert'} ${endpoint.host}:${endpoint.port}`);
}

/** Looks as often as it is told to and lets every dial end at once. @returns the times of dials, by place */
function play(search: Search, world: View, untilMs: number, result: 'refused' | 'silent'): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (let nowMs = 0; nowMs < untilMs;) {
    const { dials, lookAgainMs } = search.next(world, nowMs);
    for (const dial of dials) {
      const place = `${dial.endpoint.host}:${dial.endpoint.port}`;
      times.set(place, [...(times.get(place) ?? []), nowMs]);
      search.ended(dial, { is: result }, nowMs, HALF);
    }
    assert.ok(lookAgainMs !== undefined);
    nowMs += lookAgainMs;
  }
  return times;
}

describe('findOpenPorts: whom to dial', () => {
  test('F7 nobody is dialled when nobody is missing', () => {
    const plan = new Search().next(view({ missing: [], neighbours: neighbours('10.0.0.2') }), 0);
    assert.deepEqual(plan, { dials: [], lookAgainMs: undefined });
  });

  test('F7 known addresses at once, neighbours on port 1111 at once and then on 22000', () => {
    const search = new Search();
    const world = view({ missing: [peer(ANNA, '192.0.2.9')], neighbours: neighbours('10.0.0.2') });
    const first = search.next(world, 0);
    assert.deepEqual(words(first.dials), ['anna 192.0.2.9:1111', 'anna 10.0.0.2:1111']);
    const [, neighbour] = first.dials;
    assert.ok(neighbour !== undefined);
    assert.deepEqual(words(search.next(world, 100).dials), [], 'the first port is still under way');
    search.ended(neighbour, { is: 'refused' }, 110, HALF);
    assert.equal(words(search.next(world, 120).dials)[0], 'anna 10.0.0.2:22000');
  });

  test('F7 the spare ports only where 1111 was refused, and once', () => {
    const search = new Search();
    const world = view({ neighbours: neighbours('10.0.0.2', '10.0.0.3') });
    for (const dial of search.next(world, 0).dials) {
      search.ended(dial, { is: dial.endpoint.host === '10.0.0.2' ? 'refused' : 'silent' }, 10, HALF);
    }
    const { dials } = search.next(world, 20);
    const spare = [1113, 1114, 1115, 1116, 1117, 1118, 1119].map((port) => `anna 10.0.0.2:${port}`);
    assert.deepEqual(words(dials), ['anna 10.0.0.2:22000', ...spare, 'anna 10.0.0.3:22000']);
    for (const dial of dials) search.ended(dial, { is: 'refused' }, 30, HALF);
    const later = [1_000, 60_000, 600_000].flatMap((nowMs) => words(search.next(world, nowMs).dials));
    assert.ok(later.length > 0 && later.every((dial) => / 10.0.0.[23]:(1111|22000)$/.test(dial)), later.join());
  });

  test('F7 a neighbour that does not answer is given up soon at first, a known address late', () => {
    const search = new Search();
    const world = view({ missing: [peer(ANNA, '192.0.2.9')], neighbours: neighbours('10.0.0.2') });
    const timeouts: number[] = [];
    for (let nowMs = 0; nowMs < 200_000; nowMs += 20_000) {
      for (const dial of search.next(world, nowMs).dials) {
        if (dial.via === 'configured') assert.equal(dial.timeoutMs, 10_000);
        else if (dial.endpoint.port === 1111) timeouts.push(dial.timeoutMs);
        search.ended(dial, { is: 'silent' }, nowMs, HALF);
      }
    }
    assert.deepEqual(timeouts.slice(0, 6), [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  test('F20 silent is who does not answer at any port, also while it is being asked', () => {
    const search = new Search();
    const world = view({ neighbours: neighbours('10.0.0.2') });
    assert.equal(search.isSilent('10.0.0.2', 0), false);
    const [first] = search.next(world, 0).dials;
    assert.ok(first !== undefined);
    assert.deepEqual(
      [299, 300].map((nowMs) => search.isSilent('10.0.0.2', nowMs)),
      [false, true],
    );
    const [second] = search.next(world, 300).dials;
    assert.ok(second !== undefined);
    search.ended(second, { is: 'refused' }, 310, HALF);
    assert.equal(search.isSilent('10.0.0.2', 400), false);
  });

  test('F7 a first port that stays silent does not hold up the second', () => {
    const search = new Search();
    const world = view({ neighbours: neighbours('10.0.0.2') });
    search.next(world, 0);
    assert.deepEqual(words(search.next(world, 200).dials), []);
    assert.deepEqual(words(search.next(world, 300).dials), ['anna 10.0.0.2:22000']);
  });

  test('F7 neighbours of other networks, of virtual links, and the node itself are left alone', () => {
    const world = view({
      neighbours: [
        ...neighbours('10.0.1.2', '10.0.0.1', '10.0.0.255'),
        { address: '10.0.0.3', interfaceName: 'wlan0', via: 'neighbour' },
        { address: '172.17.0.2', interfaceName: 'docker0', via: 'neighbour' },
      ],
      own: [...own, { interfaceName: 'docker0', address: '172.17.0.1', prefixLength: 16 }],
    });
    assert.deepEqual(words(new Search().next(world, 0).dials), []);
    const virtualToo = new Search().next({ ...world, virtualToo: true }, 0);
    assert.deepEqual(words(virtualToo.dials), ['anna 172.17.0.2:1111']);
  });

  test('F7 link-local neighbours keep their link', () => {
    const world = view({
      neighbours: [{ address: 'fe80::2', interfaceName: 'eth0', via: 'neighbour' }],
      own: [{ interfaceName: 'eth0', address: 'fe80::1', prefixLength: 64 }],
    });
    assert.deepEqual(words(new Search().next(world, 0).dials), ['anna fe80::2%eth0:1111']);
  });

  test('F9 whoever tells of many devices at many places keeps none that comes later from being dialled', () => {
    const liars = Array.from({ length: 100 }, (_, index) => new Uint8Array(32).fill(index + 3));
    const tries: number[] = [];
    const running: { dial: Dial; endMs: number }[] = [];
    const search = new Search();
    for (let nowMs = 0, round = 0; nowMs < 600_000; nowMs += 1000, round += 1) {
      for (const { dial, endMs } of running.splice(0)) {
        if (endMs > nowMs) running.push({ dial, endMs });
        else search.ended(dial, { is: 'silent' }, nowMs, HALF);
      }
      // Each has other places at each look.
      const told = liars.map((device, index) =>
        peer(device, `10.1.${index}.${round % 250}`, `10.2.${index}.${round % 250}`),
      );
      for (const dial of search.next(view({ missing: [...told, peer(BERT, '10.0.0.2')] }), nowMs).dials) {
        if (dial.device === BERT) tries.push(nowMs);
        running.push({ dial, endMs: nowMs + dial.timeoutMs });
      }
    }
    const waits = tries.map((atMs, index) => atMs - (tries[index - 1] ?? 0));
    assert.ok(tries.length >= 15 && Math.max(...waits) <= 40_000, waits.join());
  });

  test('F9 neighbours that do not answer keep none that comes later from being dialled', () => {
    const crowd = Array.from({ length: 250 }, (_, index) => `10.0.0.${index + 2}`);
    const search = new Search();
    const dialled = new Set<string>();
    const running: { dial: Dial; endMs: number }[] = [];
    for (let nowMs = 0; nowMs < 300_000; nowMs += 1000) {
      for (const { dial, endMs } of running.splice(0)) {
        if (endMs > nowMs) running.push({ dial, endMs });
        else search.ended(dial, { is: 'silent' }, nowMs, HALF);
      }
      for (const dial of search.next(view({ neighbours: neighbours(...crowd) }), nowMs).dials) {
        if (nowMs > 60_000) dialled.add(`${dial.endpoint.host} ${dial.endpoint.port}`);
        running.push({ dial, endMs: nowMs + dial.timeoutMs });
      }
    }
    assert.equal(dialled.size, 2 * crowd.length);
  });

  test('F8 when a neighbour proves to be another missing peer, that one is dialled there at once', () => {
    const search = new Search();
    const world = view({ missing: [peer(ANNA), peer(BERT)], neighbours: neighbours('10.0.0.2') });
    const [guess] = search.next(world, 0).dials;
    assert.ok(guess !== undefined);
    search.ended(guess, { is: 'somebody-else', found: guess.device === ANNA ? BERT : ANNA }, 5, HALF);
    assert.deepEqual(words(search.next(world, 5).dials).slice(0, 1), [
      `${guess.device === ANNA ? 'bert' : 'anna'} 10.0.0.2:1111`,
    ]);
  });

  test('F8 the same at a known address that has changed hands', () => {
    const search = new Search();
    const world = view({ missing: [peer(ANNA, '10.0.0.2'), peer(BERT)] });
    const [dial] = search.next(world, 0).dials;
    assert.ok(dial !== undefined);
    search.ended(dial, { is: 'somebody-else', found: BERT }, 5, HALF);
    const [again] = search.next(world, 5).dials;
    assert.ok(again !== undefined);
    assert.deepEqual(words([again]), ['bert 10.0.0.2:1111']);
    search.ended(again, { is: 'connected' }, 10, HALF);
    assert.deepEqual(words(search.next(view({ missing: [peer(ANNA, '10.0.0.2')] }), 600).dials), [
      'anna 10.0.0.2:1111',
    ]);
  });

  test('F8 somebody who is no peer of ours is left in peace for a minute', () => {
    const search = new Search();
    const world = view({ missing: [peer(ANNA, '10.0.0.2')] });
    const [dial] = search.next(world, 0).dials;
    assert.ok(dial !== undefined);
    search.ended(dial, { is: 'somebody-else' }, 0, HALF);
    assert.deepEqual(search.next(world, 59_000).dials, []);
    assert.equal(search.next(world, 60_000).dials.length, 1);
  });

  test('F9 a crowd of neighbours is dialled in turns, and never keeps a known address waiting', () => {
    const search = new Search();
    const crowd = neighbours(...Array.from({ length: 200 }, (_, index) => `10.0.0.${index + 2}`));
    const dials = search.next(view({ neighbours: crowd }), 0).dials;
    assert.equal(dials.length, 32);
    const known = view({ missing: [peer(ANNA, '192.0.2.9')], neighbours: crowd });
    assert.deepEqual(words(search.next(known, 100).dials), ['anna 192.0.2.9:1111']);
    for (const dial of dials) search.ended(dial, { is: 'refused' }, 200, HALF);
    assert.equal(search.next(known, 200).dials.length, 32);
  });
});

describe('findOpenPorts: when to look', () => {
  test('F10 it begins anew when one more peer is missing, and when the own addresses change', () => {
    const search = new Search();
    search.next(view(), 0);
    assert.equal(search.next(view(), 100_000).lookAgainMs, 5_000);
    const two = view({ missing: [peer(ANNA), peer(BERT)] });
    assert.equal(search.next(two, 100_000).lookAgainMs, 100);
    assert.equal(search.next(two, 200_000).lookAgainMs, 5_000);
    assert.equal(search.next({ ...two, own: [] }, 200_000).lookAgainMs, 100);
    assert.equal(search.next(view({ own: [] }), 300_000).lookAgainMs, 5_000, 'one less is no beginning');
  });

  test('F11 known addresses are tried again within a second at first, at least every 5 s for ever', () => {
    const times =
      play(new Search(), view({ missing: [peer(ANNA, '192.0.2.9')] }), 600_000, 'refused').get('192.0.2.9:1111') ?? [];
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    assert.deepEqual(waits.slice(0, 4), [200, 400, 800, 1_600]);
    assert.ok(Math.max(...waits.slice(-100)) <= 5_000, `${Math.max(...waits)}`);
    assert.ok((times.at(-1) ?? 0) > 590_000);
  });

  test('F11 neighbours that refuse or are silent are tried less and less, at least every 15 s for ever', () => {
    for (const result of ['refused', 'silent'] as const) {
      const times = play(new Search(), view({ neighbours: neighbours('10.0.0.2') }), 600_000, result);
      for (const place of ['10.0.0.2:1111', '10.0.0.2:22000']) {
        const waits = (times.get(place) ?? []).map((time, index, all) => time - (all[index - 1] ?? 0)).slice(1);
        assert.equal(waits[0], 500, place);
        assert.ok(Math.max(...waits) <= 15_000, `${place} ${Math.max(...waits)}`);
        assert.ok(waits.length > 40 && waits.length < 80, `${waits.length}`);
      }
    }
  });

  test('F11 an address that somebody has just said to be at waits no longer, but is dialled five times a second at most', () => {
    const search = new Search();
    const world = view({ missing: [peer(ANNA, '192.0.2.9')] });
    const times: number[] = [];
    for (let nowMs = 0; nowMs < 10_000; nowMs += 10) {
      if (nowMs >= 8_000) search.said({ host: '192.0.2.9', port: 1111 }, nowMs);
      for (const dial of search.next(world, nowMs).dials) {
        times.push(nowMs);
        search.ended(dial, { is: 'refused' }, nowMs, HALF);
      }
    }
    const said = times.filter((atMs) => atMs >= 8_000);
    assert.deepEqual(said, [8_000, 8_200, 8_400, 8_600, 8_800, 9_000, 9_200, 9_400, 9_600, 9_800]);
  });

  test('F11 a remembered address is tried less often in the end than a configured one; at once when its host comes up', () => {
    const search = new Search();
    const world = view({
      missing: [{ device: ANNA, addresses: [{ host: '10.0.0.2', port: 1111, via: 'remembered' }] }],
    });
    const times = play(search, world, 600_000, 'silent').get('10.0.0.2:1111') ?? [];
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    assert.deepEqual(waits.slice(0, 3), [200, 400, 800]);
    assert.ok(Math.max(...waits) > 10_000 && Math.max(...waits) <= 15_000, `${Math.max(...waits)}`);
    const [last = 0] = times.slice(-1);
    assert.deepEqual(search.next(world, last + 1_000).dials, []);
    search.cameUp('10.0.0.9', last + 1_000);
    assert.deepEqual(search.next(world, last + 1_000).dials, []);
    search.cameUp('10.0.0.2', last + 1_000);
    assert.equal(search.next(world, last + 1_000).dials.length, 1);
  });

  test('F11 chance spreads a wait by a quarter to both sides', () => {
    for (const [fraction, dueMs] of [
      [0, 150],
      [0.999999, 250],
    ] as const) {
      const search = new Search();
      const world = view({ missing: [peer(ANNA, '192.0.2.9')] });
      const [dial] = search.next(world, 0).dials;
      assert.ok(dial !== undefined);
      search.ended(dial, { is: 'refused' }, 0, fraction);
      assert.equal(search.next(world, dueMs - 1).dials.length, 0);
      assert.equal(search.next(world, dueMs).dials.length, 1);
    }
  });

  test('F12 a change of the own addresses, and waking up, forget all waiting', () => {
    const search = new Search();
    const world = view({ missing: [peer(ANNA, '192.0.2.9')] });
    const [dial] = search.next(world, 0).dials;
    assert.ok(dial !== undefined);
    search.ended(dial, { is: 'somebody-else' }, 0, HALF);
    const moved = { ...world, own: [{ interfaceName: 'wlan0', address: '10.9.0.1', prefixLength: 24 }] };
    const [again] = search.next(moved, 100).dials;
    assert.ok(again !== undefined);
    search.ended(again, { is: 'somebody-else' }, 100, HALF);
    assert.equal(search.next(moved, 200).dials.length, 0);
    search.restart(200);
    assert.equal(search.next(moved, 200).dials.length, 1);
  });

  test('F12 a conversation that ends at once does not become a storm', () => {
    const search = new Search();
    const world = view({ missing: [peer(ANNA, '192.0.2.9')] });
    let dials = 0;
    for (let nowMs = 0; nowMs < 5_000; nowMs += 10) {
      for (const dial of search.next(world, nowMs).dials) {
        dials++;
        search.ended(dial, { is: 'connected' }, nowMs, HALF);
      }
    }
    assert.equal(dials, 10);
  });
});
