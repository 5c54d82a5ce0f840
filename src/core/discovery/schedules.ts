/**
 * When each layer acts, from the moment at which somebody is looked for. Jitter keeps two nodes, and the nodes of one power
 * cut, from falling into step.
 *
 * `number` counts what has been done so far, from 0; `fraction` is of chance, in [0, 1).
 * @module
 */

/** [until that long after the search began, look every]. */
const LOOKS: readonly (readonly [untilMs: number, everyMs: number])[] = [
  [5_000, 100],
  [65_000, 1_000],
  [Infinity, 5_000],
];

/** How long until the next look at neighbours and addresses. */
export function lookWaitMs(searchedMs: number): number {
  return LOOKS.find(([untilMs]) => searchedMs < untilMs)?.[1] ?? 0;
}

/** Between the first six: at 0, 1, 2, 4, 8 and 16 s. Wi-Fi loses what is for everyone, so it is told several times. */
const ANNOUNCEMENT_WAITS_MS: readonly number[] = [1_000, 1_000, 2_000, 4_000, 8_000];
/** Syncthing's own rhythm (bep.md §10.1). */
const ANNOUNCEMENT_EVERY_MS = 30_000;

/** True for those that come in quick succession, to be found soon; mDNS is spoken at those alone. */
export function isEarlyAnnouncement(number: number): boolean {
  return number <= ANNOUNCEMENT_WAITS_MS.length;
}

/** From announcement `number` to the next. */
export function announcementWaitMs(number: number, fraction: number): number {
  const waitMs = ANNOUNCEMENT_WAITS_MS[number];
  return waitMs === undefined ? ANNOUNCEMENT_EVERY_MS + (fraction * 2 - 1) * 5_000 : spread(waitMs, 0.25, fraction);
}

/** A sweep costs three broadcast frames for each empty address: late enough for the cheaper ways, and ever rarer. */
const SWEEPS_MS: readonly number[] = [150, 10_000, 60_000];
const SWEEP_EVERY_MS = 15 * 60_000;

/** When sweep `number` is due, and from the fourth on how long after the one before. */
export function sweepWaitMs(number: number, fraction: number): number {
  const atMs = SWEEPS_MS[number];
  if (atMs === undefined) return spread(SWEEP_EVERY_MS, 0.2, fraction);
  return atMs - (SWEEPS_MS[number - 1] ?? 0);
}

function spread(ms: number, share: number, fraction: number): number {
  return ms * (1 - share + 2 * share * fraction);
}
