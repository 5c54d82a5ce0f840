/** Both drivers over a network in memory: whole conversations, and what becomes of them on bad days. */
import { deepEqual, equal, match, ok, rejects, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { CODE_MS, PAUSE_MS } from '../../core/pairing/guesses.ts';
import { JoinerTries } from '../../core/pairing/joiner.ts';
import { encodePairing, type Offer } from '../../core/wire/pairing.ts';
import { Life } from '../../edges/memory/life.ts';
import { MemoryClock } from '../../edges/memory/memory-clock.ts';
import { MemoryNetwork } from '../../edges/memory/memory-network.ts';
import { Scheduler } from '../../edges/memory/scheduler.ts';
import { SeededChance } from '../../edges/memory/seeded-chance.ts';
import { pairingCrypto } from '../../edges/net/pairing-crypto.ts';
import type { Knocked, Network, PairingStream } from '../../ports/network.ts';
import { PairingHost, type Joined } from './pairing-host.ts';
import { PairingJoiner } from './pairing-joiner.ts';

const OFFER: Offer = {
  folders: [
    { id: 'photos-x1', label: 'Photos', files: 1_284, bytes: 3_900_000_000, pathHint: 'Photos' },
    { id: 'notes-x2', label: 'Notes', files: 3, bytes: 99, pathHint: 'Notes' },
  ],
  addresses: ['10.0.0.1:1111'],
};
const HOST = { host: 'maria', port: 1111 };

interface Machine {
  readonly edges: { readonly clock: MemoryClock; readonly chance: SeededChance; readonly device: Uint8Array };
  readonly network: Network;
  readonly life: Life;
}

/** Maria shows a code; whoever wants to join knocks. */
class World {
  readonly scheduler = new Scheduler();
  readonly #network = new MemoryNetwork({ scheduler: this.scheduler, seed: 'pairing' });
  readonly #machines = new Map<string, Machine>();
  /** What the host told, in order. */
  readonly told: string[] = [];
  readonly joined: Joined[] = [];
  readonly host: PairingHost;
  /** Keeps what was agreed; a test may let it take its time, or fail. */
  store: () => Promise<void> = () => Promise.resolve();
  /** What the host has sent, to anybody. */
  readonly sentByHost: Uint8Array[] = [];

  constructor(offer: Offer = OFFER) {
    const { edges, network } = this.machine('maria');
    this.host = new PairingHost({
      edges,
      crypto: pairingCrypto,
      name: 'maria-laptop',
      system: 'Linux',
      offer: () => offer,
      events: {
        code: ({ digits }) => void this.told.push(`code ${digits === this.host.code?.digits}`),
        wrongCode: ({ source, triesLeft }) => void this.told.push(`wrong ${source} ${triesLeft}`),
        paired: async (joined) => {
          await this.store();
          this.joined.push(joined);
          this.told.push(`paired ${joined.name}`);
        },
        closed: (because) => void this.told.push(`closed ${because}`),
      },
    });
    void network.listen({
      host: HOST.host,
      ports: [HOST.port],
      accepts: () => false,
      onStream: () => {},
      pairing: {
        isOpen: () => this.host.isOpen(),
        onStream: (stream) => {
          const send = stream.send.bind(stream);
          stream.send = (parts) => {
            this.sentByHost.push(...parts);
            return send(parts);
          };
          this.host.onStream(stream);
        },
      },
    });
  }

  machine(name: string): Machine {
    let machine = this.#machines.get(name);
    if (machine === undefined) {
      const life = new Life(this.scheduler);
      const chance = new SeededChance(`machine ${name}`);
      const device = chance.bytes(32);
      machine = {
        life,
        edges: { clock: new MemoryClock(life), chance, device },
        network: this.#network.join(name, device, life),
      };
      this.#machines.set(name, machine);
    }
    return machine;
  }

  /** Runs the world until the promise is settled. */
  run<T>(promise: Promise<T>): Promise<T> {
    return this.scheduler.runUntil(promise);
  }

  knock(name: string): Promise<Knocked> {
    return this.run(this.machine(name).network.knock(HOST, new AbortController().signal));
  }

  async stream(name: string): Promise<PairingStream> {
    const knocked = await this.knock(name);
    ok(knocked.is === 'waiting');
    return knocked.stream;
  }

  /** Knocks, and hears the welcome. */
  async joiner(name: string, tries = new JoinerTries()): Promise<PairingJoiner> {
    const { edges } = this.machine(name);
    return this.run(
      PairingJoiner.begin(await this.stream(name), { edges, crypto: pairingCrypto, name: `${name}-xps`, tries }),
    );
  }

  get code(): string {
    const { code } = this.host;
    ok(code !== undefined);
    return code.digits;
  }

  get wrongCode(): string {
    return this.code === '592318' ? '592319' : '592318';
  }

  async guess(name: string, code: string, tries?: JoinerTries): Promise<string> {
    const tried = await this.run((await this.joiner(name, tries)).tryCode(code));
    return tried.is === 'wrong' ? `wrong ${tried.triesLeft}` : tried.is;
  }
}

test('J17 one code, typed once, pairs both ends and shares what was accepted', async () => {
  const world = new World();
  const joiner = await world.joiner('tom');
  deepEqual(joiner.host, { name: 'maria-laptop', system: 'Linux' });
  deepEqual(joiner.device, world.machine('maria').edges.device);
  deepEqual(await world.run(joiner.tryCode(world.code)), { is: 'offer', offer: OFFER });
  deepEqual(await world.run(joiner.accept(['photos-x1'])), {
    device: world.machine('maria').edges.device,
    name: 'maria-laptop',
    address: HOST,
    addresses: OFFER.addresses,
    folders: OFFER.folders.slice(0, 1),
  });
  deepEqual(world.joined, [
    { device: world.machine('tom').edges.device, name: 'tom-xps', host: 'tom', folders: ['photos-x1'] },
  ]);
  deepEqual(world.told, ['paired tom-xps', 'closed paired']);
  equal(world.host.isOpen(), false);
  equal((await world.knock('tom')).is, 'present');
});

test('J17 the joiner is let go when the host has stored it', async () => {
  const world = new World();
  const stored = Promise.withResolvers<void>();
  world.store = () => stored.promise;
  const joiner = await world.joiner('tom');
  await world.run(joiner.tryCode(world.code));
  let isAgreed = false;
  const agreed = joiner.accept(['photos-x1']).then(() => (isAgreed = true));
  await world.scheduler.runFor(1_000);
  deepEqual([isAgreed, world.told], [false, []]);
  world.host.close(); // not now: what was agreed ends it
  stored.resolve();
  await world.run(agreed);
  deepEqual(world.told, ['paired tom-xps', 'closed paired']);
});

test('J17 a host that is slow to store does not keep the joiner for ever', async () => {
  const world = new World();
  world.store = () => new Promise(() => {});
  const joiner = await world.joiner('tom');
  await world.run(joiner.tryCode(world.code));
  const beganMs = world.scheduler.nowMs;
  ok((await world.run(joiner.accept([]))) !== undefined);
  ok(world.scheduler.nowMs - beganMs < 6_000);
});

test('J18 after a wrong code the host closes, and takes the next try on another connection', async () => {
  const world = new World();
  const tries = new JoinerTries();
  equal(await world.guess('tom', world.wrongCode, tries), 'wrong 2');
  equal(await world.guess('tom', world.code, tries), 'offer');
  deepEqual(world.told, ['wrong tom 2']);
});

test('J18 a connection takes one try', async () => {
  const world = new World();
  const joiner = await world.joiner('tom');
  equal((await world.run(joiner.tryCode(world.wrongCode))).is, 'wrong');
  deepEqual(await world.run(joiner.tryCode(world.code)), { is: 'closed', because: 'no agreement' });
});

test('J18 the third wrong guess burns the code; the fourth is refused; ten seconds later there is another', async () => {
  const world = new World();
  const burnt = world.code;
  const tries = new JoinerTries();
  for (const want of ['wrong 2', 'wrong 1', 'too-many']) equal(await world.guess('eve', world.wrongCode, tries), want);
  equal(world.host.code, undefined);
  equal(world.host.isOpen(), true);
  equal(await world.guess('eve', burnt), 'too-many');
  equal(await world.guess('tom', burnt), 'closed');
  await world.scheduler.runFor(PAUSE_MS);
  deepEqual(world.told, ['wrong eve 2', 'wrong eve 1', 'wrong eve 0', 'code true']);
  equal(await world.guess('tom', burnt), 'wrong 2');
  equal(await world.guess('tom', world.code), 'offer');
});

test('J18 a joiner does not give away a fourth proof, wherever it knocks', async () => {
  const world = new World();
  const tries = new JoinerTries();
  for (let time = 1; time <= 3; time += 1) await world.guess('tom', world.wrongCode, tries);
  await world.scheduler.runFor(PAUSE_MS);
  const before = world.told.length;
  equal(await world.guess('tom-by-cable', world.code, tries), 'too-many');
  equal(world.told.length, before);
});

test('J18 after three burnt codes pairing closes and says why', async () => {
  const world = new World();
  for (const name of ['eve', 'mallory', 'oscar']) {
    for (let time = 1; time <= 3; time += 1) await world.guess(name, world.wrongCode);
    if (name !== 'oscar') await world.scheduler.runFor(PAUSE_MS);
  }
  equal(world.told.at(-1), 'closed guessed-at');
  equal(world.told.filter((line) => line.startsWith('wrong')).length, 9);
  equal((await world.knock('tom')).is, 'present');
});

test('J19 a code that nobody types closes after ten minutes; who is half way is told', async () => {
  const world = new World();
  await world.scheduler.runFor(CODE_MS - 10_000);
  const joiner = await world.joiner('tom');
  const { code } = world;
  await world.scheduler.runFor(10_000);
  deepEqual(world.told, ['closed expired']);
  const tried = await world.run(joiner.tryCode(code));
  deepEqual(tried, { is: 'closed', because: 'the host has no open code' });
});

test('J19 the code is shown with the moment of its end, by the wall', async () => {
  const world = new World();
  const untilMs = world.host.code?.untilMs ?? 0;
  equal(untilMs - world.machine('maria').edges.clock.nowMs(), CODE_MS);
  await world.scheduler.runFor(60_000);
  ok(Math.abs((world.host.code?.untilMs ?? 0) - untilMs) <= 1);
});

test('J19 a stranger that says nothing is dropped after a minute, and has not guessed', async () => {
  const world = new World();
  let closedMs: number | undefined;
  const stream = await world.stream('eve');
  const beganMs = world.scheduler.nowMs;
  stream.receive({ data: () => {}, closed: () => (closedMs = world.scheduler.nowMs) });
  await world.scheduler.runFor(61_000);
  ok(closedMs !== undefined && closedMs - beganMs >= 59_990 && closedMs - beganMs < 60_100);
  deepEqual(world.told, []);
  equal(await world.guess('eve', world.wrongCode), 'wrong 2');
});

test('J19 whoever knows the code may think about the offer for ten minutes', async () => {
  const world = new World();
  const joiner = await world.joiner('tom');
  await world.run(joiner.tryCode(world.code));
  await world.scheduler.runFor(CODE_MS - 1_000);
  ok((await world.run(joiner.accept(['photos-x1']))) !== undefined);
  deepEqual(world.told, ['paired tom-xps', 'closed paired']);
});

test('J19 who thinks longer is not paired', async () => {
  const world = new World();
  const joiner = await world.joiner('tom');
  await world.run(joiner.tryCode(world.code));
  await world.scheduler.runFor(CODE_MS + 1_000);
  deepEqual(world.told, ['closed declined']);
  equal(await world.run(joiner.accept(['photos-x1'])), undefined);
});

test('J20 three connections of one source and eight in all are taken; room comes back', async () => {
  const world = new World();
  const streams: PairingStream[] = [];
  const isTaken = async (name: string): Promise<boolean> => {
    const stream = await world.stream(name);
    streams.push(stream);
    const answer = Promise.withResolvers<boolean>();
    stream.receive({ data: () => answer.resolve(true), closed: () => answer.resolve(false) });
    return world.run(answer.promise);
  };
  for (const want of [true, true, true, false]) equal(await isTaken('eve'), want);
  for (const name of ['a', 'b', 'c', 'd', 'e']) equal(await isTaken(name), true);
  equal(await isTaken('tom'), false);
  streams[0]?.destroy('gone');
  await world.scheduler.runFor(100);
  equal(await isTaken('tom'), true);
});

test('J20 when somebody has proven to know the code, who is still typing is told at once', async () => {
  const world = new World();
  const [tom, ann] = [await world.joiner('tom'), await world.joiner('ann')];
  const { code } = world;
  equal((await world.run(tom.tryCode(code))).is, 'offer');
  await world.scheduler.runFor(100);
  const before = world.sentByHost.length;
  deepEqual(await world.run(ann.tryCode(code)), { is: 'closed', because: 'the host has no open code' });
  equal(world.sentByHost.length, before);
});

test('J20 two joiners at once: one is paired, the other is told that there is no code', async () => {
  const world = new World();
  const [tom, ann] = [await world.joiner('tom'), await world.joiner('ann')];
  const tried = await world.run(Promise.all([tom.tryCode(world.code), ann.tryCode(world.code)]));
  deepEqual(tried.map(({ is }) => is).sort(), ['closed', 'offer']);
  equal(world.told.length, 0);
  const winner = tried[0]?.is === 'offer' ? tom : ann;
  await world.run(winner.accept([]));
  equal(world.joined.length, 1);
});

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
