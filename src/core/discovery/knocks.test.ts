import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Knocks, type Door } from './knocks.ts';

const announced: Door = { host: '10.0.0.9', port: 1114, via: 'mdns' };
const neighbour = { host: '10.0.0.2', via: 'neighbour' } as const;

describe('where to knock for a host that waits', () => {
  test('F22 at announced addresses and at neighbours, each at most once every 5 s', () => {
    const knocks = new Knocks();
    const times = new Map<string, number[]>();
    for (let nowMs = 0; nowMs <= 20_000; nowMs += 100) {
      for (const door of knocks.next([announced], [neighbour], nowMs)) {
        const place = `${door.host}:${door.port} ${door.via}`;
        times.set(place, [...(times.get(place) ?? []), nowMs]);
        knocks.ended(door, 'somebody-else', nowMs + 10);
      }
    }
    assert.deepEqual(Object.fromEntries(times), {
      '10.0.0.9:1114 mdns': [0, 5_000, 10_000, 15_000, 20_000],
      '10.0.0.2:1111 neighbour': [0, 5_000, 10_000, 15_000, 20_000],
    });
  });

  test('F22 never twice at a time, and again from the beginning after a restart', () => {
    const knocks = new Knocks();
    const [door] = knocks.next([], [neighbour], 0);
    assert.ok(door !== undefined);
    assert.deepEqual(knocks.next([], [neighbour], 60_000), []);
    knocks.ended(door, 'silent', 61_000);
    assert.equal(knocks.next([], [neighbour], 61_000).length, 1);
    knocks.ended(door, 'silent', 61_100);
    assert.deepEqual(knocks.next([], [neighbour], 61_200), []);
    knocks.restart();
    assert.equal(knocks.next([], [neighbour], 61_200).length, 1);
  });

  test('F22 a host that waits is known for a minute', () => {
    const knocks = new Knocks();
    const [door] = knocks.next([], [neighbour], 0);
    assert.ok(door !== undefined);
    knocks.ended(door, 'connected', 10);
    assert.deepEqual(knocks.next([], [neighbour], 59_900), []);
    assert.equal(knocks.next([], [neighbour], 60_000).length, 1);
  });

  test('F22 the spare ports of a host that refuses the usual one, once', () => {
    const knocks = new Knocks();
    const [door] = knocks.next([], [neighbour], 0);
    assert.ok(door !== undefined);
    const spare = knocks.ended(door, 'refused', 10);
    assert.deepEqual(
      spare.map(({ port }) => port),
      [1113, 1114, 1115, 1116, 1117, 1118, 1119],
    );
    for (const other of spare) assert.deepEqual(knocks.ended(other, 'refused', 20), []);
    const [again] = knocks.next([], [neighbour], 100_000);
    assert.ok(again !== undefined);
    assert.deepEqual(knocks.ended(again, 'refused', 100_010), []);
  });

  test('F22 a flood of announcements is knocked at in turns, and forgotten', () => {
    const knocks = new Knocks();
    const flood = Array.from({ length: 5_000 }, (_, index) => ({ ...announced, port: index + 1 }));
    const first = knocks.next(flood, [], 0);
    assert.equal(first.length, 32);
    for (const door of first) knocks.ended(door, 'silent', 0);
    assert.deepEqual(
      knocks
        .next(flood, [], 0)
        .map(({ port }) => port)
        .slice(0, 2),
      [33, 34],
    );
  });

  test('F20 silent is who does not answer at the usual port', () => {
    const knocks = new Knocks();
    const [door] = knocks.next([], [neighbour], 0);
    assert.ok(door !== undefined);
    assert.deepEqual(
      [299, 300].map((nowMs) => knocks.isSilent('10.0.0.2', nowMs)),
      [false, true],
    );
    knocks.ended(door, 'silent', 1_000);
    assert.equal(knocks.isSilent('10.0.0.2', 1_000), true);
    knocks.next([], [neighbour], 6_000);
    assert.equal(knocks.isSilent('10.0.0.2', 6_001), true, 'while it is asked again');
    knocks.ended(door, 'refused', 6_100);
    assert.equal(knocks.isSilent('10.0.0.2', 6_200), false);
  });
});
