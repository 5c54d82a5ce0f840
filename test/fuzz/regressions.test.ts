/** Inputs that once broke a promise do not any more. */
import { doesNotReject } from 'node:assert/strict';
import { test } from 'node:test';
import { REGRESSIONS } from './regressions.ts';
import { findTarget } from './targets.ts';

for (const [name, hex, was] of REGRESSIONS) {
  const { title, run } = findTarget(name);
  test(`${title}: ${hex.slice(0, 24)}, once: ${was}`, () =>
    doesNotReject(async () => run(Uint8Array.from(Buffer.from(hex, 'hex')))));
}
