/**
 * Many random sessions against one victim, judged together: nothing outside is touched, the honest peer is served, memory
 * and processor time are bounded.
 * @module
 */
import type { TestContext } from 'node:test';
import { playSession, type Outcome } from './random-session.ts';
import type { Scene } from './scene.ts';

/** After so many the honest peer has to be served. */
const SERVED_EVERY = 100;
const CPU_MS_PER_SESSION_MAX = 200;
const LOG_LINES_PER_SESSION_MAX = 10;

export interface Sessions {
  readonly sessions: number;
  /** Of the first; each has the next. */
  readonly seed: number;
}

type Told = Pick<TestContext, 'name' | 'diagnostic'>;

export async function playSessions(scene: Scene, context: Told, { sessions, seed }: Sessions): Promise<void> {
  const bounds = {
    cpuMs: 10_000 + sessions * CPU_MS_PER_SESSION_MAX,
    logLines: 100 + sessions * LOG_LINES_PER_SESSION_MAX,
    isBusy: true,
  };
  await scene.run(context, bounds, async ({ evil, folder, served }) => {
    const outcomes = new Map<Outcome, number>();
    for (let number = 0; number < sessions; number += 1) {
      const peer = await evil();
      try {
        const outcome = await playSession(seed + number, peer, folder);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        if (peer.hasSecret) throw new Error('something of what lies outside came over the wire');
        if (number % SERVED_EVERY === SERVED_EVERY - 1) await served();
      } catch (cause) {
        throw new Error(`in the session of seed ${seed + number}`, { cause });
      } finally {
        peer.leave();
      }
    }
    const counted = [...outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
    return `${sessions} sessions: ${counted}`;
  });
}
