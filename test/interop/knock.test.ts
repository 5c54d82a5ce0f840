/** Knocking at a real Syncthing: it is told apart from who waits, and is none the worse for it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deviceIdText } from '../../src/core/model/device-id.ts';
import { createCertificate } from '../../src/edges/net/certificate.ts';
import { identityOf } from '../../src/edges/net/identity.ts';
import { TlsNetwork } from '../../src/edges/net/tls-network.ts';
import { Syncthing } from '../harness/syncthing.ts';
import type { SyncthingVersion } from '../harness/syncthing-types.ts';

const NEVER = new AbortController().signal;
const KNOCKS = 5;
/** A Syncthing that waits for a hello keeps all newcomers waiting for 20 s. */
const HELD_UP_MS = 5_000;

for (const version of ['1.19.2', '1.29.5'] satisfies SyncthingVersion[]) {
  describe(`Syncthing ${version}`, { skip: Syncthing.availability(version) ?? false }, () => {
    test('I23 a knock finds it present, asks nothing of its person, and holds up nobody', async (context) => {
      const knocker = identityOf(createCertificate(new Date()));
      const peer = identityOf(createCertificate(new Date()));
      const syncthing = await Syncthing.start({ version });
      context.after(async () => {
        await syncthing.kill(); // it would wait for the peer that has gone
        await syncthing.stop();
      });
      await syncthing.addPeer({ deviceId: deviceIdText(peer.device), address: 'tcp://127.0.0.1:9', name: 'peer' });
      const [host = '', port] = syncthing.address.split(':');
      const address = { host, port: Number(port) };
      const timesMs: number[] = [];
      let device = new Uint8Array();
      for (let count = 0; count < KNOCKS; count++) {
        const startMs = performance.now();
        const knocked = await new TlsNetwork(knocker).knock(address, NEVER);
        timesMs.push(performance.now() - startMs);
        assert.ok(knocked.is === 'present');
        device = Uint8Array.from(knocked.device);
        assert.equal(deviceIdText(device), syncthing.deviceId);
      }
      // Its person is not asked about a new device: the knock ended before its side of the handshake did.
      assert.deepEqual(await syncthing.rest('GET', 'cluster/pending/devices'), {});
      // It says hello to a peer that comes right after.
      const startMs = performance.now();
      const stream = await new TlsNetwork(peer).dial(address, device, NEVER);
      const heard = Promise.withResolvers<number>();
      stream.receive({
        data: () => heard.resolve(performance.now() - startMs),
        closed: (reason) => heard.reject(reason),
      });
      stream.send([Buffer.from('2ea7d90b0000', 'hex')]); // an empty hello
      const tookMs = await heard.promise;
      stream.destroy('the test is over');
      context.diagnostic(
        `knocks ${timesMs.map((ms) => ms.toFixed()).join(' ')} ms, hello after ${tookMs.toFixed()} ms`,
      );
      assert.ok(tookMs < HELD_UP_MS, `hello after ${tookMs} ms`);
    });
  });
}
