/**
 * Another wall clock for one program, through libfaketime: what it asks the system for the time is off by so much, while
 * timers and the times of files are the real ones. Needs Debian's package faketime.
 * @module
 */
import { globSync } from 'node:fs';
import { skippedHere } from './missing.ts';

const [LIBRARY] = process.platform === 'linux' ? globSync('/usr/lib/*/faketime/libfaketime.so.1') : [];

/** Why no clock can be set here, or undefined if it can. Under CI that is an error: nothing may be skipped there. */
export function fakeClockMissing(): string | undefined {
  return skippedHere('test with other clocks', LIBRARY === undefined ? 'faketime is not installed' : undefined);
}

/** Words to start a program behind. @param offset as faketime says it: `+10y`, `-1h`. */
export function withClock(offset: string): string[] {
  const settings = { LD_PRELOAD: LIBRARY, FAKETIME: offset, NO_FAKE_STAT: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
  return ['env', ...Object.entries(settings).map(([name, value]) => `${name}=${value}`)];
}
