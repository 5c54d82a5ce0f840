/** The two ends against each other, and against whoever stands between them. No stream, no time: messages handed over. */
import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { pairingCrypto } from '../../edges/net/pairing-crypto.ts';
import type { Offer, PairingMessage } from '../wire/pairing.ts';
import { halfOf, tagsOfMeeting, type Introduced, type Meeting } from './exchange.ts';
import { CODE_MS, Guesses, PAUSE_MS } from './guesses.ts';
import { HostRun, type HostOutcome, type HostTurn } from './host.ts';
import { JOINER_TRIES_MAX, JoinerRun, JoinerTries, type JoinerOutcome } from './joiner.ts';

const CODE = '481207';
const WRONG = '592318';
const OFFER: Offer = {
  folders: [
    { id: 'photos', label: 'Photos', files: 1_284, bytes: 3_900_000_000, pathHint: 'Photos' },
    { id: 'notes', label: 'Notes', files: 3, bytes: 99, pathHint: 'Notes' },
  ],
  addresses: ['192.168.1.20:1111'],
};

/** 32 bytes that are as good as random and the same in each run. */
const seeded = (seed: string): Uint8Array => new Uint8Array(createHash('sha256').update(seed).digest());
const [TOM, MARIA, ANN, EVE] = [seeded('tom'), seeded('maria'), seeded('ann'), seeded('eve')];
const meeting = (connection: string, joiner = TOM, host = MARIA): Meeting => ({
  binding: seeded(`connection ${connection}`),
  joiner,
  host,
});

let scalars = 0;
const scalar = (): Uint8Array => seeded(`scalar ${(scalars += 1)}`);

function host(over: Meeting, guesses: Guesses, source = 'tom'): HostRun {
  const terms = { crypto: pairingCrypto, guesses, meeting: over, source, scalar: scalar(), offer: () => OFFER };
  return new HostRun({ ...terms, name: 'maria-laptop', system: 'Linux' });
}

function joiner(over: Meeting, tries = new JoinerTries()): JoinerRun {
  return new JoinerRun({ crypto: pairingCrypto, meeting: over, tries, name: 'tom-xps' });
}

interface Story {
  /** Every message, in order, with who sent it. */
  readonly said: readonly string[];
  readonly host: HostOutcome;
  readonly joiner: JoinerOutcome;
}

type Tamper = (from: 'host' | 'joiner', message: PairingMessage) => PairingMessage | undefined;

/** Lets both talk until nobody has anything to say. `tamper` stands in between. */
function talk(
  [joining, hosting]: readonly [JoinerRun, HostRun],
  typed: string,
  { nowMs = 0, tamper = (_from, message) => message }: { nowMs?: number; tamper?: Tamper } = {},
): Story {
  const said: string[] = [];
  let atHost: HostOutcome = { is: 'goes-on' };
  let atJoiner: JoinerOutcome = { is: 'goes-on' };
  const toJoiner: PairingMessage[] = [hosting.welcome()];
  const toHost: PairingMessage[] = [];
  while (toJoiner.length + toHost.length > 0) {
    const from = toJoiner.length > 0 ? 'host' : 'joiner';
    const sent = toJoiner.shift() ?? toHost.shift();
    ok(sent !== undefined);
    const message = tamper(from, sent);
    if (message === undefined) continue;
    said.push(`${from}: ${message.type}`);
    if (from === 'joiner') {
      const turn = hosting.receive(message, nowMs);
      toJoiner.push(...turn.send);
      atHost = turn.outcome;
      continue;
    }
    const turn = joining.receive(message);
    toHost.push(...turn.send);
    if (turn.outcome.is === 'welcomed') toHost.push(joining.hello(typed, scalar()));
    if (turn.outcome.is !== 'goes-on') atJoiner = turn.outcome;
  }
  return { said, host: atHost, joiner: atJoiner };
}

test('J11 the right code proves both ends to each other; then come the folders, then the answer', () => {
  const ends = [joiner(meeting('1')), host(meeting('1'), new Guesses(CODE, 0))] as const;
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
    const story = talk([joiner(meeting('1')), host(meeting('1'), guesses)], WRONG);
    deepEqual(story.said.slice(3), ['joiner: Confirm', 'host: Refused']);
    deepEqual(story.host, { is: 'wrong', triesLeft });
    deepEqual(story.joiner, { is: 'wrong', triesLeft });
  }
  const third = talk([joiner(meeting('1')), host(meeting('1'), guesses)], WRONG);
  deepEqual([third.host, third.joiner], [{ is: 'wrong', triesLeft: 0 }, { is: 'too-many' }]);
});

test('J12 the fourth guess is refused before it is one, even with the right code', () => {
  const guesses = new Guesses(CODE, 0);
  for (let guess = 1; guess <= 3; guess += 1) talk([joiner(meeting('1')), host(meeting('1'), guesses)], WRONG);
  const same = talk([joiner(meeting('1')), host(meeting('1'), guesses, 'tom')], CODE);
  deepEqual(same.said, ['host: Welcome', 'joiner: Hello', 'host: Refused']);
  deepEqual([same.host, same.joiner], [{ is: 'refused', because: 'too-many' }, { is: 'too-many' }]);
  const other = talk([joiner(meeting('1')), host(meeting('1'), guesses, 'ann')], CODE);
  deepEqual([other.host, other.joiner], [{ is: 'refused', because: 'pause' }, { is: 'no-code' }]);
});

function triesLeft(guesses: Guesses, source: string): number | undefined {
  const may = guesses.may(source, 0);
  return may.may ? may.triesLeft : undefined;
}

/** A conversation up to the joiner's proof, which is kept back. */
function upToProof(guesses: Guesses, typed: string, source: string): { hosting: HostRun; proof: PairingMessage } {
  const over = meeting(source);
  const hosting = host(over, guesses, source);
  let proof: PairingMessage | undefined;
  talk([joiner(over), hosting], typed, {
    tamper: (from, message) => {
      if (from === 'host' || message.type !== 'Confirm') return message;
      proof = message;
      return undefined;
    },
  });
  ok(proof !== undefined);
  return { hosting, proof };
}

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

test('J13 case J12: a man in the middle who relays two connections gets nowhere, though both people type and show the same code', () => {
  // Tom's connection ends at Eve, Eve's at Maria; Eve passes every message on, as it is.
  const story = talk(
    [joiner(meeting('tom-eve', TOM, EVE)), host(meeting('eve-maria', EVE, MARIA), new Guesses(CODE, 0))],
    CODE,
  );
  equal(story.host.is, 'wrong');
  equal(story.joiner.is, 'wrong');
  ok(!story.said.includes('host: Offer'));
});

test('J13 one that takes over the connection but not the certificates, or the other way round, gets nowhere either', () => {
  const same = talk([joiner(meeting('1', TOM, EVE)), host(meeting('1', EVE, MARIA), new Guesses(CODE, 0))], CODE);
  equal(same.host.is, 'wrong');
  const other = talk([joiner(meeting('1')), host(meeting('2'), new Guesses(CODE, 0))], CODE);
  equal(other.host.is, 'wrong');
});

test('J13 a man in the middle who knows the code of one side gets that side, as anybody does who was shown it, and not the other', () => {
  // Ann shows WRONG and Eve has seen it. Maria shows CODE, and Tom types that; Eve stands between Tom and Maria.
  const withAnn = meeting('eve-ann', EVE, ANN);
  equal(talk([joiner(withAnn), host(withAnn, new Guesses(WRONG, 0))], WRONG).host.is, 'proven');
  // She plays the host for Tom with the code that she knows: both ends are told.
  const withTom = meeting('tom-eve', TOM, EVE);
  const played = talk([joiner(withTom), host(withTom, new Guesses(WRONG, 0))], CODE);
  deepEqual([played.host.is, played.joiner.is], ['wrong', 'wrong']);
  // She plays the joiner for Maria with it, and relays Tom to Maria.
  const withMaria = meeting('eve-maria', EVE, MARIA);
  for (const [joining, typed] of [
    [joiner(withMaria), WRONG],
    [joiner(withTom), CODE],
  ] as const)
    equal(talk([joining, host(withMaria, new Guesses(CODE, 0))], typed).host.is, 'wrong');
});

test('J13 a host that does not know the code, and says that it does, is found out by its tag', () => {
  let spent = 0;
  const story = talk([joiner(meeting('1')), host(meeting('1'), new Guesses(CODE, 0))], CODE, {
    tamper: (from, message) => {
      if (from !== 'host' || message.type !== 'Confirm') return message.type === 'Offer' ? undefined : message;
      spent += 1;
      return { type: 'Confirm', body: { tag: new Uint8Array(64) } };
    },
  });
  equal(spent, 1);
  deepEqual(story.joiner, { is: 'wrong', triesLeft: 2 });
});

test('J13 the joiner’s own tag, sent back to it, proves nothing', () => {
  let own: PairingMessage | undefined;
  const story = talk([joiner(meeting('1')), host(meeting('1'), new Guesses(CODE, 0))], CODE, {
    tamper: (from, message) => {
      if (message.type !== 'Confirm') return message.type === 'Offer' ? undefined : message;
      if (from === 'joiner') own = message;
      return own;
    },
  });
  equal(story.joiner.is, 'wrong');
});

test('J14 case J12: a recorded run that is replayed on another connection, or on the same with another point, proves nothing', () => {
  const recorded: PairingMessage[] = [];
  const guesses = new Guesses(CODE, 0);
  talk([joiner(meeting('1')), host(meeting('1'), guesses)], CODE, {
    tamper: (from, message) => {
      if (from === 'joiner') recorded.push(message);
      return message;
    },
  });
  const [hello, confirm] = recorded;
  ok(hello !== undefined && confirm !== undefined);
  for (const over of [meeting('2'), meeting('1')]) {
    const again = new Guesses(CODE, 0); // even if the same code were shown once more
    const hosting = host(over, again, 'eve');
    equal(hosting.receive(hello, 0).outcome.is, 'goes-on');
    deepEqual(hosting.receive(confirm, 0).outcome, { is: 'wrong', triesLeft: 2 });
  }
});

test('J14 whatever is changed on the way, nobody is paired', () => {
  const flip = (bytes: Uint8Array): Uint8Array => {
    const changed = Uint8Array.from(bytes);
    changed[5] = (changed[5] ?? 0) ^ 1;
    return changed;
  };
  const tampers: Readonly<Record<string, Tamper>> = {
    'the name of the joiner': (_, message) =>
      message.type === 'Hello' ? { ...message, body: { ...message.body, name: 'tom-xqs' } } : message,
    'the version of the joiner': (_, message) =>
      message.type === 'Hello' ? { ...message, body: { ...message.body, version: 2 } } : message,
    'the point of the joiner': (_, message) =>
      message.type === 'Hello' ? { ...message, body: { ...message.body, y: flip(message.body.y) } } : message,
    'the point of the host': (_, message) =>
      message.type === 'HelloBack' ? { ...message, body: { ...message.body, y: flip(message.body.y) } } : message,
    'the name of the host, everywhere': (_, message) =>
      message.type === 'Welcome' || message.type === 'HelloBack'
        ? ({ ...message, body: { ...message.body, name: 'maria-1aptop' } } as PairingMessage)
        : message,
    'the version of the host, everywhere': (_, message) =>
      message.type === 'Welcome' || message.type === 'HelloBack'
        ? ({ ...message, body: { ...message.body, version: 2 } } as PairingMessage)
        : message,
    'the tag of the joiner': (from, message) =>
      message.type === 'Confirm' && from === 'joiner'
        ? { type: 'Confirm', body: { tag: flip(message.body.tag) } }
        : message,
  };
  for (const [what, tamper] of Object.entries(tampers)) {
    const story = talk([joiner(meeting('1')), host(meeting('1'), new Guesses(CODE, 0))], CODE, { tamper });
    equal(story.host.is, 'wrong', what);
    equal(story.joiner.is, 'wrong', what);
    ok(!story.said.includes('host: Offer'), what);
  }
});

test('J14 the host may not change its name after it was shown to a person', () => {
  throws(
    () =>
      talk([joiner(meeting('1')), host(meeting('1'), new Guesses(CODE, 0))], CODE, {
        tamper: (_, message) =>
          message.type === 'HelloBack' ? { ...message, body: { ...message.body, name: 'nas' } } : message,
      }),
    { name: 'WireError', code: 'unexpected' },
  );
});

test('J14 a point of low order ends the conversation at either end, and is no guess', () => {
  const zero = new Uint8Array(32);
  for (const type of ['Hello', 'HelloBack'] as const) {
    const guesses = new Guesses(CODE, 0);
    throws(
      () =>
        talk([joiner(meeting('1')), host(meeting('1'), guesses)], CODE, {
          tamper: (_, message) =>
            message.type === type ? ({ ...message, body: { ...message.body, y: zero } } as PairingMessage) : message,
        }),
      { name: 'WireError', code: 'bad-field' },
    );
    equal(triesLeft(guesses, 'tom'), 3);
  }
});

test('J14 what is not due ends the conversation, whoever says it and whenever', () => {
  const y = seeded('y');
  const tag = new Uint8Array(64);
  const all: PairingMessage[] = [
    { type: 'Welcome', body: { version: 1, name: 'x', system: '' } },
    { type: 'Hello', body: { version: 1, name: 'x', y } },
    { type: 'HelloBack', body: { version: 1, name: 'x', y, triesLeft: 3 } },
    { type: 'Confirm', body: { tag } },
    { type: 'Offer', body: OFFER },
    { type: 'Accept', body: { folders: ['photos'] } },
  ];
  const unexpected = { name: 'WireError', code: 'unexpected' };
  for (const message of all) {
    if (message.type !== 'Hello')
      throws(() => host(meeting('1'), new Guesses(CODE, 0)).receive(message, 0), unexpected);
    if (message.type !== 'Welcome') throws(() => joiner(meeting('1')).receive(message), unexpected);
    const { hosting } = upToProof(new Guesses(CODE, 0), CODE, 'a');
    if (message.type !== 'Confirm') throws(() => hosting.receive(message, 0), unexpected);
    const ends = [joiner(meeting('1')), host(meeting('1'), new Guesses(CODE, 0))] as const;
    talk(ends, CODE);
    if (message.type !== 'Accept') throws(() => ends[1].receive(message, 0), unexpected);
    throws(() => ends[0].receive(message), unexpected);
  }
});

test('J14 after an end nothing more is taken, not even the right message', () => {
  const { hosting, proof } = upToProof(new Guesses(CODE, 0), CODE, 'a');
  throws(() => hosting.receive({ type: 'Accept', body: { folders: [] } }, 0), { code: 'unexpected' });
  throws(() => hosting.receive(proof, 0), { code: 'unexpected' });
});

test('J15 a folder that was not offered cannot be accepted', () => {
  const ends = [joiner(meeting('1')), host(meeting('1'), new Guesses(CODE, 0))] as const;
  talk(ends, CODE);
  throws(() => ends[0].accept(['secrets']), RangeError);
  throws(() => ends[1].receive({ type: 'Accept', body: { folders: ['photos', 'secrets'] } }, 0), {
    code: 'unexpected',
  });
});

test('J15 none of the folders may be taken: the devices are paired all the same', () => {
  const ends = [joiner(meeting('1')), host(meeting('1'), new Guesses(CODE, 0))] as const;
  talk(ends, CODE);
  deepEqual(ends[1].receive(ends[0].accept([]), 0).outcome, { is: 'accepted', name: 'tom-xps', folders: [] });
});

test('J15 the joiner may decline at any time', () => {
  const early = host(meeting('1'), new Guesses(CODE, 0));
  deepEqual(early.receive(joiner(meeting('1')).decline(), 0).outcome, { is: 'declined' });
  const ends = [joiner(meeting('1')), host(meeting('1'), new Guesses(CODE, 0))] as const;
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
  const story = talk([joiner(meeting('1')), host(meeting('1'), new Guesses(CODE, 0))], CODE, {
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

test('J16 a false host can test the one guess that its point was made with on a joiner’s proof', () => {
  const over = meeting('tom-eve', TOM, EVE);
  for (const [guess, fits] of [
    [CODE, true],
    [WRONG, false],
  ] as const) {
    const atTom = halfOf(pairingCrypto, over, CODE, scalar());
    const atEve = halfOf(pairingCrypto, over, guess, scalar());
    const tom: Introduced = { version: 1, name: 'tom-xps', y: atTom.y };
    const eve: Introduced = { version: 1, name: 'maria-laptop', y: atEve.y };
    const proof = tagsOfMeeting(pairingCrypto, over, { scalar: atTom.scalar, farY: eve.y }, tom, eve)?.initiator;
    const expected = tagsOfMeeting(pairingCrypto, over, { scalar: atEve.scalar, farY: tom.y }, tom, eve)?.initiator;
    ok(proof !== undefined && expected !== undefined);
    equal(pairingCrypto.isEqual(proof, expected), fits);
  }
});
