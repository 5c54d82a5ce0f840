/**
 * The product's engine as the code under test.
 * @module
 */
import { Engine } from '../src/node/engine.ts';
import type { SimNodeFactory } from './sim-node.ts';

export const engineNode: SimNodeFactory = (edges, setup) => {
  const { name, port } = setup;
  const engine = new Engine(edges, { name, listen: { ports: [port] } });
  let shared: Promise<void> | undefined;
  /** One after the other, as the node does it. */
  const share = (): Promise<void> => {
    shared = (shared ?? Promise.resolve()).then(
      async () => void (await engine.addFolder({ id: setup.folderId, root: setup.root, peers: setup.sharedWith() })),
    );
    return shared;
  };
  return {
    async start() {
      await engine.start();
      for (const { device, name, address } of setup.peers) engine.trustPeer({ device, name, addresses: [address] });
      await share();
    },
    close: () => engine.close(),
    shareAnew: async () => {
      if (shared !== undefined) await share(); // else the start will
    },
    standing() {
      const folder = engine.folder(setup.folderId);
      if (folder === undefined) return { state: 'none', problems: [] };
      return { state: folder.state, problems: folder.problems() };
    },
  };
};
