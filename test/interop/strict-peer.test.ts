/** lanfold against the rules of Syncthing 2.x, and against bytes that follow no rule. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { deviceIdText, parseDeviceId } from '../../src/core/model/device-id.ts';
import type { Identity } from '../../src/edges/net/identity.ts';
import { Node } from '../../src/index.ts';
import { until } from '../harness/process.ts';
import { makeTree } from '../harness/tree.ts';
import { FOLDER } from './mesh.ts';
import { fileInfo, StrictPeer } from './strict-peer.ts';

const INDEX_ID = 0x1122_3344_5566_7788n;
/** 2.x waits so long before it says what it shares. */
const PROMOTION_MS = 1000;
/** Header of an Index that is compressed. */
const COMPRESSED_INDEX = Buffer.from('000408011001', 'hex');

describe('lanfold and a peer that is as strict as Syncthing 2.x', () => {
  const [strict, other] = [StrictPeer.newIdentity(), StrictPeer.newIdentity()];
  const open: StrictPeer[] = [];
  let root = '';
  let node: Node;
  let idle: StrictPeer;
  let idleSinceMs = 0;

  const connect = async (identity: Identity, clientName?: string): Promise<StrictPeer> => {
    const parsed = parseDeviceId(node.id);
    assert.ok(parsed.ok);
    const peer = await StrictPeer.connect(
      identity,
      { address: node.listening ?? '', device: parsed.device },
      clientName,
    );
    open.push(peer);
    return peer;
  };
  const here = (...names: string[]): string => join(root, 'here', ...names);

  before(async () => {
    root = fs.mkdtempSync(join(tmpdir(), 'lanfold-strict-'));
    makeTree(here(), { seed: 1, files: 50 });
    node = await Node.open({ home: join(root, 'home'), listen: '127.0.0.1:0', discovery: 'off' });
    const peers: string[] = [];
    for (const { device } of [strict, other]) peers.push(await node.trust(deviceIdText(device)));
    await node.folder(here(), { id: FOLDER, peers });
    idle = await connect(other, 'lanfold');
    idle.send('ClusterConfig', { folders: [] });
    idleSinceMs = performance.now();
  });
  after(async () => {
    for (const peer of open) peer.close();
    await node?.close();
    fs.rmSync(root, { recursive: true, force: true });
  });

  test('I18 a config that comes a second late is waited for; then the whole index, compressed, each number once', async () => {
    const peer = await connect(strict);
    await peer.next('ClusterConfig');
    await delay(PROMOTION_MS);
    assert.deepEqual(
      peer.heard.map(({ type }) => type),
      ['ClusterConfig'],
    );
    peer.shareFolder(FOLDER, { indexId: INDEX_ID, maxSequence: 0 });
    await peer.next('Index');
    fs.writeFileSync(here('later'), 'later');
    await peer.next('IndexUpdate', ({ files }) => files.some(({ name }) => name === 'later'));
    assert.equal(peer.bodies('Index').length, 1);
    assert.ok(peer.hasHeardBytes(COMPRESSED_INDEX));
    assert.deepEqual(peer.faults, []);
    peer.close();
  });

  test('I19 a further connection is for requests: they are answered there, and the index stays where it is', async () => {
    const first = await connect(strict);
    await first.next('ClusterConfig');
    const second = await connect(strict);
    first.shareFolder(FOLDER, { indexId: INDEX_ID, maxSequence: 0 });
    await first.next('Index');
    assert.equal(second.heard.length, 0, 'folders that are named here would draw the index over');
    second.send('ClusterConfig', { secondary: true });
    const answer = await second.next('ClusterConfig');
    assert.deepEqual([answer.secondary, answer.folders], [true, []]);

    fs.writeFileSync(here('asked for'), 'on the second');
    await first.next('IndexUpdate', ({ files }) => files.some(({ name }) => name === 'asked for'));
    const hash = createHash('sha256').update('on the second').digest();
    second.send('Request', { id: 7, folder: FOLDER, name: 'asked for', size: 13, hash });
    const { id, code, data } = await second.next('Response');
    assert.deepEqual([id, code, Buffer.from(data).toString()], [7, 0, 'on the second']);
    assert.deepEqual(
      second.heard.filter(({ type }) => type.startsWith('Index')),
      [],
    );

    // The first one goes: the second is promoted, and the index goes on there once the far end says so.
    first.close();
    second.shareFolder(FOLDER, { indexId: INDEX_ID, maxSequence: 0 });
    await second.next('Index');
    assert.deepEqual(
      second.bodies('ClusterConfig').map(({ folders }) => folders.length),
      [0, 1],
    );
    assert.deepEqual([...first.faults, ...second.faults], []);
    second.close();
  });

  test('I20 what lanfold asks for is one block with its hash; answers may be compressed', async () => {
    const peer = await connect(strict);
    const content = Buffer.alloc(100_000, 'text that compresses well. ');
    peer.shareFolder(FOLDER, { indexId: INDEX_ID, maxSequence: 1 });
    await peer.next('ClusterConfig');
    peer.send('Index', { folder: FOLDER, files: [fileInfo(peer, 'from strict', content, 1)], lastSequence: 1 });
    const request = await peer.next('Request');
    assert.deepEqual([request.name, request.offset, request.size], ['from strict', 0, content.length]);
    peer.sendCompressedResponse({ id: request.id, data: content });
    await until('the file is here', () => (fs.existsSync(here('from strict')) ? true : undefined));
    assert.ok(fs.readFileSync(here('from strict')).equals(content));
    // It says so with the version that it was given, never with one of its own.
    const told = await peer.next('IndexUpdate', ({ files }) => files.some(({ name }) => name === 'from strict'));
    const [entry] = told.files.filter(({ name }) => name === 'from strict');
    assert.deepEqual(
      entry?.version.counters.map(({ value }) => value),
      [1n],
    );
    assert.deepEqual(peer.faults, []);
    peer.close();
  });

  test('I21 malformed bytes end the connection that brought them, and no other', async () => {
    const good = await connect(strict);
    good.shareFolder(FOLDER, { indexId: INDEX_ID, maxSequence: 0 });
    await good.next('Index');
    const malformed: readonly Buffer[] = [
      Buffer.from('ffff0000', 'hex'), // a header of negative length
      Buffer.from('0002080177359400', 'hex'), // an index of 2,000,000,000 bytes
      Buffer.from('00040801100100000008ffffffff00000000', 'hex'), // 4 GiB, compressed into four bytes
      Buffer.from('000208030000000208ff', 'hex'), // a request that ends within a number
      Buffer.concat([Buffer.from('00020801000000400a06736861726564', 'hex'), randomBytes(56)]),
    ];
    for (const bytes of malformed) {
      const bad = await connect(other);
      bad.send('ClusterConfig', { folders: [] });
      bad.sendRaw(bytes);
      await until('it is closed', () => bad.closed);
    }
    assert.equal(good.closed, undefined);
    fs.writeFileSync(here('still'), 'here');
    await good.next('IndexUpdate', ({ files }) => files.some(({ name }) => name === 'still'));
    good.close();
  });

  test('I22 a silent connection is kept alive', async () => {
    await until('a ping came', () => (idle.bodies('Ping').length > 1 ? true : undefined), { timeoutMs: 25_000 });
    assert.ok(performance.now() - idleSinceMs > 5000);
    assert.equal(idle.closed, undefined);
  });
});
