/**
 * What a process spends, from the kernel's account (Linux).
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { memoryOf } from '../harness/process.ts';

/** The kernel counts in hundredths of a second on every machine of today. */
const TICK_MS = 10;

export interface Cost {
  /** The most that it had in memory, above what it had at the start. */
  readonly grownBytes: number;
  /** Processor time of all its threads. */
  readonly cpuMs: number;
  readonly tookMs: number;
}

/** Begins to measure. @returns what was spent since. */
export function measureCost(pid: number): () => Cost {
  writeFileSync(`/proc/${pid}/clear_refs`, '5'); // the peak counts from here
  const [startedMs, cpuMs, bytes] = [performance.now(), cpuMsOf(pid), memoryOf(pid).residentBytes];
  return () => ({
    grownBytes: memoryOf(pid).residentBytesMax - bytes,
    cpuMs: cpuMsOf(pid) - cpuMs,
    tookMs: performance.now() - startedMs,
  });
}

function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name in parentheses may hold anything
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
