/** A peer that is slow on purpose, at each stage of a conversation: nobody waits for it longer than there is a reason to. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../harness/process.ts';
import { Scene } from './scene.ts';
import { frame, record, TYPE } from './wire.ts';

let scene: Scene;
before(async () => (scene = await Scene.open()));
after(async () => await scene[Symbol.asyncDispose]());

/** A handshake has ten seconds, a hello five, a cluster config twenty; the rest is room for a busy machine. */
const CLOSED_MS_MAX = 60_000;
const DRIP_MS = 200;

test('case I22: a byte now and then, in the handshake, in the hello, in a header and in a body', async (t) => {
  await scene.run(t, { logLines: 1000 }, async ({ evil, folder, served }) => {
    const [host = '', port] = scene.victim.address.split(':');
    const startedMs = performance.now();
    const silent: Socket[] = [];
    for (let number = 0; number < 50; number += 1) {
      // From another address: a crowd of one address turns out its own.
      const socket = connect({ host, port: Number(port), localAddress: '127.0.0.2' });
      socket.on('error', () => {}).resume();
      // The beginning of a TLS record of 512 bytes, and no more of it than a byte a turn.
      drip(socket, Buffer.concat([Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]), Buffer.alloc(400)]));
      silent.push(socket);
    }
    const inHello = await evil({ hello: 'none' });
    drip(inHello.socket, Buffer.concat([Buffer.from([0x2e, 0xa7, 0xd9, 0x0b, 0x40, 0]), Buffer.alloc(400)]));
    const noHello = await evil({ hello: 'none' });
    await delay(500); // more than four of one identity would turn out each other
    const noConfig = await evil();
    const inBody = await evil();
    drip(inBody.socket, frame(TYPE.clusterConfig, record([1, Buffer.alloc(1000)])));
    const stages = { inHello, noHello, noConfig, inBody };
    const closedMs: number[] = [];
    for (const [stage, peer] of Object.entries(stages)) {
      await peer.closes(CLOSED_MS_MAX);
      closedMs.push(Math.round((peer.closedMs ?? 0) - startedMs));
      assert.ok(peer.closedMs !== undefined, stage);
    }
    await until('the silent ones are closed', () => silent.every(({ closed }) => closed) || undefined, {
      timeoutMs: CLOSED_MS_MAX,
    });
    await served();
    const last = await evil();
    last.share([folder]);
    return `closed after ${closedMs.join(', ')} ms`;
  });
});

/** Sends a byte, and another one, until there is none left or nobody takes it. */
function drip(socket: Socket, bytes: Buffer): void {
  let at = 0;
  const timer = setInterval(() => {
    if (socket.writable && at < bytes.length) socket.write(bytes.subarray(at, (at += 1)));
    else clearInterval(timer);
  }, DRIP_MS);
  socket.on('close', () => clearInterval(timer));
}
