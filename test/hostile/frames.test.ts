/** A hostile peer and the bytes themselves: lengths, bombs, what nobody asked for, names meant for a terminal, and storms. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../harness/process.ts';
import { runLanfold } from '../harness/lanfold.ts';
import { Scene } from './scene.ts';
import { newIdentity, type EvilPeer } from './evil-peer.ts';
import { bombOf, frame, literals, packedFrame, record, recordOf, TYPE, type Field } from './wire.ts';

let scene: Scene;
before(async () => (scene = await Scene.open()));
after(async () => await scene[Symbol.asyncDispose]());

const MIB = 1024 * 1024;
const EVIL = Buffer.from('evil');

test('case I11: packed messages that say they stand for more than they do, and bombs', async (t) => {
  const malformed = /malformed bytes from the peer/;
  await scene.run(t, { log: malformed, cpuMs: 20_000 }, async ({ evil, folder }) => {
    const index = record([1, folder], [2, EVIL]);
    const zeros = bombOf(0, 60 * MIB); // a field of number 0, which there is not
    const devices = recordOf(Array.from({ length: 10_000 }, (): Field => [16, Buffer.alloc(0)]));
    const crowd = recordOf(Array.from({ length: 100 }, (): Field => [1, devices]));
    const lies: readonly (readonly [type: number, block: Buffer, contentBytes: number])[] = [
      [TYPE.index, literals(index), 0xffff_ffff],
      [TYPE.index, literals(index), 0x8000_0000],
      [TYPE.index, literals(index), 64 * MIB],
      [TYPE.index, literals(index), index.length + 1],
      [TYPE.index, literals(index), index.length - 1],
      [TYPE.index, literals(index), 0],
      [TYPE.ping, Buffer.alloc(0), 0],
      [TYPE.index, literals(index).subarray(0, 5), index.length],
      [TYPE.index, Buffer.from([0x1f, 0x0a]), 100],
      [TYPE.index, Buffer.from([0x10, 0x0a, 0xff, 0xff]), 100], // copies from before the beginning
      [TYPE.index, zeros, 60 * MIB],
      [TYPE.index, bombOf(0x12, 60 * MIB), 60 * MIB],
      [TYPE.response, zeros, 60 * MIB],
      [TYPE.clusterConfig, zeros, 60 * MIB],
      [TYPE.index, zeros, 70 * MIB],
      [TYPE.clusterConfig, literals(crowd), crowd.length], // a million devices
    ];
    for (const [type, block, contentBytes] of lies) {
      const peer = await evil();
      peer.share([folder]);
      peer.raw(packedFrame(type, block, contentBytes));
      await peer.closes();
    }
    const early = await evil();
    early.raw(packedFrame(TYPE.clusterConfig, bombOf(0, 17 * MIB), 17 * MIB));
    await early.closes();
    const short = await evil();
    short.share([folder]);
    short.raw(frame(TYPE.index, Buffer.from([0, 0, 1]), 3, 1));
    await short.closes();
    return 'closed before anything is unpacked that is not there';
  });
});

test('case I12: a message that says it has 2^31 - 1 bytes, and others beyond the bound', async (t) => {
  await scene.run(t, { log: /are allowed/ }, async ({ evil, folder }) => {
    for (const lengthBytes of [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 500_000_000, 64 * MIB + 1]) {
      for (const type of [TYPE.index, TYPE.response, TYPE.ping, 77]) {
        const peer = await evil();
        peer.share([folder]);
        peer.raw(frame(type, Buffer.alloc(0), lengthBytes));
        await peer.closes();
      }
    }
    for (const lengthBytes of [16 * MIB + 1, 2 ** 31 - 1]) {
      const peer = await evil();
      peer.raw(frame(TYPE.clusterConfig, Buffer.alloc(0), lengthBytes));
      await peer.closes();
    }
    for (const header of [
      [0xff, 0xff],
      [0x7f, 0xff],
      [4, 1],
    ]) {
      const peer = await evil();
      peer.raw(Buffer.from(header));
      await peer.closes();
    }
    return 'closed at the header';
  });
});

test('case I21: answers to nothing that was asked, longer and shorter ones', async (t) => {
  await scene.run(t, {}, async ({ evil, folder, arrives }) => {
    const peer = await evil();
    peer.share([folder]);
    const answer = (id: number, data: Uint8Array): void => peer.send(TYPE.response, record([1, id], [2, data]));
    for (const id of [0, 1, 77, -1, 2 ** 31 - 1]) answer(id, EVIL);
    for (let times = 0; times < 10; times += 1) answer(1000 + times, Buffer.alloc(16 * MIB, times));
    await peer.flushed();
    const data = [EVIL.subarray(1), Buffer.concat([EVIL, EVIL]), Buffer.alloc(0), Buffer.alloc(32 * MIB)];
    let turn = 0;
    peer.serve = ({ id }) => {
      const wrong = data[turn++];
      if (wrong === undefined) return EVIL;
      answer(id, wrong);
      return EVIL; // and the right one at once behind it, under the same number
    };
    peer.update(folder, peer.author.file('asked', EVIL));
    for (let times = 0; times < data.length; times += 1) {
      await delay(100);
      peer.update(folder, peer.author.file(`another ${times}`, EVIL));
    }
    await arrives('asked', EVIL);
    peer.send(TYPE.response, record([1, 5], [2, Buffer.alloc(33 * MIB)]));
    await peer.closes();
    return 'passed over; closed beyond what a block may have';
  });
});

test('case I23: a cluster config that is missing, comes twice, or lists whatever it likes', async (t) => {
  await scene.run(t, { cpuMs: 30_000, logLines: 400 }, async ({ evil, folder, arrives }) => {
    for (const type of [TYPE.index, TYPE.ping, TYPE.request, TYPE.response, TYPE.progress, 99]) {
      const peer = await evil();
      peer.send(type, record([1, folder]));
      if (type !== 99 && type !== TYPE.progress) await peer.closes();
      else peer.leave();
    }
    const peer = await evil();
    peer.serve = () => EVIL;
    peer.share([folder]);
    peer.share([folder]);
    peer.update('not shared', peer.author.file('evil', EVIL));
    peer.update(folder, peer.author.file('first', EVIL));
    await arrives('first', EVIL);
    peer.share([folder, ...Array.from({ length: 9999 }, (_, i) => `folder ${i}`)]);
    peer.share([folder]);
    peer.update(folder, peer.author.file('second', EVIL));
    await arrives('second', EVIL);
    // It lists strangers, as somebody does who introduces them, and says that it may.
    const before = await scene.askNode(scene.victim, 'status', {});
    const strangers = Array.from({ length: 100 }, (): Field => [
      16,
      record([1, newIdentity().device], [2, 'stranger'], [7, true]),
    ]);
    const own: Field[] = [
      [16, record([1, peer.identity.device], [7, true], [8, 1])],
      [16, record([1, peer.victim])],
    ];
    peer.send(TYPE.clusterConfig, record([1, recordOf([[1, folder], ...own, ...strangers])]));
    // It asks to be told everything anew, over and over: who does that is heard once a second.
    for (let times = 0; times < 10; times += 1) peer.share([folder], { id: BigInt(times + 1), maxSequence: times });
    peer.update(folder, peer.author.file('third', EVIL));
    await arrives('third', EVIL);
    const now = await scene.askNode(scene.victim, 'status', {});
    assert.deepEqual(
      now.peers.map(({ id }) => id),
      before.peers.map(({ id }) => id),
      'nobody new is trusted',
    );
    assert.ok(now.offers.length <= 100, `${now.offers.length} folders are offered`);
    const many = await evil();
    many.share([folder, ...Array.from({ length: 10_000 }, (_, i) => `folder ${i}`)]);
    await many.closes();
    return 'closed; no effect without the user';
  });
});

test('case I24: a storm of connections, and many of one identity at a time', async (t) => {
  await scene.run(t, { cpuMs: 30_000, logLines: 1000 }, async ({ evil, folder, arrives }) => {
    for (let number = 0; number < 200; number += 1) {
      const peer = await evil({ clientName: number % 2 === 0 ? 'syncthing' : 'lanfold' });
      if (number % 3 === 0) peer.share([folder]);
      peer.leave();
    }
    const held: EvilPeer[] = [];
    for (let number = 0; number < 100; number += 1) {
      const peer = await evil();
      peer.share([folder]);
      held.push(peer);
    }
    await until('most of them are closed again', () => held.filter((peer) => !peer.isClosed).length <= 4 || undefined);
    const last = held.at(-1);
    assert.ok(last !== undefined && !last.isClosed, 'the last one is served');
    last.serve = () => EVIL;
    last.update(folder, last.author.file('last', EVIL));
    await arrives('last', EVIL);
    return 'four at a time, the oldest makes room';
  });
});

test('case I25: names with escapes, with the direction turned round, and of 10 kB', async (t) => {
  await scene.run(t, {}, async ({ evil, folder, logged }) => {
    const nasty = '\u001b]0;owned\u0007\u001b[2J\r\n\u202egpj.exe\u2066\u0085\u2028';
    const long = await evil({ deviceName: 'x'.repeat(10_000) });
    await long.closes();
    const peer = await evil({ deviceName: nasty, clientName: `syncthing${nasty}`, hello: [[3, `v2${nasty}`]] });
    peer.share([folder, `offer ${nasty}`]);
    peer.serve = () => Buffer.from('no'); // so that the file stays a problem, which is listed
    peer.update(folder, peer.author.file(`file ${nasty}`, EVIL), peer.author.file(`bad ${nasty}`, EVIL, { type: 99 }));
    await until('it is asked for', () => peer.asked > 0 || undefined);
    await logged(/unknown type/);
    await delay(300);
    peer.send(TYPE.close, record([1, nasty]));
    await logged(/the peer closed/);
    const shown = await Promise.all(
      [['status'], ['peers'], ['folders'], ['status', '--json']].map((args) =>
        runLanfold([...args, '--home', scene.victim.home]),
      ),
    );
    const text = [...shown.flatMap(({ stdout, stderr }) => [stdout, stderr]), ...scene.victim.program.stderr].join(
      '\n',
    );
    const lines = text.split('\n').filter((line) => line.includes('gpj.exe'));
    assert.ok(lines.length > 4, 'it is shown, in some form');
    const control = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
    assert.deepEqual(
      lines.filter((line) => control.test(line)),
      [],
    );
    assert.doesNotMatch(text.replaceAll('\n', ' '), control);
    return 'escaped, cut';
  });
});
