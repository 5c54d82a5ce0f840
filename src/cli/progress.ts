/**
 * How far a folder's work is, from one look at its status to the next. Pure: time is an argument.
 * @module
 */
import type { FolderStatus } from '../index.ts';
import { countText, durationText, folderName, sizeText } from './render.ts';

export interface Progress {
  /** Folder ID. */
  readonly folder: string;
  readonly activity: 'scanning' | 'receiving' | 'sending';
  readonly items: { readonly done: number; readonly total: number };
  readonly bytes: { readonly done: number; readonly total: number };
  readonly bytesPerSecond: number;
  /** Undefined until there is something to judge by. */
  readonly secondsLeft: number | undefined;
  /** Whole percent; never goes back, and is 100 only at the end. */
  readonly percent: number;
}

/** The rate is the mean over this time. */
const RATE_MS = 5000;
/** A time left is told only after so much work. */
const FORESIGHT_MS = 3000;

/** Follows what is left of one piece of work: it shrinks as work is done and grows as more is found. */
class Remainder {
  done = 0;
  #left: number | undefined;

  get total(): number {
    return this.done + (this.#left ?? 0);
  }

  get left(): number {
    return this.#left ?? 0;
  }

  now(left: number): void {
    this.done += Math.max(0, (this.#left ?? left) - left);
    this.#left = left;
  }
}

/** One folder's work, from the moment it left "in sync" to the moment it is in sync again. */
export class WorkMeter {
  readonly startedMs: number;
  #activity: Progress['activity'] | undefined;
  #items = new Remainder();
  #bytes = new Remainder();
  #samples: { ms: number; done: number }[] = [];
  #activeSinceMs: number;
  #percent = 0;

  constructor(nowMs: number) {
    this.startedMs = nowMs;
    this.#activeSinceMs = nowMs;
  }

  take(status: FolderStatus, nowMs: number): Progress {
    const { activity, items, bytes } = workOf(status);
    if (activity !== this.#activity) this.#begin(activity, nowMs);
    this.#items.now(items);
    this.#bytes.now(bytes);
    this.#samples.push({ ms: nowMs, done: this.#bytes.done });
    while ((this.#samples[1]?.ms ?? nowMs) <= nowMs - RATE_MS) this.#samples.shift();
    const bytesPerSecond = this.#rate();
    const canTell = nowMs - this.#activeSinceMs >= FORESIGHT_MS && bytesPerSecond > 0;
    this.#percent = Math.max(this.#percent, this.#percentNow());
    return {
      folder: status.id,
      activity,
      items: { done: activity === 'scanning' ? status.files : this.#items.done, total: this.#items.total },
      bytes: { done: activity === 'scanning' ? status.bytes : this.#bytes.done, total: this.#bytes.total },
      bytesPerSecond: Math.round(bytesPerSecond),
      secondsLeft: canTell ? Math.ceil(this.#bytes.left / bytesPerSecond) : undefined,
      percent: this.#percent,
    };
  }

  #begin(activity: Progress['activity'], nowMs: number): void {
    this.#activity = activity;
    this.#items = new Remainder();
    this.#bytes = new Remainder();
    this.#samples = [];
    this.#activeSinceMs = nowMs;
    this.#percent = 0;
  }

  #rate(): number {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.ms === first.ms) return 0;
    return ((last.done - first.done) * 1000) / (last.ms - first.ms);
  }

  #percentNow(): number {
    const of = this.#bytes.total > 0 ? this.#bytes : this.#items;
    if (of.left === 0) return of.total === 0 ? 0 : 99; // what is left has no bytes: deletes, directories
    return Math.floor((100 * of.done) / of.total);
  }
}

/** True when nothing is left to do here, nor for any peer that is connected. */
export function isAtRest(status: FolderStatus): boolean {
  if (status.state === 'stopped' || status.state === 'needs-you') return true;
  return status.state === 'in-sync' && status.peers.every((peer) => !peer.connected || peer.completion === 100);
}

/** `Photos  receiving 412/1,284 files  1.3/3.9 GB  33 %  88 MB/s  30 s left`. */
export function progressText(path: string, progress: Progress): string {
  const { activity, items, bytes } = progress;
  const name = folderName(path);
  if (activity === 'scanning') return `${name}  looking: ${countText(items.done)} files, ${sizeText(bytes.done)}`;
  const parts = [`${name}  ${activity} ${countText(items.done)}/${countText(items.total)}`];
  if (bytes.total > 0) parts.push(`${sizeText(bytes.done)} of ${sizeText(bytes.total)}`);
  parts.push(`${progress.percent} %`);
  if (progress.bytesPerSecond > 0) parts.push(`${sizeText(progress.bytesPerSecond)}/s`);
  if (progress.secondsLeft !== undefined) parts.push(`${durationText(progress.secondsLeft)} left`);
  return parts.join('  ');
}

/** What is in the way first: what is missing here, then what the slowest peer misses. */
function workOf(status: FolderStatus): { activity: Progress['activity']; items: number; bytes: number } {
  const { items, deletes, bytes } = status.need;
  if (items + deletes > 0) return { activity: 'receiving', items: items + deletes, bytes };
  if (status.state === 'starting' || status.state === 'scanning') return { activity: 'scanning', items: 0, bytes: 0 };
  const behind = status.peers.filter((peer) => peer.connected && peer.completion < 100);
  const [slowest] = behind.sort((a, b) => b.needBytes - a.needBytes || b.needItems - a.needItems);
  if (slowest === undefined) return { activity: 'scanning', items: 0, bytes: 0 };
  return { activity: 'sending', items: slowest.needItems + slowest.needDeletes, bytes: slowest.needBytes };
}
