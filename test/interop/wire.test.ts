/**
 * How conversations with real Syncthings begin, break and begin again: nothing is told twice, nothing is lost with a
 * database, and a peer that does not know us yet is only that.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { until } from '../harness/process.ts';
import { conflictCopies } from '../harness/snapshot.ts';
import { SYNCTHING_VERSIONS } from '../harness/syncthing-types.ts';
import { Syncthing } from '../harness/syncthing.ts';
import { makeTree } from '../harness/tree.ts';
import { FOLDER, Mesh, whySkip } from './mesh.ts';

const MIB = 1 << 20;

for (const version of SYNCTHING_VERSIONS) {
  describe(`lanfold and Syncthing ${version}`, { skip: whySkip([version]) ?? false }, () => {
    test('I12 after a restart of either side nobody tells again what the other has heard', async () => {
      const fill = (directory: string, side: number): void =>
        void makeTree(join(directory, `${side}`), { seed: 1 + side, files: 40, hardNames: false });
      await using mesh = await Mesh.start({ versions: [version], env: { STTRACE: 'model' }, fill });
      const syncthing = mesh.of(version);
      await mesh.settle();
      const told = await indexUpdates(syncthing);

      await mesh.stopNode();
      fs.writeFileSync(join(mesh.here, 'one more'), 'from lanfold');
      fs.writeFileSync(join(mesh.directoryOf(syncthing), 'another'), 'from Syncthing');
      const linesBefore = syncthing.log.length;
      await mesh.startNode();
      await mesh.settle();
      // Its own new file, and later that it has the other one: never the eighty that are known.
      const items = (await told()).map(({ data }) => data.items);
      assert.ok(Math.max(...items) <= 2, `parts of lanfold's index: ${items.join()}`);
      assertDelta(syncthing.log.slice(linesBefore));

      await syncthing.restart();
      await mesh.connected();
      const toldThen = await indexUpdates(syncthing);
      fs.writeFileSync(join(mesh.here, 'yet another'), 'from lanfold');
      await mesh.settle();
      assert.deepEqual(
        (await toldThen()).map(({ data }) => data.items),
        [1],
      );
      assertDelta(syncthing.log);
    });

    test('I13 a lost database of lanfold is made anew from disk and peers, without conflicts; deleted stays deleted', async () => {
      await using mesh = await Mesh.start({ versions: [version], fill: fillTwice });
      const syncthing = mesh.of(version);
      const before = await mesh.settle();
      await mesh.stopNode();
      for (const name of fs.readdirSync(mesh.home, { recursive: true, encoding: 'utf8' })) {
        if (/records\.sqlite/.test(name)) fs.rmSync(join(mesh.home, name));
      }
      fs.rmSync(join(mesh.directoryOf(syncthing), 'from 0/deleted'));
      fs.writeFileSync(join(mesh.directoryOf(syncthing), 'from 1/new'), 'made meanwhile');
      await syncthing.scan(FOLDER);
      await mesh.startNode();
      await mesh.connected();
      const tree = await mesh.settle();
      assert.deepEqual([conflictCopies(tree), tree.has('from 0/deleted'), tree.has('from 1/new')], [[], false, true]);
      assert.equal(tree.size, before.size);
    });

    test('I14 a lost database of Syncthing costs no conflict, and nothing travels again', async () => {
      await using mesh = await Mesh.start({ versions: [version], fill: fillTwice });
      const syncthing = mesh.of(version);
      const before = await mesh.settle();
      await syncthing.down();
      for (const name of fs.readdirSync(syncthing.home)) {
        if (name.startsWith('index-')) fs.rmSync(join(syncthing.home, name), { recursive: true });
      }
      await syncthing.up();
      await mesh.connected();
      assert.deepEqual([...(await mesh.settle()).keys()], [...before.keys()]);
      assert.ok((await transferred(syncthing)) < 200_000);
    });

    test('I15 who does not know us yet is asked again; what one side alone shares disturbs nothing', async () => {
      await using mesh = await Mesh.start({ versions: [] });
      const syncthing = await Syncthing.start({ version });
      await using _ = { [Symbol.asyncDispose]: () => syncthing.stop() };
      const { id } = mesh.node;
      await mesh.node.trust(syncthing.deviceId, { addresses: [syncthing.address] });
      await mesh.node.share(FOLDER, syncthing.deviceId);
      await pending(syncthing, 'devices', id);

      await syncthing.addPeer({ deviceId: id });
      const own = join(mesh.root, 'own');
      await syncthing.shareFolder({ id: 'unknown to lanfold', path: own, peers: [id] });
      await syncthing.waitConnected(id);
      await pending(syncthing, 'folders', FOLDER);
      fs.writeFileSync(join(mesh.here, 'file'), 'waits');
      fs.writeFileSync(join(own, 'file'), 'stays');

      const theirs = join(mesh.root, 'theirs');
      await syncthing.shareFolder({ id: FOLDER, path: theirs, peers: [id] });
      await until('the file came', () => (fs.existsSync(join(theirs, 'file')) ? true : undefined));
      assert.ok((await syncthing.connection(id))?.connected);
      assert.deepEqual(
        fs.readdirSync(mesh.here).filter((name) => !name.startsWith('.')),
        ['file'],
      );
    });

    test('I16 a Syncthing that is killed while it sends or receives goes on where it was', async () => {
      const sizeBytes = 24 * MIB;
      const options = { maxSendKbps: 12_000, maxRecvKbps: 12_000, limitBandwidthInLan: true };
      await using mesh = await Mesh.start({ versions: [version], options });
      const syncthing = mesh.of(version);
      for (const directory of mesh.directories) {
        fs.writeFileSync(join(directory, 'big'), randomBytes(sizeBytes));
        await mesh.scan();
        const used = await cutInTheMiddle(mesh, sizeBytes);
        await mesh.settle({ files: 1 });
        const after = await transferred(syncthing);
        assert.ok(after < sizeBytes - used / 2, `${used} bytes travelled before the cut, ${after} after it`);
        fs.rmSync(join(directory, 'big'));
        await mesh.settle({ files: 0 });
      }
    });

    test('I17 broken off and dialled from both sides at once, again and again: one connection, and all goes on', async () => {
      await using mesh = await Mesh.start({ versions: [version] });
      const syncthing = mesh.of(version);
      const { id } = mesh.node;
      for (let round = 0; round < 4; round += 1) {
        await syncthing.rest('POST', `system/pause?device=${id}`);
        fs.writeFileSync(join(mesh.directories[round % 2] ?? '', `in round ${round}`), `${round}`);
        await syncthing.rest('POST', `system/resume?device=${id}`);
      }
      await mesh.connected();
      await mesh.settle({ files: 4 });
    });
  });
}

type IndexUpdated = { readonly data: { readonly device: string; readonly items: number } };

/** From now on, the parts of peers' indexes that a Syncthing hears: a question that can be asked once. */
async function indexUpdates(syncthing: Syncthing): Promise<() => Promise<IndexUpdated[]>> {
  const ask = (since: number, timeoutS: number): Promise<unknown> =>
    syncthing.rest('GET', `events?events=RemoteIndexUpdated&since=${since}&timeout=${timeoutS}`);
  const before = ((await ask(0, 1)) as { id: number }[] | null) ?? [];
  return async () => ((await ask(before.at(-1)?.id ?? 0, 1)) as IndexUpdated[] | null) ?? [];
}

/** By its own words, it took lanfold's index for the one that it knows, and lanfold knows its. */
function assertDelta(lines: readonly string[]): void {
  assert.ok(lines.some((line) => line.includes('is delta index compatible (mlv=')));
  const others = /has a new index ID|mismatching index ID|no index ID|out of sync with reality|does not announce/;
  assert.deepEqual(
    lines.filter((line) => others.test(line)),
    [],
  );
}

function fillTwice(directory: string, side: number): void {
  makeTree(join(directory, `from ${side}`), { seed: 1 + side, files: 60, hardNames: false });
  fs.writeFileSync(join(directory, `from ${side}`, 'deleted'), 'to be deleted while a database is gone');
}

async function pending(syncthing: Syncthing, what: 'devices' | 'folders', id: string): Promise<void> {
  await until(`${id} is pending`, async () => {
    const all = (await syncthing.rest('GET', `cluster/pending/${what}`)) as Record<string, unknown>;
    return all[id] === undefined ? undefined : true;
  });
}

type Totals = { readonly total: { readonly inBytesTotal: number; readonly outBytesTotal: number } };

/** Bytes that a Syncthing has sent and received since its start. */
async function transferred(syncthing: Syncthing): Promise<number> {
  const { total } = (await syncthing.rest('GET', 'system/connections')) as Totals;
  return total.inBytesTotal + total.outBytesTotal;
}

/**
 * Kills the Syncthing when about half of a file has travelled, and starts it again.
 * @returns bytes that had travelled
 */
async function cutInTheMiddle(mesh: Mesh, sizeBytes: number): Promise<number> {
  const [syncthing] = mesh.syncthings;
  assert.ok(syncthing !== undefined);
  const begin = await transferred(syncthing);
  const used = await until(
    'half of it has travelled',
    async () => {
      const bytes = (await transferred(syncthing)) - begin;
      return bytes > sizeBytes / 2 ? bytes : undefined;
    },
    { everyMs: 20 },
  );
  await syncthing.kill();
  await syncthing.up();
  return used;
}
