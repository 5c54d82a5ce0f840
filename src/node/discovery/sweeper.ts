/**
 * Layer `prime`: makes the system resolve the hosts of the own networks, so that they stand in its table of neighbours, where
 * findOpenPorts reads them. That works below every firewall.
 * @module
 */
import type { SeenNeighbour } from '../../core/discovery/candidates.ts';
import type { Neighbour } from '../../core/discovery/neighbour-table.ts';
import { sweepWaitMs } from '../../core/discovery/schedules.ts';
import { sweepBatches } from '../../core/discovery/sweep.ts';
import type { Timer } from '../../ports/clock.ts';
import type { Layer, Scene } from './layer.ts';

/** Peers that come and go must not make us sweep each time: a sweep costs some hundred frames of everybody's air. */
const SWEEP_MIN_MS = 10_000;

export class Sweeper implements Layer {
  readonly #scene: Scene;
  readonly #rememberedHosts: () => readonly string[];
  #due: Timer | undefined;
  #batches: Timer[] = [];
  #number = 0;
  #sweptMs = Number.NEGATIVE_INFINITY;
  /** Hosts of the last sweeps. */
  #touched: ReadonlySet<string> = new Set();
  #isClosed = false;

  constructor(scene: Scene, rememberedHosts: () => readonly string[]) {
    this.#scene = scene;
    this.#rememberedHosts = rememberedHosts;
  }

  begin(): void {
    this.#number = 0;
    this.#plan();
  }

  rest(): void {
    this.#due?.cancel();
    for (const timer of this.#batches) timer.cancel();
    this.#batches = [];
    this.#touched = new Set();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.rest();
    this.#scene.discovery.primer.close();
    return Promise.resolve();
  }

  /** Tells neighbours that stood in the table already from those that a sweep has put there. */
  seen(neighbours: readonly Neighbour[]): SeenNeighbour[] {
    return neighbours.map((neighbour) => ({
      ...neighbour,
      via: this.#touched.has(neighbour.address) ? 'sweep' : 'neighbour',
    }));
  }

  #plan(): void {
    const { clock, chance } = this.#scene.edges;
    this.#due?.cancel();
    const restMs = this.#sweptMs + SWEEP_MIN_MS - clock.monotonicMs();
    const waitMs = Math.max(sweepWaitMs(this.#number, chance.fraction()), restMs);
    this.#number += 1;
    this.#due = clock.after(waitMs, () => void this.#sweep());
  }

  async #sweep(): Promise<void> {
    const { edges, discovery } = this.#scene;
    const neighbours = await discovery.neighbours.read();
    if (this.#isClosed || !this.#scene.isSeeking()) return;
    const batches = sweepBatches(this.#scene.own(), {
      remembered: this.#rememberedHosts(),
      neighbours: neighbours.map(({ address }) => address),
    });
    this.#touched = new Set(batches.flatMap(({ hosts }) => hosts));
    this.#sweptMs = edges.clock.monotonicMs();
    for (const timer of this.#batches) timer.cancel();
    this.#batches = batches.map(({ afterMs, hosts }) =>
      edges.clock.after(afterMs, () => discovery.primer.touch(hosts)),
    );
    this.#plan();
    for (const afterMs of HARVESTS_MS) this.#batches.push(edges.clock.after(afterMs, () => this.#scene.look()));
  }
}

/** Whoever is there answers within milliseconds, so the table is read sooner than it would be. */
const HARVESTS_MS: readonly number[] = [15, 40];
