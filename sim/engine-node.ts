/**
 * The product's engine as the code under test; in a gathering, the whole node.
 * @module
 */
import { openRecordStore } from '../src/edges/store/record-store.ts';
import { Engine } from '../src/node/engine.ts';
import { gatheringNode } from './gathering/gathering-node.ts';
import type { SimNodeFactory } from './sim-node.ts';
import { partsWith, type Parts, type Rules } from './syncthing-rules.ts';

const OWN: Parts = { Engine, openRecordStore };
/** Of other rules than lanfold's. */
const others = new Map<Rules, Parts>();

/** Has to be called, and over, before nodes of these rules are made. */
export async function loadRules(rules: readonly (Rules | undefined)[]): Promise<void> {
  for (const one of rules) if (one !== undefined && !others.has(one)) others.set(one, await partsWith(one));
}

/** @param rules undefined: lanfold's. */
export function partsOf(rules: Rules | undefined): Parts {
  const parts = rules === undefined ? OWN : others.get(rules);
  if (parts === undefined) throw new Error(`The rules of ${rules} are not loaded`);
  return parts;
}

export const engineNode: SimNodeFactory = (edges, setup) => {
  const { name, port, rules, machine } = setup;
  if (machine !== undefined) return gatheringNode(machine, setup);
  const parts = partsOf(rules);
  const engine = new parts.Engine(edges, { name, listen: { ports: [port] } });
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
