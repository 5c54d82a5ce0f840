/**
 * Throws inputs at one target, made in three ways: of the right shape by fast-check, mutants of what is known, and mutants that
 * are kept because they reached new code. Everything follows from the seed.
 * @module
 */
import fc from 'fast-check';
import { Random } from '../../harness/random.ts';
import { Coverage } from './coverage.ts';
import { mutate } from './mutate.ts';
import { checkGrowth, stretchable, threadMs } from './growth.ts';
import { shrink } from './shrink.ts';
import { BrokenPromise, SLOW_MS_DEFAULT, utf8, type Target } from './target.ts';

/** An input that broke a promise. */
export interface Finding {
  /** Shrunk. */
  readonly bytes: Uint8Array;
  readonly error: string;
}

export interface Result {
  readonly inputs: number;
  /** Of them, inputs that reached new code. */
  readonly kept: number;
  /** Functions of the target's rooms that were entered. */
  readonly functions: number;
  /** Inputs that were stretched to see how time grows. */
  readonly stretched: number;
  readonly findings: readonly Finding[];
}

export interface Budget {
  readonly seed: number;
  /** Stops after so many inputs, or at that time on the clock of `performance.now()`. */
  readonly inputsMax: number;
  readonly untilMs: number;
  /** Told of each input before it is run, for who watches from outside. */
  readonly announce: (bytes: Uint8Array) => void;
}

const FINDINGS_MAX = 5;
const CORPUS_MAX = 2_000;
/** Asking for coverage costs as much as some dozen inputs. */
const BATCH = 48;
/** Of mutants, in a round. */
const BATCHES = 30;
const SHAPED = 48;
const STRETCHED = 4;

class Spent extends Error {}

export async function fuzz(target: Target, budget: Budget): Promise<Result> {
  return new Loop(target, budget).run();
}

class Loop {
  readonly #target: Target;
  readonly #budget: Budget;
  readonly #random: Random;
  readonly #coverage: Coverage;
  readonly #words: readonly Uint8Array[];
  readonly #corpus: Uint8Array[];
  readonly #findings = new Map<string, Finding>();
  #inputs = 0;
  #kept = 0;
  #stretched = 0;

  constructor(target: Target, budget: Budget) {
    this.#target = target;
    this.#budget = budget;
    this.#random = new Random(budget.seed);
    this.#coverage = new Coverage(target.rooms);
    this.#words = (target.words ?? []).map(utf8);
    this.#corpus = [new Uint8Array(0), ...target.seeds()];
  }

  async run(): Promise<Result> {
    try {
      await this.#counted([...this.#corpus]);
      for (;;) {
        await this.#round();
      }
    } catch (error) {
      if (!(error instanceof Spent)) throw error;
    }
    return {
      inputs: this.#inputs,
      kept: this.#kept,
      functions: this.#coverage.functions,
      stretched: this.#stretched,
      findings: [...this.#findings.values()],
    };
  }

  async #round(): Promise<void> {
    await this.#counted(this.#shaped());
    for (let batch = 0; batch < BATCHES; batch += 1) await this.#counted(this.#mutants());
    if (this.#target.notTimed !== true) for (let time = 0; time < STRETCHED; time += 1) await this.#stretch();
  }

  /** Runs all at once, and only if something new was reached one by one, to see which it was. */
  async #counted(batch: readonly Uint8Array[]): Promise<void> {
    for (const bytes of batch) await this.#try(bytes);
    if (!this.#coverage.peek()) return;
    for (const bytes of batch) {
      await this.#try(bytes);
      if (!this.#coverage.take()) continue;
      this.#kept += 1;
      if (this.#corpus.length < CORPUS_MAX) this.#corpus.push(bytes);
    }
  }

  #mutants(): Uint8Array[] {
    const { bytesMax } = this.#target;
    return Array.from({ length: BATCH }, () => {
      // What was found last is the least explored.
      const recent = this.#random.percent(40) ? this.#corpus.slice(-20) : this.#corpus;
      return mutate(this.#random.pick(recent), this.#random, this.#corpus, this.#words, bytesMax);
    });
  }

  #shaped(): Uint8Array[] {
    const { shaped, bytesMax } = this.#target;
    if (shaped === undefined) return [];
    const made = fc.sample(shaped, { numRuns: SHAPED, seed: this.#random.next() | 0 });
    const fitting = made.map((bytes) => bytes.subarray(0, bytesMax));
    for (const bytes of fitting) if (this.#corpus.length < 200) this.#corpus.push(bytes);
    return fitting;
  }

  async #stretch(): Promise<void> {
    const stretched = stretchable(this.#random.pick(this.#corpus), this.#random);
    const smallBytes = Math.floor(this.#target.bytesMax / 10);
    this.#stretched += 1;
    try {
      await checkGrowth(this.#target.run, stretched, { smallBytes, announce: this.#budget.announce });
    } catch (error) {
      if (error instanceof BrokenPromise) return this.#report(stretched(smallBytes), error); // not shrunk: smaller is quicker
      await this.#try(stretched(smallBytes));
    }
  }

  async #try(bytes: Uint8Array): Promise<void> {
    this.#inputs += 1;
    if (this.#inputs > this.#budget.inputsMax || performance.now() > this.#budget.untilMs) {
      this.#inputs -= 1;
      throw new Spent();
    }
    const fault = await this.#faultOf(bytes);
    if (fault === undefined || this.#findings.has(keyOf(fault))) return;
    const key = keyOf(fault);
    const small = await shrink(bytes, async (candidate) => {
      const other = await this.#faultOf(candidate);
      return other !== undefined && keyOf(other) === key;
    });
    this.#report(small, (await this.#faultOf(small)) ?? fault);
  }

  #report(bytes: Uint8Array, error: unknown): void {
    this.#findings.set(keyOf(error), { bytes, error: describe(error) });
    if (this.#findings.size >= FINDINGS_MAX) throw new Spent();
  }

  async #faultOf(bytes: Uint8Array): Promise<unknown> {
    const { run, slowMs = SLOW_MS_DEFAULT } = this.#target;
    this.#budget.announce(bytes);
    const startMs = threadMs();
    try {
      await run(bytes);
    } catch (error) {
      return error ?? new Error('undefined was thrown');
    }
    if (threadMs() - startMs < slowMs) return undefined;
    // Once more: the first time something may have been compiled, or memory cleaned up.
    const againMs = threadMs();
    await run(bytes);
    return threadMs() - againMs < slowMs ? undefined : new Error(`it took more than ${slowMs} ms, twice`);
  }
}

/** Two faults are one if the same line threw them. */
function keyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = (error.stack ?? '').split('\n').find((line) => /\.ts:\d+/.test(line) && !line.includes('/engine/'));
  return error.name === 'BrokenPromise' ? error.message.replaceAll(/\d+/g, '') : `${error.name} ${place ?? ''}`;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
