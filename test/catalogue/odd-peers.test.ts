/** A peer that is no lanfold: one that writes names decomposed, as a Mac does, and one whose memory is bad. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { deviceIdText, parseDeviceId } from '../../src/core/model/device-id.ts';
import { jsonLog, Node } from '../../src/index.ts';
import { until } from '../harness/process.ts';
import { fileInfo, StrictPeer } from '../interop/strict-peer.ts';

const FOLDER = 'odd';
const INDEX_ID = 0x1122_3344_5566_7788n;

describe('odd peers', () => {
  const [one, two] = [StrictPeer.newIdentity(), StrictPeer.newIdentity()];
  const open: StrictPeer[] = [];
  const log: string[] = [];
  let root = '';
  let node: Node;
  const here = (name: string): string => join(root, 'here', name);

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'lanfold-odd-'));
    mkdirSync(here(''));
    node = await Node.open({
      home: join(root, 'home'),
      listen: '127.0.0.1:0',
      discovery: 'off',
      log: jsonLog({ write: (line) => void log.push(line), level: 'debug' }),
    });
    const peers: string[] = [];
    for (const { device } of [one, two]) peers.push(await node.trust(deviceIdText(device)));
    await node.folder(here(''), { id: FOLDER, peers });
  });
  after(async () => {
    for (const peer of open) peer.close();
    await node?.close();
    rmSync(root, { recursive: true, force: true });
  });

  async function connect(identity: typeof one): Promise<StrictPeer> {
    const parsed = parseDeviceId(node.id);
    assert.ok(parsed.ok);
    const peer = await StrictPeer.connect(identity, { address: node.listening ?? '', device: parsed.device });
    open.push(peer);
    await peer.next('ClusterConfig');
    return peer;
  }

  test('case C07: a name that a peer writes decomposed has one form on disk and in what others are told', async () => {
    const mac = await connect(one);
    const other = await connect(two);
    const decomposed = 'e\u0301tude';
    const composed = decomposed.normalize('NFC');
    const content = Buffer.from('music');
    mac.shareFolder(FOLDER, { indexId: INDEX_ID, maxSequence: 1 });
    other.shareFolder(FOLDER, { indexId: INDEX_ID + 1n, maxSequence: 0 });
    mac.send('Index', { folder: FOLDER, files: [fileInfo(mac, decomposed, content, 1)] });
    other.send('Index', { folder: FOLDER, files: [] });
    const { id } = await mac.next('Request');
    mac.send('Response', { id, data: content });
    await until('it is here', () => (existsSync(here(composed)) ? true : undefined));
    assert.deepEqual(
      readdirSync(here('')).filter((name) => name !== '.lanfold'),
      [composed],
    );
    const isTold = ({ files }: { files: readonly { readonly name: string }[] }): boolean =>
      files.some(({ name }) => name === composed);
    await until('the other hears of it', () =>
      [...other.bodies('Index'), ...other.bodies('IndexUpdate')].some(isTold) ? true : undefined,
    );
    const names = [...other.bodies('Index'), ...other.bodies('IndexUpdate')].flatMap(({ files }) =>
      files.map(({ name }) => name),
    );
    assert.ok(!names.includes(decomposed));
    for (const peer of open.splice(0)) peer.close();
  });

  test('P10 case A15: a wrong byte from one peer is refused, the file comes from another, and the log names the first', async () => {
    const [bad, good] = [await connect(one), await connect(two)];
    const content = Buffer.alloc(100_000, 'as it is meant to be');
    const wrong = Buffer.from(content);
    wrong[50_000] = 0xff;
    const entry = fileInfo(bad, 'wanted', content, 2);
    bad.shareFolder(FOLDER, { indexId: INDEX_ID, maxSequence: 2 });
    bad.send('Index', { folder: FOLDER, files: [entry] });
    // The good one does not have it yet, so that the bad one is asked first.
    const { id } = await bad.next('Request', ({ name }) => name === 'wanted');
    bad.send('Response', { id, data: wrong });
    good.shareFolder(FOLDER, { indexId: INDEX_ID + 2n, maxSequence: 3 });
    good.send('Index', { folder: FOLDER, files: [{ ...entry, sequence: 3 }] });
    const answer = async (): Promise<true | undefined> => {
      for (const { id, name } of good.bodies('Request'))
        if (name === 'wanted') good.send('Response', { id, data: content });
      for (const { id, name } of bad.bodies('Request'))
        if (name === 'wanted') bad.send('Response', { id, data: wrong });
      return existsSync(here('wanted')) ? true : undefined;
    };
    await until('it is here', answer, { everyMs: 200 });
    assert.deepEqual(readFileSync(here('wanted')), content);
    const said = log.filter((line) => line.includes('a peer sent wrong bytes'));
    assert.equal(said.length, 1, 'once');
    assert.ok(said[0]?.includes(deviceIdText(one.device).slice(0, 7)), said[0]);
  });
});
