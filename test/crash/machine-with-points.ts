/**
 * The real machine with crash points around its ports. Takes the place of src/node/machine.ts in the nodes of these tests.
 * @module
 */
import * as real from '../../src/node/machine.ts';
import type { FileTree } from '../../src/ports/file-tree.ts';
import type { Network, Stream } from '../../src/ports/network.ts';
import type { FolderRecords, RecordStore } from '../../src/ports/record-store.ts';
import { crashPoint, withPoints } from './crash-point.ts';

export type * from '../../src/node/machine.ts';

const RECORD_CHANGES = [
  'saveLocal',
  'saveLooks',
  'saveRemote',
  'setRemoteIndex',
  'setFolderKey',
  'setNote',
  'forgetLocal',
  'dropRemote',
  'renewIndexId',
] as const satisfies readonly (keyof FolderRecords)[];

const DISK_CHANGES = [
  'mark',
  'stage',
  'unstage',
  'removeUnfinished',
  'apply',
  'pruneHistory',
  'normalize',
  'hash',
  'resume',
] as const satisfies readonly (keyof FileTree)[];

export async function openMachine(options: Parameters<typeof real.openMachine>[0]): Promise<real.Machine> {
  const machine = await real.openMachine(options);
  const { edges } = machine;
  crashPoint('machine opened');
  return {
    ...machine,
    edges: {
      ...edges,
      store: storeWithPoints(edges.store),
      network: networkWithPoints(edges.network),
      openTree: (root) => withPoints(edges.openTree(root), 'tree', DISK_CHANGES),
    },
    async write(configuration) {
      crashPoint('configuration asked');
      await machine.write(configuration);
      crashPoint('configuration done');
    },
  };
}

function storeWithPoints(store: RecordStore): RecordStore {
  return {
    get uncleanStop() {
      return store.uncleanStop;
    },
    folder: (id) => withPoints(store.folder(id), 'records', RECORD_CHANGES),
    folderIds: () => store.folderIds(),
    dropFolder: (id) => store.dropFolder(id),
    check: (pause) => store.check(pause),
    close: () => store.close(),
  };
}

/** What is sent is what peers are told. */
function networkWithPoints(network: Network): Network {
  const told = (stream: Stream): Stream => withPoints(stream, 'stream', ['send']);
  return new Proxy(network, {
    get(target, key: keyof Network): unknown {
      if (key === 'listen') {
        const listen: Network['listen'] = (options) =>
          target.listen({ ...options, onStream: (stream) => options.onStream(told(stream)) });
        return listen;
      }
      if (key !== 'dial') return target[key].bind(target);
      const dial: Network['dial'] = async (...parameters) => told(await target.dial(...parameters));
      return dial;
    },
  });
}
