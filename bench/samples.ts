/**
 * What is measured of each contender alike, and what it is called, so that a report compares like with like.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Memory } from '../test/harness/process.ts';
import type { Sample } from './report.ts';
import type { Workload } from './workload.ts';

const MIB = 1 << 20;
/** After a restart, until it has nothing more to do. */
const IDLE_MS = 5000;

/** Of a first sync: how long the sender took to look at its files, and the receiver to get them. */
export interface FirstSync {
  readonly scanMs: number;
  readonly transferMs: number;
}

export function firstSyncSamples(contender: string, workload: Workload, { scanMs, transferMs }: FirstSync): Sample[] {
  const sample = (measure: string, ms: number): Sample => ({
    contender,
    measure: `${measure} of ${workload.name}`,
    unit: 's',
    value: ms / 1000,
  });
  return [sample('scan', scanMs), sample('transfer', transferMs), sample('first sync', scanMs + transferMs)];
}

interface Restartable {
  memory(): Memory;
  restart(): Promise<void>;
}

/**
 * Resident memory of two nodes that have just synced for the first time: at most until now, and idle after a restart of both.
 * @param inSync resolves when they are in sync again.
 */
export async function memorySamples(
  contender: string,
  workload: Workload,
  { first, second }: { readonly first: Restartable; readonly second: Restartable },
  inSync: () => Promise<unknown>,
): Promise<Sample[]> {
  const sample = (measure: string, bytes: number): Sample => ({
    contender,
    measure: `memory with ${workload.name}, ${measure}`,
    unit: 'MiB',
    value: bytes / MIB,
  });
  const during = [
    sample('sender, most', first.memory().residentBytesMax),
    sample('receiver, most', second.memory().residentBytesMax),
    sample('sender, after the sync', first.memory().residentBytes),
    sample('receiver, after the sync', second.memory().residentBytes),
  ];
  await first.restart();
  await second.restart();
  await inSync();
  await delay(IDLE_MS);
  return [
    ...during,
    sample('sender, idle after a restart', first.memory().residentBytes),
    sample('receiver, idle after a restart', second.memory().residentBytes),
  ];
}
