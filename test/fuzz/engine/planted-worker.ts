/**
 * Readers with a fault each, to see that each kind of fault is found.
 * @module
 */
import { serve } from './serve.ts';
import type { Target } from './target.ts';

const RUNS: Readonly<Record<string, Target['run']>> = {
  /** Nobody guesses five bytes at once; one after the other they show in what was reached. */
  hidden: (bytes) => {
    if (bytes[0] !== 0x80) return;
    if (bytes[1] !== 0xfe) return;
    if (bytes[2] !== 0x7f) return;
    if (bytes[3] !== 0x20) return;
    if (bytes[4] === 0xc0) throw new Error('found');
  },
  rejecting: async (bytes) => {
    await Promise.resolve();
    if (bytes.length > 3) throw new TypeError('later');
  },
  hanging: (bytes) => {
    while (bytes.includes(0xff)) bytes[0] = 0;
  },
  greedy: (bytes) => {
    const kept: number[][] = [];
    while (bytes.includes(0xff)) kept.push(Array.from({ length: 100_000 }, () => kept.length));
  },
  /** Slow only for who sends much. */
  quadratic: (bytes) => {
    let sum = 0;
    for (const a of bytes) for (const b of bytes) sum += a ^ b;
    if (sum < 0) throw new Error('never');
  },
  sound: () => {},
};

serve((name) => {
  const run = RUNS[name];
  if (run === undefined) throw new Error(`no planted fault "${name}"`);
  return {
    name,
    title: '',
    run,
    seeds: () => [new Uint8Array(8)],
    rooms: ['/planted-worker.ts'],
    bytesMax: name === 'hidden' ? 64 : 64 * 1024,
    slowMs: 60_000,
  };
});
