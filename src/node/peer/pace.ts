/**
 * How fast a device is listened to where a few bytes cost much (R19): what comes beyond that waits, and nothing behind it is read
 * meanwhile. Of all connections of the device together.
 * @module
 */
import type { ClusterConfig, Index } from '../../core/wire/messages.ts';

export interface PaceLimits {
  /** So much may come at once. */
  readonly atOnce: number;
  readonly perSecond: number;
}

/** A bucket for each device: it fills with time, and what comes takes from it. */
export class Pace {
  readonly #limits: PaceLimits;
  /** `room` below zero: so much is waited for. */
  readonly #byDevice = new Map<bigint, { readonly room: number; readonly atMs: number }>();

  constructor(limits: PaceLimits) {
    this.#limits = limits;
  }

  /** @param device its short ID. @returns how long this waits before it is looked at. */
  waitMs(device: bigint, cost: number, nowMs: number): number {
    const { atOnce, perSecond } = this.#limits;
    const before = this.#byDevice.get(device) ?? { room: atOnce, atMs: nowMs };
    const perMs = perSecond / 1000;
    const room = Math.min(atOnce, before.room + (nowMs - before.atMs) * perMs) - cost;
    this.#byDevice.set(device, { room: Math.max(-atOnce, room), atMs: nowMs });
    return room >= 0 ? 0 : Math.min(atOnce, -room) / perMs;
  }
}

export interface Paces {
  /** Each cluster config has the indexes compared, and perhaps told, anew. A person who sets up ten folders makes some in a moment. */
  readonly configs: Pace;
  /**
   * An element takes some microseconds to read, and may come as two bytes before they are packed. Nobody's records are saved as
   * fast as this lets them come; two files of a million blocks come at once.
   */
  readonly indexes: Pace;
}

export function newPaces(): Paces {
  return {
    configs: new Pace({ atOnce: 30, perSecond: 3 }),
    indexes: new Pace({ atOnce: 2_400_000, perSecond: 200_000 }),
  };
}

/** So many elements count as one config more. */
const ELEMENTS = 10_000;

/** @param isFirst each connection begins with one, and costs more than that: who is killed and started over and over is no stranger. */
export function costOfConfig({ folders }: ClusterConfig, isFirst: boolean): number {
  let elements = folders.length;
  for (const { devices, members } of folders)
    for (const list of [devices, members]) for (const { addresses } of list) elements += 1 + addresses.length;
  return (isFirst ? 0 : 1) + elements / ELEMENTS;
}

export function costOfIndex({ files }: Index): number {
  return files.reduce((sum, { blocks, version }) => sum + 1 + blocks.length + version.counters.length, 0);
}
