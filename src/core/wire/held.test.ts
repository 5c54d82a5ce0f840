import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { HELD_ACTS_MAX } from '../limits.ts';
import { readHeld, writeHeld, type HeldFact } from './held.ts';
import { Ping } from './messages.ts';
import { WireError } from './wire-error.ts';

const FACTS: HeldFact[] = [
  { folder: 'photos', kind: 'deletes-here', count: 4950 },
  { folder: 'photos', kind: 'deletes-by-peers', count: 1 },
  { folder: 'notes', kind: 'replacements-by-peers', count: 2 ** 40 },
];

test('U92 what waits for a person is read back as it was written; that nothing waits any more is told, too', () => {
  deepEqual(readHeld(Ping.decode(Ping.encode({ held: writeHeld(FACTS) })).held), FACTS);
  deepEqual(readHeld(Ping.decode(Ping.encode({ held: writeHeld([]) })).held), []);
});

test('U92 an ordinary ping says nothing of it, and has no bytes', () => {
  equal(Ping.encode({}).length, 0);
  equal(Ping.decode(new Uint8Array(0)).held.told, false);
  equal(Ping.decode(Ping.encode({ held: writeHeld([]) })).held.told, true);
});

test('U92 what cannot be, or is of a later version, is passed over; too much is malformed and never sent', () => {
  const acts = [
    { folder: 'a', kind: 99, count: 1 },
    { folder: 'a', kind: 0, count: 1 },
    { folder: 'a', kind: -1, count: 1 },
    { folder: 'a', kind: 1, count: 0 },
    { folder: 'a', kind: 1, count: -5 },
  ];
  deepEqual(readHeld(Ping.decode(Ping.encode({ held: { told: true, acts } })).held), []);
  const many = Array.from({ length: HELD_ACTS_MAX + 1 }, () => ({ folder: 'a', kind: 1, count: 1 }));
  throws(() => Ping.decode(Ping.encode({ held: { told: true, acts: many } })), WireError);
  const facts = many.map((): HeldFact => ({ folder: 'a', kind: 'deletes-here', count: 1 }));
  equal(readHeld(Ping.decode(Ping.encode({ held: writeHeld(facts) })).held).length, HELD_ACTS_MAX);
});
