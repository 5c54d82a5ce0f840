/** The two ends against whoever stands between them, replays, lies, or plays one of them. */
import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import {
  ANN,
  CODE,
  EVE,
  MARIA,
  OFFER,
  TOM,
  WRONG,
  bothEnds,
  host,
  joiner,
  meeting,
  scalar,
  seeded,
  talk,
  triesLeft,
  upToProof,
  type Tamper,
} from '../../../test/harness/pairing-talk.ts';
import { pairingCrypto } from '../../edges/net/pairing-crypto.ts';
import type { PairingMessage } from '../wire/pairing.ts';
import { halfOf, tagsOfMeeting, type Introduced } from './exchange.ts';
import { Guesses } from './guesses.ts';

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
  const story = talk(bothEnds(), CODE, {
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
  const story = talk(bothEnds(), CODE, {
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
  talk(bothEnds(guesses), CODE, {
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
    const story = talk(bothEnds(), CODE, { tamper });
    equal(story.host.is, 'wrong', what);
    equal(story.joiner.is, 'wrong', what);
    ok(!story.said.includes('host: Offer'), what);
  }
});

test('J14 the host may not change its name after it was shown to a person', () => {
  throws(
    () =>
      talk(bothEnds(), CODE, {
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
        talk(bothEnds(guesses), CODE, {
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
    const ends = bothEnds();
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
