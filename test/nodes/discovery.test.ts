/** lanfold finds lanfold: real processes, real links, real firewalls. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { BuiltLanfold } from '../harness/built.ts';
import { DENY_INCOMING, Lan, namespacesMissing } from '../harness/namespaces.ts';
import { Station } from './station.ts';

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
    test(`F23 two that know nothing but their IDs connect when ${name}`, async (t) => {
      using lan = new Lan(2);
      const [one, two] = lan.hosts;
      assert.ok(one !== undefined && two !== undefined);
      await using first = await Station.create(built, one);
      await using second = await Station.create(built, two);
      await first.trust(second);
      await second.trust(first);
      for (const [index, host] of lan.hosts.entries()) if (denies[index] === true) host.nft(DENY_INCOMING);
      const times: number[] = [];
      const ways: string[] = [];
      for (let run = 0; run < RUNS; run++) {
        for (const station of [first, second]) station.forgetPlaces();
        for (const host of lan.hosts) host.ip('neigh', 'flush', 'all');
        first.start();
        await first.listening();
        await delay(APART_MS);
        second.start();
        const { atMs, line } = await second.connected(first, 20_000);
        times.push(atMs);
        ways.push(line.via ?? '?');
        await Promise.all([first.stop(), second.stop()]);
      }
      const sorted = [...times].sort((a, b) => a - b).map(Math.round);
      const median = sorted[RUNS >> 1] ?? Infinity;
      t.diagnostic(`${name}: median ${median} ms of ${sorted.join(' ')}; ${ways.join(' ')}`);
      assert.ok(median <= targetMs * NOISE_FACTOR, `${median} ms`);
    });
  }
});
