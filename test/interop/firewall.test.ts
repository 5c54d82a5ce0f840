/** lanfold and a real Syncthing, where the customary firewall of one of them lets nobody in. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BuiltLanfold } from '../harness/built.ts';
import { DENY_INCOMING } from '../harness/firewall.ts';
import { Lan, namespacesMissing } from '../harness/namespaces.ts';
import { Syncthing } from '../harness/syncthing.ts';
import { Station } from '../nodes/station.ts';

const RUNS = 5;
/** Machines are noisy: what is asserted is that much more than what is aimed at. */
const NOISE_FACTOR = 5;
const TARGET_MS = 400;
/** Syncthing looks at most that often whom to dial, and no sooner than 5 s. */
const SYNCTHING_DIALS_MS = 10_000;

const missing = namespacesMissing() ?? Syncthing.availability('1.19.2');

describe('with Syncthing on a real link', { skip: missing ?? false, timeout: 120_000 }, () => {
  let built: BuiltLanfold;
  before(() => {
    built = new BuiltLanfold();
  });
  after(() => built[Symbol.dispose]());

  test('F27 a Syncthing is found though the own firewall lets nobody in', async (t) => {
    using lan = new Lan(2);
    const [here, there] = [lan.host(1), lan.host(2)];
    await using station = await Station.create(built, here);
    const syncthing = await Syncthing.start({
      version: '1.19.2',
      host: there,
      peers: [{ deviceId: station.id, address: 'dynamic' }],
    });
    t.after(() => syncthing.stop());
    const plain = { id: syncthing.deviceId };
    await station.trust(plain);
    here.nft(DENY_INCOMING);
    const times: number[] = [];
    const ways: string[] = [];
    for (let run = 0; run < RUNS; run++) {
      station.forgetPlaces();
      for (const host of lan.hosts) host.ip('neigh', 'flush', 'all');
      station.start();
      const { line, atMs } = await station.connected(plain, 20_000);
      times.push(atMs - station.startMs);
      ways.push(line.via ?? '?');
      await station.stop();
    }
    const median = times.toSorted((a, b) => a - b)[RUNS >> 1] ?? Infinity;
    t.diagnostic(
      `median ${Math.round(median)} ms after it listened; ${times.map(Math.round).join(' ')}; ${ways.join(' ')}`,
    );
    assert.ok(median <= TARGET_MS * NOISE_FACTOR, `${median} ms`);
  });

  test('F27 a Syncthing whose own firewall lets nobody in connects once it was told where we are', async (t) => {
    using lan = new Lan(2);
    const [here, there] = [lan.host(1), lan.host(2)];
    there.nft(DENY_INCOMING);
    await using station = await Station.create(built, here);
    // It speaks no multicast DNS, so nothing that we could say reaches it: its user has typed our address.
    const syncthing = await Syncthing.start({
      version: '1.19.2',
      host: there,
      peers: [{ deviceId: station.id, address: `${here.address}:1111` }],
    });
    t.after(() => syncthing.stop());
    await station.trust({ id: syncthing.deviceId });
    station.start();
    const { line, atMs } = await station.connected({ id: syncthing.deviceId }, 30_000);
    t.diagnostic(`${Math.round(atMs - station.startMs)} ms after it listened`);
    assert.equal(line.via, 'incoming');
    assert.ok(atMs - station.startMs <= SYNCTHING_DIALS_MS * 2, `${atMs} ms`);
  });
});
