/** The two ends against each other: what both say, how often may be guessed, what is offered and taken. */
import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import {
  CODE,
  OFFER,
  WRONG,
  bothEnds,
  host,
  joiner,
  meeting,
  scalar,
  talk,
  triesLeft,
  upToProof,
} from '../../../test/harness/pairing-talk.ts';
import type { PairingMessage } from '../wire/pairing.ts';
import { CODE_MS, Guesses, PAUSE_MS } from './guesses.ts';
import type { HostTurn } from './host.ts';
import { JOINER_TRIES_MAX, JoinerTries, type JoinerOutcome } from './joiner.ts';

test('J11 the right code proves both ends to each other; then come the folders, then the answer', () => {
  const ends = bothEnds();
  const story = talk(ends, CODE);
  deepEqual(story.said, [
    'host: Welcome',
    'joiner: Hello',
    'host: HelloBack',
    'joiner: Confirm',
    'host: Confirm',
    'host: Offer',
  ]);
  deepEqual(story.host, { is: 'proven', name: 'tom-xps' });
  deepEqual(story.joiner, { is: 'offered', offer: OFFER });
  const turn = ends[1].receive(ends[0].accept(['photos', 'photos']), 1);
  deepEqual(turn, { send: [], outcome: { is: 'accepted', name: 'tom-xps', folders: ['photos'] } });
});

test('J11 the welcome says who waits and in which version', () => {
  const { type, body } = host(meeting('1'), new Guesses(CODE, 0)).welcome();
  deepEqual([type, body], ['Welcome', { version: 1, name: 'maria-laptop', system: 'Linux' }]);
  const turn = joiner(meeting('1')).receive({ type, body } as PairingMessage);
  deepEqual(turn.outcome, { is: 'welcomed', waiting: { name: 'maria-laptop', system: 'Linux' } });
});

test('J12 a wrong code is told to both, with the tries that are left; no folder was named', () => {
  const guesses = new Guesses(CODE, 0);
  for (const triesLeft of [2, 1]) {
    const story = talk(bothEnds(guesses), WRONG);
    deepEqual(story.said.slice(3), ['joiner: Confirm', 'host: Refused']);
    deepEqual(story.host, { is: 'wrong', triesLeft });
    deepEqual(story.joiner, { is: 'wrong', triesLeft });
  }
  const third = talk(bothEnds(guesses), WRONG);
  deepEqual([third.host, third.joiner], [{ is: 'wrong', triesLeft: 0 }, { is: 'too-many' }]);
});

test('J12 the fourth guess is refused before it is one, even with the right code', () => {
  const guesses = new Guesses(CODE, 0);
  for (let guess = 1; guess <= 3; guess += 1) talk(bothEnds(guesses), WRONG);
  const same = talk([joiner(meeting('1')), host(meeting('1'), guesses, 'tom')], CODE);
  deepEqual(same.said, ['host: Welcome', 'joiner: Hello', 'host: Refused']);
  deepEqual([same.host, same.joiner], [{ is: 'refused', because: 'too-many' }, { is: 'too-many' }]);
  const other = talk([joiner(meeting('1')), host(meeting('1'), guesses, 'ann')], CODE);
  deepEqual([other.host, other.joiner], [{ is: 'refused', because: 'pause' }, { is: 'no-code' }]);
});

test('J12 four guesses that are prepared at once are three guesses, and the right one among them comes too late', () => {
  const guesses = new Guesses(CODE, 0);
  const wrong = ['a', 'b', 'c'].map((source) => upToProof(guesses, WRONG, source));
  const right = upToProof(guesses, CODE, 'd');
  deepEqual(
    wrong.map(({ hosting, proof }) => hosting.receive(proof, 0).outcome),
    [2, 1, 0].map((triesLeft) => ({ is: 'wrong', triesLeft })),
  );
  deepEqual(right.hosting.receive(right.proof, 0).outcome, { is: 'refused', because: 'burnt' });
  guesses.renew(CODE, PAUSE_MS);
  const late = upToProof(guesses, CODE, 'e');
  equal(late.hosting.receive(late.proof, PAUSE_MS).outcome.is, 'proven');
});

test('J12 two joiners who both know the code: the first has it, the second comes too late and learns no folder', () => {
  const guesses = new Guesses(CODE, 0);
  const [first, second] = [upToProof(guesses, CODE, 'a'), upToProof(guesses, CODE, 'b')];
  equal(first.hosting.receive(first.proof, 0).outcome.is, 'proven');
  const turn: HostTurn = second.hosting.receive(second.proof, 0);
  deepEqual(turn.outcome, { is: 'refused', because: 'used' });
  deepEqual(
    turn.send.map(({ type }) => type),
    ['Refused'],
  );
});

test('J12 a code that expires while somebody is half way is not judged any more', () => {
  for (const [nowMs, want] of [
    [CODE_MS - 1, { is: 'proven', name: 'tom-xps' }],
    [CODE_MS, { is: 'refused', because: 'expired' }],
  ] as const) {
    const { hosting, proof } = upToProof(new Guesses(CODE, 0), CODE, 'a');
    deepEqual(hosting.receive(proof, nowMs).outcome, want);
  }
});

test('J12 who hangs up after our point has come has not guessed', () => {
  const guesses = new Guesses(CODE, 0);
  for (let time = 1; time <= 10; time += 1) upToProof(guesses, WRONG, 'a');
  equal(triesLeft(guesses, 'a'), 3);
});

test('J15 a folder that was not offered cannot be accepted', () => {
  const ends = bothEnds();
  talk(ends, CODE);
  throws(() => ends[0].accept(['secrets']), RangeError);
  throws(() => ends[1].receive({ type: 'Accept', body: { folders: ['photos', 'secrets'] } }, 0), {
    code: 'unexpected',
  });
});

test('J15 none of the folders may be taken: the devices are paired all the same', () => {
  const ends = bothEnds();
  talk(ends, CODE);
  deepEqual(ends[1].receive(ends[0].accept([]), 0).outcome, { is: 'accepted', name: 'tom-xps', folders: [] });
});

test('J15 the joiner may decline at any time', () => {
  const early = host(meeting('1'), new Guesses(CODE, 0));
  deepEqual(early.receive(joiner(meeting('1')).decline(), 0).outcome, { is: 'declined' });
  const ends = bothEnds();
  talk(ends, CODE);
  deepEqual(ends[1].receive(ends[0].decline(), 0).outcome, { is: 'declined' });
});

test('J15 a hint that could lead anywhere but to one new directory is no hint', () => {
  const hints = [
    'Photos',
    'a b',
    '.config',
    '',
    '.',
    '..',
    '...',
    '../x',
    '/etc',
    'a/b',
    'a\\b',
    'C:',
    'a\u0000',
    'a\nb',
  ];
  const folders = hints.map((pathHint, at) => ({ id: `${at}`, label: '', files: 0, bytes: 0, pathHint }));
  const story = talk(bothEnds(), CODE, {
    tamper: (_, message) => (message.type === 'Offer' ? { type: 'Offer', body: { folders, addresses: [] } } : message),
  });
  ok(story.joiner.is === 'offered');
  deepEqual(
    story.joiner.offer.folders.map(({ pathHint }) => pathHint).filter((hint) => hint !== ''),
    ['Photos', 'a b', '.config'],
  );
});

test('J16 a joiner gives away three proofs in all, also to hosts that never count', () => {
  const tries = new JoinerTries();
  const told: JoinerOutcome[] = [];
  for (let time = 1; time <= JOINER_TRIES_MAX; time += 1)
    told.push(talk([joiner(meeting('1'), tries), host(meeting('1'), new Guesses(CODE, 0))], WRONG).joiner);
  deepEqual(told, [{ is: 'wrong', triesLeft: 2 }, { is: 'wrong', triesLeft: 1 }, { is: 'too-many' }]);
  equal(tries.left, 0);
});

test('J16 a host that refuses before our proof has cost none', () => {
  const tries = new JoinerTries();
  const closed = new Guesses(CODE, 0);
  closed.end('closed');
  equal(talk([joiner(meeting('1'), tries), host(meeting('1'), closed)], CODE).joiner.is, 'no-code');
  equal(tries.left, JOINER_TRIES_MAX);
});

test('J16 one conversation takes one code', () => {
  const joining = joiner(meeting('1'));
  throws(() => joining.hello(CODE, scalar()), /due was: welcome/);
  joining.receive(host(meeting('1'), new Guesses(CODE, 0)).welcome());
  joining.hello(CODE, scalar());
  throws(() => joining.hello(WRONG, scalar()), /due was: hello-back/);
});
