/**
 * Mends what is listed as damaged, when a person asks for it (rules U84–U87): the record gives up its claim, the puller brings
 * the good content from a connected peer, and what stood here goes into the history first.
 *
 * What no connected peer has is left as it is: it may be the only copy. What is an edit by now is no damage and is not touched.
 * @module
 */
import { lacks } from '../../core/index/newest.ts';
import type { FileRecord } from '../../core/model/file-record.ts';
import { isBelow } from '../../core/model/folder-path.ts';
import { sleep } from '../../ports/clock.ts';
import type { PeerKey } from '../../ports/record-store.ts';
import { ALONE, type Damage } from './damage.ts';
import type { FolderContext } from './folder-context.ts';
import type { Verifier, VerifyOptions } from './verifier.ts';
import type { Sources } from '../peer/sources.ts';

/** Between two looks at what is being brought. */
const LOOK_MS = 100;
/** Nothing of it was mended for so long: it goes on beside, and is not waited for. */
const PATIENCE_MS = 30_000;

/** `paths`: these are read first, as by {@link Verifier.verify}. Default: what is listed as damaged already. */
export type RepairOptions = VerifyOptions;

export interface Mended {
  readonly path: string;
  /** Who gave content for it; none when other files here had it. */
  readonly from: readonly PeerKey[];
}

export interface Left {
  readonly path: string;
  /**
   * `no-copy`: no peer has it whole. `not-connected`: who has it is not here. `unknown`: nothing is recorded under the name that
   * was asked for. Else why the disk or the peers refused.
   */
  readonly because: string;
  /** One sentence for people: why, and what to do. */
  readonly text: string;
  /** Who has it whole. */
  readonly holders: readonly PeerKey[];
}

export interface Repaired {
  readonly mended: readonly Mended[];
  readonly left: readonly Left[];
}

export class Repairer {
  readonly #context: FolderContext;
  readonly #damage: Damage;
  readonly #verifier: Verifier;
  readonly #sources: Sources;

  constructor(
    context: FolderContext,
    parts: {
      readonly damage: Damage;
      readonly verifier: Verifier;
      readonly sources: Sources;
    },
  ) {
    this.#context = context;
    this.#damage = parts.damage;
    this.#verifier = parts.verifier;
    this.#sources = parts.sources;
  }

  /** @throws the signal's reason when it is aborted: what was begun goes on by itself, or stays listed. */
  async repair(options: RepairOptions = {}): Promise<Repaired> {
    const findings = options.paths === undefined ? [] : (await this.#verifier.verify(options)).findings;
    const { clock, givers } = this.#context;
    const { signal } = options;
    const mended: Mended[] = [];
    const unknown = findings.filter(({ is }) => is === 'unknown');
    const left = unknown.map(({ path, is, text }) => this.#leave(path, is, text));
    const pending = new Set<string>();
    for (const name of this.#damaged(options.paths ?? [''])) {
      signal?.throwIfAborted();
      const reason = await this.#begin(name);
      if (reason === 'begun') pending.add(name);
      else if (reason !== 'no damage') left.push(reason);
    }
    for (const name of pending) givers.watch(name);
    this.#context.pullSoon();
    try {
      for (let progressMs = clock.monotonicMs(); pending.size > 0;) {
        for (const name of pending) {
          const outcome = this.#outcome(name, clock.monotonicMs() - progressMs > PATIENCE_MS);
          if (outcome === 'waits') continue;
          pending.delete(name);
          progressMs = clock.monotonicMs();
          if (outcome === 'mended') mended.push({ path: name, from: givers.release(name) });
          else left.push(outcome);
        }
        if (pending.size > 0) await sleep(clock, LOOK_MS, signal);
      }
    } finally {
      for (const name of pending) givers.release(name);
    }
    return { mended, left };
  }

  /** What is listed, and what has given up its claim and waits. */
  #damaged(paths: readonly string[]): string[] {
    const { records, problems, damageList } = this.#context;
    const listed = damageList.all().filter(({ name, sequence }) => records.local(name)?.record.sequence === sequence);
    const alone = problems.list().filter(({ reason }) => reason === 'damaged');
    const names = new Set([...listed, ...alone].map(({ name }) => name));
    return [...names].filter((name) => paths.some((path) => name === path || isBelow(name, path))).sort();
  }

  async #begin(name: string): Promise<Left | 'begun' | 'no damage'> {
    const { records, problems } = this.#context;
    const own = records.local(name)?.record;
    const wanted = wantedOf(own, records.newest(name));
    if (own === undefined || own.deleted || own.invalid || wanted === undefined) {
      if (own?.version.length !== 0) problems.clear(name);
      return own?.version.length === 0 ? this.#leave(name, 'no-copy', ALONE) : 'no damage';
    }
    if (own.version.length > 0 && wanted === own) {
      if (!(await this.#damage.isStill(name))) return 'no damage';
      const refusal = this.#refusal(name, wanted);
      if (refusal !== undefined) return refusal;
      return (await this.#damage.giveUp(name)) ? 'begun' : 'no damage';
    }
    return this.#refusal(name, wanted) ?? 'begun';
  }

  /** Why it cannot be brought now; undefined if it can. */
  #refusal(name: string, wanted: FileRecord): Left | undefined {
    const holders = this.#context.records.holders(wanted);
    if (holders.length === 0) return this.#leave(name, 'no-copy', ALONE);
    const connected = this.#sources.of(this.#context.id);
    if (connected.some(({ peer }) => holders.includes(peer))) return undefined;
    const text = 'Who has it whole is not connected; it is mended as soon as that one is back';
    return this.#leave(name, 'not-connected', text, holders);
  }

  #outcome(name: string, isPatienceOver: boolean): Left | 'mended' | 'waits' {
    const { records, problems } = this.#context;
    const own = records.local(name)?.record;
    const newest = records.newest(name);
    if (own === undefined || own.deleted) return 'mended'; // deleted everywhere meanwhile: nothing is wrong with it any more
    if (own.version.length > 0 && !lacks(own, newest)) return 'mended';
    const refusal = newest === undefined ? this.#leave(name, 'no-copy', ALONE) : this.#refusal(name, newest);
    if (refusal !== undefined) return refusal;
    if (!isPatienceOver) return 'waits';
    const problem = problems.of(name);
    const text = problem?.text ?? 'It takes long';
    return this.#leave(
      name,
      problem?.reason ?? 'slow',
      `${text}. It is tried again and again, and listed by status until then`,
    );
  }

  #leave(path: string, because: string, text: string, holders: readonly PeerKey[] = []): Left {
    return { path, because, text, holders };
  }
}

/** The version that is to stand there. */
function wantedOf(own: FileRecord | undefined, newest: FileRecord | undefined): FileRecord | undefined {
  if (own === undefined || own.version.length > 0) return own !== undefined && lacks(own, newest) ? newest : own;
  return newest;
}
