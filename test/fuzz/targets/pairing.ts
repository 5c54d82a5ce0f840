/**
 * What strangers send while a code is open: the stream of messages, each end's part of the conversation, and what people type.
 * @module
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { deviceIdText, parseDeviceId } from '../../../src/core/model/device-id.ts';
import { readCode, showCode } from '../../../src/core/pairing/code.ts';
import type { Meeting } from '../../../src/core/pairing/exchange.ts';
import { Guesses } from '../../../src/core/pairing/guesses.ts';
import { HostRun } from '../../../src/core/pairing/host.ts';
import { JoinerRun, JoinerTries } from '../../../src/core/pairing/joiner.ts';
import { encodePairing, PairingDecoder, type Offer, type PairingMessage } from '../../../src/core/wire/pairing.ts';
import { WireError } from '../../../src/core/wire/wire-error.ts';
import { pairingCrypto } from '../../../src/edges/net/pairing-crypto.ts';
import { asText, hold, holdSame, unless, utf8, type Target } from '../engine/target.ts';
import { everyByte, inPieces } from './pieces.ts';
import { joined, message } from './protobuf.ts';

const KIB = 1024;
const CODE = '481207';
const OFFER: Offer = {
  folders: [{ id: 'photos', label: 'Photos', files: 1_284, bytes: 3_900_000_000, pathHint: 'Photos' }],
  addresses: ['192.168.1.20:1111'],
};
/** 32 bytes, the same in each run. */
const seeded = (seed: string): Uint8Array => new Uint8Array(createHash('sha256').update(seed).digest());
const MEETING: Meeting = { binding: seeded('connection'), joiner: seeded('tom'), host: seeded('maria') };

function host(): HostRun {
  const terms = { crypto: pairingCrypto, guesses: new Guesses(CODE, 0), meeting: MEETING, source: 'tom' };
  return new HostRun({ ...terms, scalar: seeded('h'), name: 'maria-laptop', system: 'Linux', offer: () => OFFER });
}

/** All that each end says in a run that goes well. */
function goodRun(): { readonly fromHost: PairingMessage[]; readonly fromJoiner: PairingMessage[] } {
  const hosting = host();
  const joining = new JoinerRun({ crypto: pairingCrypto, meeting: MEETING, tries: new JoinerTries(), name: 'tom-xps' });
  const fromHost: PairingMessage[] = [hosting.welcome()];
  const fromJoiner: PairingMessage[] = [];
  for (let next = 0; next < fromHost.length; next += 1) {
    const turn = joining.receive(fromHost[next] as PairingMessage);
    const answers = [...turn.send];
    if (turn.outcome.is === 'welcomed') answers.push(joining.hello(CODE, seeded('j')));
    if (turn.outcome.is === 'offered') answers.push(joining.accept(['photos']));
    for (const answer of answers) {
      fromJoiner.push(answer);
      fromHost.push(...hosting.receive(answer, 0).send);
    }
  }
  return { fromHost, fromJoiner };
}

/** The stream of a far end that follows the protocol. */
const streamOf = (said: readonly PairingMessage[]): Uint8Array => joined(...said.map(encodePairing));

const framed = fc
  .array(
    fc.tuple(
      fc.integer({ min: 0, max: 8 }),
      message(2),
      fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer() }),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((rows) => joined(...rows.map(([kind, body, lie]) => frame(kind, body, lie))));

function frame(kind: number, body: Uint8Array, lie: number): Uint8Array {
  const head = new Uint8Array(5);
  head[0] = kind;
  new DataView(head.buffer).setUint32(1, (body.length + lie) >>> 0);
  return joined(head, body);
}

const seeds = (): Uint8Array[] => {
  const { fromHost, fromJoiner } = goodRun();
  return [streamOf(fromHost), streamOf(fromJoiner), ...[...fromHost, ...fromJoiner].map(encodePairing)];
};

const stream: Target = {
  name: 'pairing-stream',
  title:
    'W60 W61 W63 whatever strangers send to pair, it reads the same wherever it is cut, is bounded, and comes back as it was written',
  run(bytes) {
    for (const late of [false, true]) {
      const whole = inPieces(new PairingDecoder(), bytes, [bytes.length], late);
      const cut = inPieces(new PairingDecoder(), bytes, everyByte(bytes.length), late);
      holdSame(cut, whole, 'a stream that is cut at every byte is the same');
      for (const one of whole.all) {
        const written = encodePairing(one);
        const read = inPieces(new PairingDecoder(), written, [written.length], true);
        holdSame(read.all, [one], 'what was written is read as it was meant');
      }
    }
  },
  seeds,
  shaped: framed,
  rooms: ['/src/core/wire/'],
  bytesMax: 2 * KIB,
  inputs: 2_000,
};

const atHost: Target = {
  name: 'pairing-host',
  title:
    'J14 J23 whatever a joiner sends, nobody is trusted who has not proven the code, and at most its conversation ends',
  run(bytes) {
    const hosting = host();
    let proven = false;
    unless(WireError, () => {
      for (const one of new PairingDecoder().feed(bytes)) {
        if (one.type === 'Confirm') proven = isRightTag(one.body.tag);
        const { outcome, send } = hosting.receive(one, 0);
        if (outcome.is === 'proven' || outcome.is === 'accepted')
          hold(proven, 'who has not proven the code is not let in');
        if (!proven) hold(!send.some(({ type }) => type === 'Offer'), 'no folder is named before the code was proven');
      }
    });
  },
  seeds: () => [streamOf(goodRun().fromJoiner), ...goodRun().fromJoiner.map(encodePairing)],
  shaped: framed,
  rooms: ['/src/core/pairing/', '/src/core/wire/'],
  bytesMax: 2 * KIB,
  inputs: 3_000,
};

/** The one tag that the joiner of {@link goodRun} sends: whoever sends it has heard that very run. */
function isRightTag(tag: Uint8Array): boolean {
  const right = goodTags();
  return right !== undefined && Buffer.compare(right, tag) === 0;
}

let known: Uint8Array | undefined;
function goodTags(): Uint8Array | undefined {
  known ??= goodRun().fromJoiner.find((one) => one.type === 'Confirm')?.body.tag;
  return known;
}

const atJoiner: Target = {
  name: 'pairing-joiner',
  title:
    'J14 J15 J23 whatever a host sends, nothing is believed of it before it has proven the code, and no hint leads anywhere',
  run(bytes) {
    const tries = new JoinerTries();
    const joining = new JoinerRun({ crypto: pairingCrypto, meeting: MEETING, tries, name: 'tom-xps' });
    unless(WireError, () => {
      const decoder = new PairingDecoder();
      for (const one of decoder.feed(bytes)) {
        const { outcome } = joining.receive(one);
        if (outcome.is === 'welcomed') joining.hello(CODE, seeded('j'));
        if (outcome.is === 'proven') decoder.raiseLimits();
        if (outcome.is !== 'offered') continue;
        for (const { pathHint } of outcome.offer.folders) hold(!/[/\\]|^\.\.?$/.test(pathHint), 'a hint is one name');
      }
    });
    hold(tries.left >= 2, 'one conversation takes one try');
  },
  seeds: () => [streamOf(goodRun().fromHost), ...goodRun().fromHost.map(encodePairing)],
  shaped: framed,
  rooms: ['/src/core/pairing/', '/src/core/wire/'],
  bytesMax: 2 * KIB,
  inputs: 3_000,
};

const typedCode: Target = {
  name: 'typed-code',
  title: 'J7 whatever is typed for a code gives six digits or nothing',
  run(bytes) {
    const code = readCode(asText(bytes));
    if (code === undefined) return;
    hold(/^\d{6}$/.test(code), 'a code is six digits');
    holdSame(readCode(showCode(code)), code, 'what is shown is read back');
  },
  seeds: () => ['481207', '481 207', '４８１-２０７', '٤٨١ ٢٠٧', '\u200e481_207'].map(utf8),
  shaped: fc.string({ unit: 'grapheme', maxLength: 12 }).map(utf8),
  words: ['\u200f', ' ', '-', '٠', '９', '\u{1D7D8}'],
  rooms: ['/src/core/pairing/code.ts'],
  bytesMax: 64 * KIB,
};

const typedDevice: Target = {
  name: 'typed-device-id',
  title: 'D3 D5 whatever is typed for a device ID gives an ID that is read back, or a sentence',
  run(bytes) {
    const parsed = parseDeviceId(asText(bytes));
    if (!parsed.ok) return hold(parsed.message.length > 0, 'a refusal has a sentence');
    holdSame(parseDeviceId(deviceIdText(parsed.device)), parsed, 'an ID is read back');
  },
  seeds: () => [deviceIdText(MEETING.host), deviceIdText(MEETING.host).toLowerCase().replaceAll('-', ' ')].map(utf8),
  words: ['0', '1', '8', '9', 'ß', 'ﬁ', 'İ', '=', '-'],
  rooms: ['/src/core/model/device-id.ts'],
  bytesMax: 64 * KIB,
};

export const PAIRING_TARGETS: readonly Target[] = [stream, atHost, atJoiner, typedCode, typedDevice];
