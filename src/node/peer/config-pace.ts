/**
 * How often a device may say what it shares (R19): each time the indexes are compared, and perhaps told, anew.
 *
 * A person who sets up ten folders makes ten cluster configs in a moment, and nobody waits for them. One that goes on and on
 * is heard once a second, on all its connections together, and larger ones less often.
 * @module
 */
import type { ClusterConfig } from '../../core/wire/messages.ts';

/** Of ordinary size, without a wait. */
const AT_ONCE = 10;
const EACH_MS = 1000;
/** So many more count as one config more. */
const ELEMENTS = 10_000;

export class ConfigPace {
  /** How many may come at once; below zero: how many are waited for. */
  readonly #rooms = new Map<bigint, { readonly room: number; readonly atMs: number }>();

  /** @param device its short ID. @returns how long this one waits before it is looked at. */
  waitMs(device: bigint, config: ClusterConfig, nowMs: number): number {
    const { room, atMs } = this.#rooms.get(device) ?? { room: AT_ONCE, atMs: nowMs };
    const restored = Math.min(AT_ONCE, room + (nowMs - atMs) / EACH_MS);
    const left = Math.max(-AT_ONCE, restored - 1 - elementsOf(config) / ELEMENTS);
    this.#rooms.set(device, { room: left, atMs: nowMs });
    return Math.max(0, -left * EACH_MS);
  }
}

function elementsOf({ folders }: ClusterConfig): number {
  let elements = folders.length;
  for (const { devices, members } of folders)
    for (const list of [devices, members]) for (const { addresses } of list) elements += 1 + addresses.length;
  return elements;
}
