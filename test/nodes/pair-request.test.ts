/** A device that nobody trusts yet, as the library lets a person decide on it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openNode, type FolderOffer, type Node, type PairRequest } from '../../src/index.ts';
import { Lanfold } from '../harness/lanfold.ts';
import { freePort } from '../harness/ports.ts';
import { until } from '../harness/process.ts';

async function open(context: TestContext, root: string, name: string): Promise<Node> {
  const listen = `127.0.0.1:${await freePort()}`;
  const node = await openNode({ home: join(root, `${name}-home`), listen, discovery: 'off', name });
  context.after(() => node.close());
  return node;
}

function folderIn(root: string, name: string, content: string): string {
  const path = join(root, name);
  mkdirSync(path);
  if (content !== '') writeFileSync(join(path, 'file'), content);
  return path;
}

test('Q21 case J10: a stranger is a request, which trusts it when it is accepted and not before; its folders come as offers', async (context) => {
  const root = mkdtempSync(join(tmpdir(), 'lanfold-request-'));
  context.after(() => rmSync(root, { recursive: true, force: true }));
  const [here, there] = [await open(context, root, 'here'), await open(context, root, 'there')];
  await here.folder(folderIn(root, 'ours', 'from here'), { id: 'ours' });
  const requested = once(here, 'pair-request') as Promise<[PairRequest]>;
  await there.trust(here.id, { addresses: [here.listening ?? ''] });
  await there.folder(folderIn(root, 'theirs', 'from there'), { id: 'theirs', peers: [here.id] });
  const [request] = await requested;
  assert.equal(request.id, there.id);
  assert.match(request.address, /^127\.0\.0\.1:\d+$/);
  assert.deepEqual(here.peers(), []);

  const offeredHere = once(here, 'offer') as Promise<[FolderOffer]>;
  const offeredThere = once(there, 'offer') as Promise<[FolderOffer]>;
  const peer = await request.accept();
  assert.deepEqual([peer.id, here.configuration.folders[0]?.peers], [there.id, [there.id]]);
  const [offer] = await offeredHere;
  assert.deepEqual(offer, { peer: there.id, name: 'there', folder: 'theirs', label: 'theirs' });
  assert.deepEqual(here.offers(), [offer]);
  assert.equal((await offeredThere)[0].folder, 'ours');

  const taken = await here.folder(folderIn(root, 'taken', ''), { id: offer.folder, peers: [offer.peer] });
  assert.deepEqual(here.offers(), []);
  for await (const change of taken?.changes() ?? []) if (change.path === 'file') break;
});

test('Q22 whoever runs a node, and asks for its status, is told how to take a folder that a peer offers', async (context) => {
  const root = mkdtempSync(join(tmpdir(), 'lanfold-hint-'));
  const lanfold = await Lanfold.create();
  context.after(async () => {
    await lanfold.stop();
    rmSync(root, { recursive: true, force: true });
  });
  const there = await open(context, root, 'there');
  await there.trust(lanfold.deviceId, { addresses: [lanfold.address] });
  await lanfold.trust({ deviceId: there.id, folders: [] });
  await lanfold.up();
  await there.folder(folderIn(root, 'theirs', 'from there'), { id: "it's", peers: [lanfold.deviceId] });
  const hint = `there offers folder "it's": lanfold folders add DIR --folder-id 'it'\\''s' --peer ${there.id}`;
  await until('the node tells of it', () => lanfold.program.stdout.includes(hint) || undefined, {
    detail: () => lanfold.program.tail(),
  });
  const { stdout } = await lanfold.command(['status']);
  assert.ok(stdout.endsWith(hint), stdout);
  const { offers } = (await lanfold.status()) as { offers: unknown };
  assert.deepEqual(offers, [{ peer: there.id, name: 'there', folder: "it's", label: "it's" }]);
});
