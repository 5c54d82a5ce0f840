/**
 * What is fuzzed: something that takes bytes of strangers.
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import type fc from 'fast-check';

export interface Target {
  readonly name: string;
  /** Of its test: rules and catalogue cases that it holds, and what must be so. */
  readonly title: string;
  /** Takes any bytes. Whatever it throws is a finding: refusals that are due are caught by it. */
  readonly run: (bytes: Uint8Array) => void | Promise<void>;
  /** Good input, from which the mutators start. Made when the target is first run. */
  readonly seeds: () => readonly Uint8Array[];
  /** Input of the right shape, also with what no honest end sends. */
  readonly shaped?: fc.Arbitrary<Uint8Array>;
  /** Words of its language, for the mutators. */
  readonly words?: readonly string[];
  /** Parts of the paths of the modules whose blocks count as reached. */
  readonly rooms: readonly string[];
  /** Mutants are cut to this. */
  readonly bytesMax: number;
  /** Inputs in a run of the tests. Default: {@link INPUTS_DEFAULT}. */
  readonly inputs?: number;
  /** One input may take so much of the processor. Default: {@link SLOW_MS_DEFAULT}. */
  readonly slowMs?: number;
  /** Time need not grow with the bytes: a disk is asked, or what costs time is no part of the input. */
  readonly notTimed?: true;
}

export const INPUTS_DEFAULT = 3_000;
export const SLOW_MS_DEFAULT = 1_000;

type ErrorClass = abstract new (...words: never[]) => Error;

/** @returns what `read` gives; undefined if it refuses with `expected`. Any other error is thrown on. */
export function unless<T>(expected: ErrorClass | readonly ErrorClass[], read: () => T): T | undefined {
  const classes = [expected].flat();
  try {
    return read();
  } catch (error) {
    if (classes.some((one) => error instanceof one)) return undefined;
    throw error;
  }
}

/** A promise that an input broke. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

export function hold(condition: boolean, promise: string): asserts condition {
  if (!condition) throw new BrokenPromise(promise);
}

export function holdSame(actual: unknown, wanted: unknown, promise: string): void {
  if (!isDeepStrictEqual(actual, wanted)) throw new BrokenPromise(promise);
}

export const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf8'));
/** Bytes as a program reads a file or a pipe: what is no UTF-8 becomes U+FFFD. */
export const asText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
