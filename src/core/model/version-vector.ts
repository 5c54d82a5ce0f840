/**
 * Who changed a name, and how often: one counter per device.
 *
 * A vector is a list of counters sorted by device, without duplicates; a missing counter counts as 0. Devices and values
 * are unsigned 64-bit numbers, hence bigint: a double would corrupt them above 2^53.
 * Source of the rules: bep.md §5.1 of the protocol notes, summarised in SPEC.md V1–V6.
 * @module
 */

/** One device's count. `device` is its short ID: the first 8 bytes of its device ID, big endian. */
export interface Counter {
  readonly device: bigint;
  readonly value: bigint;
}

/** Sorted by `device`, each device at most once. */
export type VersionVector = readonly Counter[];

export type VersionOrder = 'equal' | 'newer' | 'older' | 'concurrent';

export const NO_VERSION: VersionVector = [];

const COUNTER_MAX = (1n << 64n) - 1n;
/** Further ahead no clock is by mistake for long. */
const CLOCK_AHEAD_MAX_S = 86_400n;

/** How `a` stands to `b`: `newer` means that `a` has seen everything `b` has, and more. */
export function compareVersions(a: VersionVector, b: VersionVector): VersionOrder {
  const { ahead, behind } = standing(a, b);
  if (ahead && behind) return 'concurrent';
  if (ahead) return 'newer';
  return behind ? 'older' : 'equal';
}

/** True when `a` has seen all that `b` has. */
export function covers(a: VersionVector, b: VersionVector): boolean {
  return !standing(a, b).behind;
}

/**
 * Which of two concurrent vectors is first in the total order that all devices share: the one with the larger counter at
 * the lowest device where they differ (SPEC V4).
 * @returns a positive number if `a` is first, a negative one if `b` is, 0 if they are equal.
 */
export function breakTie(a: VersionVector, b: VersionVector): number {
  for (const [left, right] of pairs(a, b)) if (left !== right) return left > right ? 1 : -1;
  return 0;
}

/**
 * The vector after a change by `device`: its counter becomes the larger of "one more" and the seconds of its clock, so that
 * a device that lost its records makes vectors that are concurrent with its old ones and never older (SPEC V3).
 * @param nowS whole seconds since 1970.
 */
export function bumpVersion(vector: VersionVector, device: bigint, nowS: number): VersionVector {
  const next = countOf(vector, device) + 1n;
  const clock = BigInt(Math.max(1, Math.floor(nowS)));
  const value = next > clock ? next : clock;
  return mergeVersions(vector, countedBy(device, value));
}

/**
 * How far a device has counted. What does not fit into its counter goes on in that of the next number: whatever a liar claims that
 * a device has counted, it can count on (R10). By itself none comes so far.
 */
export function countOf(vector: VersionVector, device: bigint): bigint {
  const value = counterOf(vector, device);
  return value < COUNTER_MAX ? value : value + countOf(vector, numberAfter(device));
}

/** The smallest vector in which a device has counted so far. */
export function countedBy(device: bigint, count: bigint): VersionVector {
  const counters: Counter[] = [];
  for (let left = count, at = device; left > 0n; at = numberAfter(at)) {
    const value = left < COUNTER_MAX ? left : COUNTER_MAX;
    counters.push({ device: at, value });
    left -= value;
  }
  return counters.sort(byDevice);
}

/** Can a device whose clock shows that time have counted so far? Counts are seconds, and a little more where there are many edits. */
export function isPlausible(count: bigint, nowMs: number): boolean {
  return count <= BigInt(Math.floor(nowMs / 1000)) + CLOCK_AHEAD_MAX_S;
}

/** The smallest vector that covers both. */
export function mergeVersions(a: VersionVector, b: VersionVector): VersionVector {
  const merged = new Map<bigint, bigint>();
  for (const { device, value } of [...a, ...b]) {
    const known = merged.get(device) ?? 0n;
    if (value > known) merged.set(device, value);
  }
  return [...merged].map(([device, value]) => ({ device, value })).sort(byDevice);
}

/** The counters of `a` that are higher than in `b`. */
export function aheadOf(a: VersionVector, b: VersionVector): VersionVector {
  return a.filter(({ device, value }) => value > counterOf(b, device));
}

/** The count of one device; 0 when it is not in the vector. */
export function counterOf(vector: VersionVector, device: bigint): bigint {
  return vector.find((counter) => counter.device === device)?.value ?? 0n;
}

/** A vector from counters in any order; of two counters of one device the larger stays. */
export function toVersionVector(counters: Iterable<Counter>): VersionVector {
  return mergeVersions([...counters], NO_VERSION);
}

function standing(a: VersionVector, b: VersionVector): { ahead: boolean; behind: boolean } {
  let ahead = false;
  let behind = false;
  for (const [left, right] of pairs(a, b)) {
    if (left > right) ahead = true;
    if (left < right) behind = true;
  }
  return { ahead, behind };
}

/** Both counters of each device that either vector names, by ascending device. */
function* pairs(a: VersionVector, b: VersionVector): Generator<readonly [bigint, bigint]> {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const left = a[i];
    const right = b[j];
    if (right === undefined || (left !== undefined && left.device < right.device)) {
      yield [left?.value ?? 0n, 0n];
      i += 1;
    } else if (left === undefined || right.device < left.device) {
      yield [0n, right.value];
      j += 1;
    } else {
      yield [left.value, right.value];
      i += 1;
      j += 1;
    }
  }
}

function numberAfter(device: bigint): bigint {
  return BigInt.asUintN(64, device + 1n);
}

function byDevice(a: Counter, b: Counter): number {
  if (a.device === b.device) return 0;
  return a.device < b.device ? -1 : 1;
}
