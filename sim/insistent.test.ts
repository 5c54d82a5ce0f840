/** A trusted device that says one thing over and over, or far more than anybody would: what that costs does not grow with it. */
import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { OFFERS_PER_PEER_MAX } from '../src/core/limits.ts';
import { deviceIdText } from '../src/core/model/device-id.ts';
import { FOLDER } from './desk.ts';
import { HandPeer } from './hand-peer.ts';
import { three, two, type Two } from './desks.ts';

const FILES = 50;
const TIMES = 150;

/** b runs and has files; a test speaks for a. */
async function world(): Promise<Two> {
  const made = two();
  const { desk, b } = made;
  for (let index = 0; index < FILES; index += 1) b.write(`file ${index}`, `content ${index}`);
  await desk.start(b);
  ok(await desk.inSync(b));
  return made;
}

test('R19 who says what it shares over and over is told the whole index three times a second at most, whatever it says in between', async () => {
  const { desk, a, b } = await world();
  using _ = desk;
  const hand = await HandPeer.connect(desk, a, b);
  const configs = Array.from({ length: 3000 }, (_, index) => ({
    folders: [hand.folder({ indexId: 5n, maxSequence: index }, {})],
  }));
  hand.say('ClusterConfig', configs[0] ?? {});
  ok(await desk.until(() => hand.toldRecords === FILES));
  const records = b.folder().records;
  let asked = 0;
  b.faults.beforeRecords = (call) => void (asked += call === 'changesSince' ? 1 : 0);
  const answered = (): number => hand.heard.filter(({ type }) => type === 'Ping').length;
  const before = answered();
  for (const config of configs) hand.say('ClusterConfig', config);
  await desk.runFor(5000);
  ok(answered() > before, 'it is heard');
  ok(answered() - before < 50, `${answered() - before} configs were looked at`);
  ok(hand.toldRecords <= 50 * FILES, `${hand.toldRecords} records were told`);
  ok(asked <= 100, `${asked} reads`);
  equal(hand.closed, undefined);
  await desk.runFor(60_000);
  equal(records.remoteIndex(a.short).indexId, 5n);
});

test('R19 Y14 who leaves many folders at once is heard for each of them', async () => {
  const ids = Array.from({ length: 8 }, (_, index) => `f${index}`);
  const { desk, a, b } = two(ids);
  using _ = desk;
  await desk.start(a, b);
  ok(await desk.until(() => [a, b].every(({ engine }) => engine.peers[0]?.isConnected === true)));
  await desk.runFor(60_000);
  const heard = new Set<string>();
  const { hearsay } = b.engine;
  const hear = hearsay.hear.bind(hearsay);
  hearsay.hear = (peer, conversation, config) => {
    for (const { id, members } of config.folders) if (members.some(({ removed }) => removed)) heard.add(id);
    return hear(peer, conversation, config);
  };
  const device = deviceIdText(a.device);
  const left = { device, name: 'a', generation: 1, removed: true, by: device, atMs: 1 };
  for (const id of ids) {
    await desk.scheduler.runUntil(a.engine.stopFolder(id, [left]));
    await desk.scheduler.runUntil(a.engine.removeFolder(id));
  }
  await desk.runFor(60_000);
  deepEqual([...heard].sort(), ids);
});

test('R19 a cluster config that says nothing new of the indexes has nothing told again', async () => {
  const { desk, a, b } = await world();
  using _ = desk;
  const hand = await HandPeer.connect(desk, a, b);
  hand.say('ClusterConfig', { folders: [hand.folder({ indexId: 5n }, {})] });
  ok(await desk.until(() => hand.toldRecords === FILES));
  const { records } = b.folder();
  const all = { indexId: records.indexId(), maxSequence: records.maxSequence() };
  const config = { folders: [hand.folder({ indexId: 5n }, all)] };
  let compared = 0;
  b.faults.beforeRecords = (call) => void (compared += call === 'gaps' ? 1 : 0);
  for (let times = 0; times < 20; times += 1) {
    hand.say('ClusterConfig', config);
    await desk.runFor(2000);
  }
  equal(hand.toldRecords, FILES);
  equal(compared, 1, 'what is under way goes on');
  b.write('new', 'new');
  ok(await desk.until(() => hand.toldRecords === FILES + 1));
  hand.say('ClusterConfig', config);
  ok(await desk.until(() => hand.toldRecords === FILES + 2), 'it has not heard the last, or lost it');
});

test('R19 of a device that tells more than could be saved, the next part waits, on whichever connection', async () => {
  const { desk, a, b } = await world();
  using _ = desk;
  const hand = await HandPeer.connect(desk, a, b);
  hand.say('ClusterConfig', { folders: [hand.folder({ indexId: 5n, maxSequence: 1 }, {})] });
  ok(await desk.until(() => hand.toldRecords === FILES));
  b.engine.paces.indexes.waitMs(a.short, 3_000_000, desk.scheduler.nowMs);
  const version = { counters: [{ device: a.short, value: 1n }] };
  hand.say('Index', { folder: FOLDER, files: [{ name: 'told', deleted: true, sequence: 1, version }] });
  await desk.runFor(2000);
  equal(b.folder().records.remote(a.short, 'told'), undefined);
  ok(await desk.until(() => b.folder().records.remote(a.short, 'told') !== undefined, 3000));
});

test('R19 to who does not read what it is told nothing more is told', async () => {
  const { desk, a, b } = await world();
  using _ = desk;
  const hand = await HandPeer.connect(desk, a, b);
  hand.say('ClusterConfig', { folders: [hand.folder({ indexId: 5n }, {})] });
  ok(await desk.until(() => hand.toldRecords === FILES));
  const chance = desk.chance('names');
  for (let index = 0; index < 300; index += 1) b.write(Buffer.from(chance.bytes(100)).toString('hex'), `more ${index}`);
  ok(await desk.until(() => hand.toldRecords === FILES + 300));
  let read = 0;
  b.faults.beforeRecords = (call) => void (read += call === 'changesSince' ? 1 : 0);
  hand.stopReading();
  for (let times = 1; times <= TIMES; times += 1) {
    hand.say('ClusterConfig', { folders: [hand.folder({ indexId: 5n, maxSequence: times }, {})] });
    await desk.runFor(1100);
  }
  ok(read > 10 && read < TIMES - 10, `${read} reads`);
});

test('Q20 of what a peer shares that is not here, no more than a hundred folders is kept, and nothing once it is gone', async () => {
  const { desk, a, b } = await world();
  using _ = desk;
  const peer = b.engine.peers.find(({ id }) => id !== undefined);
  ok(peer !== undefined);
  const member = { device: a.device, by: a.device, generation: 1, name: 'x' };
  for (const client of ['lanfold', 'syncthing']) {
    const hand = await HandPeer.connect(desk, a, b, client);
    const others = Array.from({ length: 5000 }, (_, index) => ({
      ...hand.folder({}, {}, `other ${index}`),
      members: [member],
    }));
    hand.say('ClusterConfig', { folders: [...others, { ...hand.folder({ indexId: 5n }, {}), members: [member] }] });
    ok(await desk.until(() => peer.words !== undefined));
    const kept = peer.words ?? { listed: new Map<string, []>() };
    const folders: string[] = [...('members' in kept ? kept.members : kept.listed).keys()];
    equal(folders.length, OFFERS_PER_PEER_MAX + 1);
    equal(folders.at(-1), 'desk', 'what is shared here is kept, wherever it stands');
    hand.leave();
    ok(await desk.until(() => !peer.isConnected));
    deepEqual(peer.words, undefined);
  }
});

test('E8 a peer that claims to know more of our records, and never comes to an end, mutes nobody for more than a minute an hour', async () => {
  const { desk, a, b, c } = three();
  using _ = desk;
  await desk.start(b, c);
  b.write('before', 'before');
  ok(await desk.until(() => c.read('before') === 'before'));
  const claim = async (): Promise<HandPeer> => {
    const hand = await HandPeer.connect(desk, a, b);
    const ahead = { indexId: b.indexId(), maxSequence: 2 ** 50 };
    hand.say('ClusterConfig', { folders: [hand.folder({ indexId: 5n, maxSequence: 2 ** 50 }, ahead)] });
    return hand;
  };
  let sequence = 0;
  /** It always has one thing more to say. @returns when b was heard by c, in milliseconds. */
  const untilHeard = async (hand: HandPeer, name: string): Promise<number> => {
    const startMs = desk.scheduler.nowMs;
    b.write(name, name);
    while (c.read(name) !== name && desk.scheduler.nowMs < startMs + 300_000) {
      sequence += 1;
      const version = { counters: [{ device: a.short, value: BigInt(sequence) }] };
      const files = [{ name: `tick ${sequence}`, deleted: true, sequence, version, modifiedBy: a.short }];
      hand.say('IndexUpdate', { folder: FOLDER, files });
      await desk.runFor(2000);
    }
    return desk.scheduler.nowMs - startMs;
  };
  const first = await claim();
  ok(await desk.until(() => b.folder().admission.isSetBack));
  ok((await untilHeard(first, 'during')) < 70_000);
  const renewed = b.indexId();
  for (let times = 0; times < 5; times += 1) {
    const again = await claim(); // on a connection of its own, with the ID that is new
    ok((await untilHeard(again, `again ${times}`)) < 10_000, 'it is not believed again');
    equal(b.indexId(), renewed);
  }
  ok(b.log.some((line) => line.includes('it said so before')));
  await desk.runFor(3_600_000);
  const later = await claim();
  ok((await untilHeard(later, 'an hour later')) < 70_000);
  notEqual(b.indexId(), renewed, 'it is believed again');
});
