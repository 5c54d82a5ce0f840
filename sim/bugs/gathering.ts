/**
 * Bugs of who is a member.
 * @module
 */
import type { PlantedBug } from './planted-bug.ts';

export const GATHERING: readonly PlantedBug[] = [
  {
    name: 'member-word-too-early',
    what: 'what a member said of the others before the folder was shared with it is never heard',
    file: 'src/node/peer/hearsay.ts',
    find: 'if (peer.words !== undefined) this.#pass(',
    replace: 'if (peer.isIntroducer && peer.words !== undefined) this.#pass(',
    breaks: 'Y11',
    foundBy: { seeds: 200 },
  },
  {
    name: 'member-set-not-passed-on',
    what: 'a change of the members is told to nobody else',
    file: 'src/node/engine.ts',
    find: 'if (!isSame || !haveSameMembers(before.members, members)) this',
    replace: 'if (!isSame) this',
    breaks: 'Y8',
    foundBy: { file: 'src/node/members/roster.test.ts', test: 'Y17' },
  },
  {
    name: 'removed-stays-connected',
    what: 'a removal ends no conversation that is under way',
    file: 'src/node/engine.ts',
    find: `    for (const conversation of peer.conversations) conversation.close('not trusted any more');
`,
    replace: '',
    breaks: 'Y12',
    foundBy: { seeds: 50 },
  },
  {
    name: 'member-addition-wins',
    what: 'of a removal and an addition of one generation the addition counts',
    file: 'src/core/members/member-set.ts',
    find: 'Number(a.removed) - Number(b.removed) ||',
    replace: 'Number(b.removed) - Number(a.removed) ||',
    breaks: 'Y2',
    foundBy: { seeds: 50 },
  },
  {
    name: 'members-told-not-written',
    what: 'what others say of the members is in force before it is written',
    file: 'src/node/members/roster.ts',
    find: `    if (next !== this.#configuration) await this.#options.write(next);
    this.#configuration = next;
    await this.#apply(this.#inForce, next);`,
    replace: `    this.#configuration = next;
    await this.#apply(this.#inForce, next);
    await this.#options.write(next);`,
    breaks: 'Y16',
    foundBy: { file: 'src/node/members/roster.test.ts', test: 'Y16 what another says' },
  },
];
