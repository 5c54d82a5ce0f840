/** Entries of a folder's member set, made at random. */
import fc from 'fast-check';
import type { Member } from '../../src/core/members/member-set.ts';

/** Few of each kind, so that entries meet. */
export const members: fc.Arbitrary<Member> = fc.record(
  {
    device: fc.constantFrom('A', 'B', 'C', 'D'),
    name: fc.constantFrom('', 'laptop', 'nas'),
    generation: fc.integer({ min: 1, max: 3 }),
    removed: fc.boolean(),
    by: fc.constantFrom('A', 'B', 'C'),
    atMs: fc.integer({ min: 1, max: 3 }),
  },
  { noNullPrototype: true },
);
