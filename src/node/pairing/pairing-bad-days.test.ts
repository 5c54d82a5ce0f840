/** Both drivers over a network in memory, on bad days: somebody leaves, dies, cannot store it, talks nonsense, or says too much. */
import { deepEqual, equal, match, ok, rejects, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { OFFER, World } from '../../../test/harness/pairing-world.ts';
import { CODE_MS } from '../../core/pairing/guesses.ts';
import { JoinerTries } from '../../core/pairing/joiner.ts';
import { encodePairing } from '../../core/wire/pairing.ts';
import { pairingCrypto } from '../../edges/net/pairing-crypto.ts';
import type { PairingStream } from '../../ports/network.ts';
import { PairingHost } from './pairing-host.ts';
import { PairingJoiner } from './pairing-joiner.ts';

test('J21 a joiner that declines, or goes away with the offer, ends pairing and is not trusted', async () => {
  for (const leave of [
    (_world: World, joiner: PairingJoiner) => joiner.decline(),
    (world: World) => world.machine('tom').life.end(),
  ]) {
    const world = new World();
    const joiner = await world.joiner('tom');
    await world.run(joiner.tryCode(world.code));
    leave(world, joiner);
    await world.scheduler.runFor(10_000);
    deepEqual([world.told, world.joined], [['closed declined'], []]);
  }
});

test('J21 a joiner that declines before it has tried a code leaves pairing open', async () => {
  const world = new World();
  (await world.joiner('tom')).decline();
  await world.scheduler.runFor(1_000);
  equal(world.host.isOpen(), true);
  equal(await world.guess('ann', world.code), 'offer');
});

test('J21 a host that dies before it has the answer trusts nobody; the joiner finds out, or trusts a host that does not know it', async () => {
  const world = new World();
  const joiner = await world.joiner('tom');
  await world.run(joiner.tryCode(world.code));
  const agreed = joiner.accept(['photos-x1']);
  world.machine('maria').life.end(); // the answer is on its way
  ok((await world.run(agreed)) !== undefined);
  deepEqual([world.told, world.joined], [[], []]);
});

test('J21 a host that died before the joiner answers is noticed', async () => {
  const world = new World();
  const joiner = await world.joiner('tom');
  await world.run(joiner.tryCode(world.code));
  world.machine('maria').life.end();
  await world.scheduler.runFor(1_000);
  equal(await world.run(joiner.accept(['photos-x1'])), undefined);
});

test('J21 what the host cannot store ends pairing as failed', async () => {
  const world = new World();
  world.store = () => Promise.reject(new Error('disk full'));
  const joiner = await world.joiner('tom');
  await world.run(joiner.tryCode(world.code));
  await world.run(joiner.accept([]));
  deepEqual([world.told, world.joined], [['closed failed'], []]);
});

test('J21 what the host can offer no more ends pairing as failed, and nothing else', async () => {
  const world = new World();
  world.offer = () => {
    throw new Error('no records');
  };
  const joiner = await world.joiner('tom');
  equal((await world.run(joiner.tryCode(world.code))).is, 'closed');
  await world.scheduler.runFor(1_000);
  deepEqual([world.told, world.joined], [['closed failed'], []]);
});

test('J22 no name of a folder leaves the host before the code is proven, and then it does', async () => {
  const world = new World();
  const sent = (): string => Buffer.concat(world.sentByHost).toString('latin1');
  for (const code of [world.wrongCode, world.wrongCode]) await world.guess('eve', code);
  match(sent(), /maria-laptop/);
  for (const { id, label } of OFFER.folders) ok(!sent().includes(id) && !sent().includes(label));
  equal(await world.guess('tom', world.code), 'offer');
  for (const { id, label } of OFFER.folders) ok(sent().includes(id) && sent().includes(label));
});

test('J23 malformed bytes, and messages that are not due, end that connection and nothing else', async () => {
  const world = new World();
  for (const bytes of ['ff'.repeat(64), '0400000000', '06000000030a0161', '0500010000', '02ffffffff']) {
    const stream = await world.stream('eve');
    const closed = Promise.withResolvers<string>();
    stream.receive({ data: () => {}, closed: closed.resolve });
    stream.send([new Uint8Array(Buffer.from(bytes, 'hex'))]);
    await world.run(closed.promise);
  }
  deepEqual(world.told, []);
  equal(await world.guess('tom', world.code), 'offer');
});

test('J23 what stands behind the last message of a conversation does not cut that one off', async () => {
  const world = new World();
  const stream = await world.stream('eve');
  const heard: Buffer[] = [];
  const closed = Promise.withResolvers<string>();
  stream.receive({ data: (chunk) => void heard.push(Buffer.from(chunk)), closed: closed.resolve });
  const hello = encodePairing({ type: 'Hello', body: { version: 1, name: 'eve', y: new Uint8Array(32).fill(9) } });
  const confirm = encodePairing({ type: 'Confirm', body: { tag: new Uint8Array(64) } });
  stream.send([new Uint8Array(Buffer.concat([hello, confirm, new Uint8Array(64).fill(0xff)]))]);
  await world.run(closed.promise);
  match(Buffer.concat(heard).toString('latin1'), /wrong-code/);
  deepEqual(world.told, ['wrong eve 2']);
});

test('J23 a joiner leaves a host that is silent, malformed, or gone, with a clean error', async () => {
  const acts: Readonly<Record<string, (stream: PairingStream) => void>> = {
    silent: () => {},
    malformed: (stream) => void stream.send([new Uint8Array(64).fill(0xff)]),
    gone: (stream) => stream.destroy('gone'),
    refusing: (stream) => void stream.send([new Uint8Array(Buffer.from('0700000000', 'hex'))]),
  };
  for (const [what, act] of Object.entries(acts)) {
    const world = new World();
    await world.machine('mallory').network.listen({
      host: 'mallory',
      ports: [1],
      accepts: () => false,
      onStream: () => {},
      pairing: { isOpen: () => true, onStream: act },
    });
    const { edges, network } = world.machine('tom');
    const { signal } = new AbortController();
    const knocked = await world.run(network.knock({ host: 'mallory', port: 1 }, signal));
    ok(knocked.is === 'waiting');
    const options = { edges, crypto: pairingCrypto, name: 'tom', tries: new JoinerTries() };
    const begun = PairingJoiner.begin(knocked.stream, options);
    await rejects(world.run(begun), { code: 'E_PEER_UNREACHABLE' }, what);
  }
});

test('J23 a joiner that is aborted while it waits for the welcome says so', async () => {
  const world = new World();
  const { edges } = world.machine('tom');
  const abort = new AbortController();
  const options = { edges, crypto: pairingCrypto, name: 'tom', tries: new JoinerTries() };
  const begun = PairingJoiner.begin(await world.stream('tom'), options, abort.signal);
  abort.abort(new Error('enough'));
  await rejects(world.run(begun), /enough/);
});

test('J24 closing ends pairing once, tells who is half way, and leaves no timer that does anything', async () => {
  const world = new World();
  const joiner = await world.joiner('tom');
  world.host.close();
  world.host.close();
  deepEqual(world.told, ['closed closed']);
  deepEqual([world.host.isOpen(), world.host.code], [false, undefined]);
  await world.scheduler.runFor(2 * CODE_MS);
  deepEqual(world.told, ['closed closed']);
  equal((await world.run(joiner.tryCode('481207'))).is, 'closed');
});

test('J24 an offer of many folders, and the answer to it, get through', async () => {
  const folders = Array.from({ length: 500 }, (_, at) => ({
    id: `folder-${at}-${'x'.repeat(100)}`,
    label: 'x'.repeat(100),
    files: at,
    bytes: at,
    pathHint: 'x',
  }));
  const world = new World({ folders, addresses: [] });
  const joiner = await world.joiner('tom');
  const tried = await world.run(joiner.tryCode(world.code));
  ok(tried.is === 'offer');
  deepEqual(tried.offer.folders, folders);
  await world.run(joiner.accept(folders.map(({ id }) => id)));
  equal(world.joined[0]?.folders.length, 500);
});

test('J24 an offer that no far end would take is refused at once', () => {
  const { edges } = new World().machine('tom');
  const events = { code() {}, wrongCode() {}, paired: () => Promise.resolve(), closed() {} };
  const options = { edges, crypto: pairingCrypto, name: 'x', system: 'x', events };
  const folder = { id: 'a', label: 'x'.repeat(5_000), files: 0, bytes: 0, pathHint: '' };
  throws(() => new PairingHost({ ...options, offer: () => ({ folders: [folder], addresses: [] }) }), {
    name: 'WireError',
  });
  const many = Array.from({ length: 100 }, (_, at) => ({ ...folder, id: `${at}`, label: 'x'.repeat(4_000) }));
  throws(() => new PairingHost({ ...options, offer: () => ({ folders: many, addresses: [] }) }), { name: 'WireError' });
});

test('J24 a name that is too long is cut by its owner, not inside a character', async () => {
  const world = new World();
  const { edges } = world.machine('tom');
  const options = { edges, crypto: pairingCrypto, name: 'ä'.repeat(200), tries: new JoinerTries() };
  const joiner = await world.run(PairingJoiner.begin(await world.stream('tom'), options));
  equal((await world.run(joiner.tryCode(world.code))).is, 'offer');
  await world.run(joiner.accept([]));
  equal(world.joined[0]?.name, 'ä'.repeat(128));
});
