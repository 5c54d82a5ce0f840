/**
 * The two ends of a pairing as state machines, without streams or time: messages are handed over, and may be changed on the way.
 * @module
 */
import { ok } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Meeting } from '../../src/core/pairing/exchange.ts';
import { Guesses } from '../../src/core/pairing/guesses.ts';
import { HostRun, type HostOutcome } from '../../src/core/pairing/host.ts';
import { JoinerRun, JoinerTries, type JoinerOutcome } from '../../src/core/pairing/joiner.ts';
import type { Offer, PairingMessage } from '../../src/core/wire/pairing.ts';
import { pairingCrypto } from '../../src/edges/net/pairing-crypto.ts';

/** What the host shows. */
export const CODE = '481207';
/** What somebody types who was not shown it. */
export const WRONG = '592318';
/** What the host shares. */
export const OFFER: Offer = {
  folders: [
    { id: 'photos', label: 'Photos', files: 1_284, bytes: 3_900_000_000, pathHint: 'Photos' },
    { id: 'notes', label: 'Notes', files: 3, bytes: 99, pathHint: 'Notes' },
  ],
  addresses: ['192.168.1.20:1111'],
};

/** 32 bytes that are as good as random and the same in each run. */
export const seeded = (seed: string): Uint8Array => new Uint8Array(createHash('sha256').update(seed).digest());
/** Devices: Tom joins Maria; Ann is another host, and Eve means harm. */
export const [TOM, MARIA, ANN, EVE] = [seeded('tom'), seeded('maria'), seeded('ann'), seeded('eve')];
/** What both ends of one connection know of it. */
export const meeting = (connection: string, joiner = TOM, host = MARIA): Meeting => ({
  binding: seeded(`connection ${connection}`),
  joiner,
  host,
});

let scalars = 0;
/** Another secret with each call. */
export const scalar = (): Uint8Array => seeded(`scalar ${(scalars += 1)}`);

export function host(over: Meeting, guesses: Guesses, source = 'tom'): HostRun {
  const terms = { crypto: pairingCrypto, guesses, meeting: over, source, scalar: scalar(), offer: () => OFFER };
  return new HostRun({ ...terms, name: 'maria-laptop', system: 'Linux' });
}

export function joiner(over: Meeting, tries = new JoinerTries()): JoinerRun {
  return new JoinerRun({ crypto: pairingCrypto, meeting: over, tries, name: 'tom-xps' });
}

/** Both ends of one connection. */
export function bothEnds(guesses = new Guesses(CODE, 0)): readonly [JoinerRun, HostRun] {
  return [joiner(meeting('1')), host(meeting('1'), guesses)];
}

export interface Story {
  /** Every message, in order, with who sent it. */
  readonly said: readonly string[];
  readonly host: HostOutcome;
  readonly joiner: JoinerOutcome;
}

/** Changes a message on its way, or keeps it back. */
export type Tamper = (from: 'host' | 'joiner', message: PairingMessage) => PairingMessage | undefined;

/** Lets both talk until nobody has anything to say. `tamper` stands in between. */
export function talk(
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

/** Undefined: it may not guess. */
export function triesLeft(guesses: Guesses, source: string): number | undefined {
  const may = guesses.may(source, 0);
  return may.may ? may.triesLeft : undefined;
}

/** A conversation up to the joiner's proof, which is kept back. */
export function upToProof(
  guesses: Guesses,
  typed: string,
  source: string,
): { hosting: HostRun; proof: PairingMessage } {
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
