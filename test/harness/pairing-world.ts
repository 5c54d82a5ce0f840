/**
 * One host that shows a code, and whoever wants to join it, over a network in memory: both drivers of pairing, no engine.
 * @module
 */
import { ok } from 'node:assert/strict';
import { JoinerTries } from '../../src/core/pairing/joiner.ts';
import type { Offer } from '../../src/core/wire/pairing.ts';
import { Life } from '../../src/edges/memory/life.ts';
import { MemoryClock } from '../../src/edges/memory/memory-clock.ts';
import { MemoryNetwork } from '../../src/edges/memory/memory-network.ts';
import { Scheduler } from '../../src/edges/memory/scheduler.ts';
import { SeededChance } from '../../src/edges/memory/seeded-chance.ts';
import { pairingCrypto } from '../../src/edges/net/pairing-crypto.ts';
import type { Edges } from '../../src/node/edges.ts';
import { PairingHost, type Joined } from '../../src/node/pairing/pairing-host.ts';
import { PairingJoiner } from '../../src/node/pairing/pairing-joiner.ts';
import { SILENT_LOG } from '../../src/ports/log.ts';
import type { Knocked, Network, PairingStream } from '../../src/ports/network.ts';

/** What the host shares. */
export const OFFER: Offer = {
  folders: [
    { id: 'photos-x1', label: 'Photos', files: 1_284, bytes: 3_900_000_000, pathHint: 'Photos' },
    { id: 'notes-x2', label: 'Notes', files: 3, bytes: 99, pathHint: 'Notes' },
  ],
  addresses: ['10.0.0.1:1111'],
};
/** Where it waits. */
export const HOST = { host: 'maria', port: 1111 };

interface Machine {
  readonly edges: Pick<Edges, 'clock' | 'chance' | 'device' | 'log'>;
  readonly network: Network;
  readonly life: Life;
}

/** Maria shows a code; whoever wants to join knocks. */
export class World {
  readonly scheduler = new Scheduler();
  readonly #network = new MemoryNetwork({ scheduler: this.scheduler, seed: 'pairing' });
  readonly #machines = new Map<string, Machine>();
  /** What the host told, in order. */
  readonly told: string[] = [];
  readonly joined: Joined[] = [];
  readonly host: PairingHost;
  /** Keeps what was agreed; a test may let it take its time, or fail. */
  store: () => Promise<void> = () => Promise.resolve();
  /** What the host shares; a test may let it fail. */
  offer: () => Offer;
  /** What the host has sent, to anybody. */
  readonly sentByHost: Uint8Array[] = [];

  constructor(offer: Offer = OFFER) {
    const { edges, network } = this.machine('maria');
    this.offer = () => offer;
    this.host = new PairingHost({
      edges,
      crypto: pairingCrypto,
      name: 'maria-laptop',
      system: 'Linux',
      offer: () => this.offer(),
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
        edges: { clock: new MemoryClock(life), chance, device, log: SILENT_LOG },
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

  /** Asks at the host's port whether somebody waits there. */
  knock(name: string): Promise<Knocked> {
    return this.run(this.machine(name).network.knock(HOST, new AbortController().signal));
  }

  /** A connection with the host that waits. */
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

  /** What the host shows now. */
  get code(): string {
    const { code } = this.host;
    ok(code !== undefined);
    return code.digits;
  }

  get wrongCode(): string {
    return this.code === '592318' ? '592319' : '592318';
  }

  /** What becomes of one code, typed by `name`. */
  async guess(name: string, code: string, tries?: JoinerTries): Promise<string> {
    const tried = await this.run((await this.joiner(name, tries)).tryCode(code));
    return tried.is === 'wrong' ? `wrong ${tried.triesLeft}` : tried.is;
  }
}
