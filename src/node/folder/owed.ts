/**
 * How the records keep, from one run to the next, what is in doubt after a stop and could not be looked at yet.
 * @module
 */

/** As JSON. */
export interface Owed {
  /** All that was written until a minute before is known for what it is; milliseconds since 1970. */
  readonly provenUntilMs: number;
  /** Files, and directories with a `/` behind. */
  readonly names: readonly string[];
  /** The machine was started anew, or a disk was away, since they were looked at. */
  readonly isMachineNew: boolean;
}

/** @returns undefined: there is no such note, or it says nothing that can be read. */
export function parsedOwed(note: string | undefined): Owed | undefined {
  try {
    const owed = (note === undefined ? undefined : JSON.parse(note)) as Partial<Owed> | undefined;
    const { provenUntilMs, names, isMachineNew } = owed ?? {};
    if (!Number.isSafeInteger(provenUntilMs) || !Array.isArray(names)) return undefined;
    const known = names.filter((name) => typeof name === 'string');
    return { provenUntilMs: Number(provenUntilMs), names: known, isMachineNew: isMachineNew !== false };
  } catch {
    return undefined;
  }
}

export function toMilliseconds(nanoseconds: bigint): string {
  return String(nanoseconds / 1_000_000n);
}

/** @returns undefined for what is no such number. */
export function toNanoseconds(milliseconds: string | undefined): bigint | undefined {
  return milliseconds !== undefined && /^\d{1,15}$/u.test(milliseconds) ? BigInt(milliseconds) * 1_000_000n : undefined;
}
