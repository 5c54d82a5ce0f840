/**
 * Is one device alive twice: a copied home, a restored virtual machine (R14)?
 *
 * Each run of a lanfold shows a random run ID. A restart shows a new one and never an old one again; so an ID that comes back
 * on a new connection, after another one was shown, proves that both runs are alive. That the old connection is still open
 * when the new one comes proves nothing: its end may not have been noticed yet.
 * @module
 */

/** 0n: none; Syncthing has no such thing. */
export type RunId = bigint;

export interface Runs {
  /** The run that was shown last, and when, monotonic milliseconds. */
  readonly last: { readonly id: RunId; readonly atMs: number } | undefined;
  /** Those before it, the oldest first. */
  readonly before: readonly RunId[];
  /** When two were last known to be alive. */
  readonly twiceMs: number | undefined;
}

export const NO_RUNS: Runs = { last: undefined, before: [], twiceMs: undefined };

/** Runs that are remembered: more than two twins have in a few minutes. */
const REMEMBERED_MAX = 16;
/** So long after the last sign of a second one, a device counts as one again. A twin that is turned away tries each 30 s. */
const TWICE_MS = 10 * 60_000;

/**
 * A device has shown this run ID.
 * @param begunMs when the connection began on which it did, monotonic milliseconds.
 */
export function showRun({ last, before, twiceMs }: Runs, id: RunId, begunMs: number, nowMs: number): Runs {
  if (id === 0n || last?.id === id) return { last, before, twiceMs };
  const isBack = last !== undefined && before.includes(id) && begunMs > last.atMs;
  const others = before.filter((other) => other !== id);
  return {
    last: { id, atMs: nowMs },
    before: last === undefined ? others : [...others, last.id].slice(-REMEMBERED_MAX),
    twiceMs: isBack ? nowMs : twiceMs,
  };
}

/** Of a device that is alive twice, another run came while one was connected. */
export function sawBoth(runs: Runs, nowMs: number): Runs {
  return { ...runs, twiceMs: nowMs };
}

export function isTwice({ twiceMs }: Runs, nowMs: number): boolean {
  return twiceMs !== undefined && nowMs - twiceMs < TWICE_MS;
}
