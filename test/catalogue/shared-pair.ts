/**
 * One pair of nodes for all tests of a file, and what these ask of it.
 * @module
 */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../harness/process.ts';
import { cursorOf, FOLDER, Pair, type PairOptions, type Side } from '../nodes/pair.ts';

/** Long enough for an echo or a delete to be announced, if anybody wanted to. */
export const REST_MS = 1500;

/** Opens a pair before the tests of the file (or suite), prepares it, and ends it behind them. Returns how a test gets it. */
export function sharedPair(
  open: () => PairOptions = () => ({}),
  prepare: (pair: Pair) => Promise<void> = () => Promise.resolve(),
): () => Pair {
  let pair: Pair | undefined;
  before(async () => {
    pair = await Pair.open(open());
    await prepare(pair);
  });
  after(async () => {
    await pair?.[Symbol.asyncDispose]();
  });
  return () => {
    assert.ok(pair !== undefined, 'the pair was opened');
    return pair;
  };
}

/** What a side lists of names that are not as they should be: name → reason. */
export async function problemsOf(side: Side): Promise<ReadonlyMap<string, string>> {
  const { problems } = await side.node.ask('status', FOLDER);
  return new Map(problems.map(({ name, reason }) => [name, reason]));
}

/** Waits until a side lists a name; returns the reason. */
export async function isListed(side: Side, name: string): Promise<string> {
  let last: ReadonlyMap<string, string> = new Map();
  const ask = async (): Promise<string | undefined> => (last = await problemsOf(side)).get(name);
  return await until(`"${name}" is listed`, ask, { detail: () => JSON.stringify([...last]) });
}

/** Waits until a side lists nothing any more. */
export async function listsNothing(side: Side): Promise<void> {
  let last: ReadonlyMap<string, string> = new Map();
  const ask = async (): Promise<true | undefined> => ((last = await problemsOf(side)).size === 0 ? true : undefined);
  await until('nothing is listed', ask, { detail: () => JSON.stringify([...last]) });
}

/** Fails when a look at everything, on both sides, makes anybody tell anything. */
export async function assertNoEcho(pair: Pair): Promise<void> {
  const told = async (): Promise<number[]> => await Promise.all(pair.sides.map(cursorOf));
  await until('what is in place is recorded', async () => {
    const needs = await Promise.all(pair.sides.map(async ({ node }) => (await node.ask('status', FOLDER)).need));
    return needs.every(({ items, deletes }) => items + deletes === 0) ? true : undefined;
  });
  const before = await told();
  await Promise.all(pair.sides.map(({ node }) => node.ask('rescan', FOLDER)));
  await delay(REST_MS);
  assert.deepEqual(await told(), before, 'what is here is no change');
}
