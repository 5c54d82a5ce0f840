/**
 * What one simulated machine keeps of people's decisions: the configuration, which outlives its processes.
 * @module
 */
import { foundMembers } from '../../src/core/members/statements.ts';
import type { Life } from '../../src/edges/memory/life.ts';
import type { SeededChance } from '../../src/edges/memory/seeded-chance.ts';
import { EMPTY_CONFIGURATION, parseConfiguration, printConfiguration } from '../../src/node/configuration.ts';
import type { Edges } from '../../src/node/edges.ts';
import type { Machine } from '../../src/node/machine.ts';
import { FOLDER_ID, FOLDER_ROOT } from '../hands.ts';

const PATH = 'config.json';
/** One write, with all that has to be flushed. */
const WRITE_MS_MAX = 20;

export class Home {
  readonly #chance: SeededChance;
  readonly #onWrite: () => void;
  #text: string;

  /** @param founder device ID of who shares the folder with nobody when the world begins. */
  constructor(chance: SeededChance, onWrite: () => void, founder: string | undefined) {
    const members = founder === undefined ? [] : [...foundMembers(founder, [], 0)];
    const folder = { id: FOLDER_ID, path: FOLDER_ROOT, peers: [], members };
    this.#chance = chance;
    this.#onWrite = onWrite;
    this.#text = printConfiguration({ ...EMPTY_CONFIGURATION, folders: founder === undefined ? [] : [folder] });
  }

  /** The machine, as one process finds it. A write is there as a whole or not at all, whenever the process dies. */
  machine(edges: Edges, life: Life): Machine {
    return {
      home: { configuration: 'home', state: 'home', socket: 'home' },
      edges,
      discovery: undefined,
      pairing: undefined,
      directories: { places: { home: 'nobody', own: [] }, demand: (path) => path },
      configuration: parseConfiguration(this.#text, PATH),
      configurationPath: PATH,
      warnings: [],
      write: async (next) => {
        const text = printConfiguration(next);
        await life.wait(this.#chance.fraction() * WRITE_MS_MAX);
        this.#text = text;
        this.#onWrite();
        await life.wait(this.#chance.fraction() * WRITE_MS_MAX);
      },
      close: () => Promise.resolve(), // the next process goes on with it
    };
  }
}
