import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PAIRING_FRAME_BYTES_MAX, PAIRING_FRAME_BYTES_MAX_EARLY } from '../limits.ts';
import { encodePairing, PairingDecoder, type OfferedFolder, type PairingMessage } from './pairing.ts';
import { WireError, type WireErrorCode } from './wire-error.ts';

/** What a stream holds. `late`: the far end has proven that it knows the code. */
function read(bytes: Uint8Array, cuts: readonly number[] = [], late = true): PairingMessage[] {
  const decoder = new PairingDecoder();
  if (late) decoder.raiseLimits();
  const messages: PairingMessage[] = [];
  let at = 0;
  for (const end of [...cuts, bytes.length]) {
    const chunk = Uint8Array.from(bytes.subarray(at, Math.max(at, end)));
    messages.push(...decoder.feed(chunk));
    chunk.fill(0xdd); // a stream uses its buffer again
    at = Math.max(at, end);
  }
  return messages;
}

const joined = (messages: readonly PairingMessage[]): Uint8Array =>
  new Uint8Array(Buffer.concat(messages.map(encodePairing)));

const name = fc.string({ unit: 'grapheme', maxLength: 20 });
const version = fc.integer({ min: 1, max: 99 });
const point = fc.uint8Array({ minLength: 32, maxLength: 32 });
const count = fc.maxSafeNat();
const folder: fc.Arbitrary<OfferedFolder> = fc.record({
  id: fc.string({ minLength: 1, maxLength: 40 }),
  label: name,
  files: count,
  bytes: count,
  pathHint: name,
});
const triesLeft = fc.nat(9);
const message: fc.Arbitrary<PairingMessage> = fc.oneof(
  fc.record({ version, name, system: name }).map((body) => ({ type: 'Welcome' as const, body })),
  fc.record({ version, name, y: point }).map((body) => ({ type: 'Hello' as const, body })),
  fc.record({ version, name, y: point, triesLeft }).map((body) => ({ type: 'HelloBack' as const, body })),
  fc.uint8Array({ minLength: 64, maxLength: 64 }).map((tag) => ({ type: 'Confirm' as const, body: { tag } })),
  fc
    .record({
      folders: fc.uniqueArray(folder, { selector: ({ id }) => id, maxLength: 5 }),
      addresses: fc.array(name, { maxLength: 5 }),
    })
    .map((body) => ({ type: 'Offer' as const, body })),
  fc
    .record({ folders: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 40 }), { maxLength: 5 }) })
    .map((body) => ({ type: 'Accept' as const, body })),
  fc.record({ reason: fc.string({ maxLength: 9 }), triesLeft }).map((body) => ({ type: 'Refused' as const, body })),
);
const messages = fc.array(message, { maxLength: 6 });

test('W60 what is written is read back, wherever the stream is cut', () => {
  fc.assert(
    fc.property(messages, fc.array(fc.nat(3_000), { maxLength: 20 }), (all, cuts) => {
      const stream = joined(all);
      const places = cuts.map((cut) => Math.min(cut, stream.length)).sort((a, b) => a - b);
      deepEqual(plain(read(stream, places)), plain(all));
    }),
  );
});

test('W60 it is read back byte by byte', () => {
  fc.assert(
    fc.property(messages, (all) => {
      const stream = joined(all);
      deepEqual(
        plain(
          read(
            stream,
            Array.from(stream, (_, at) => at),
          ),
        ),
        plain(all),
      );
    }),
    { numRuns: 20 },
  );
});

test('W61 no mutant does more than end its connection', () => {
  let refused = 0;
  fc.assert(
    fc.property(
      messages,
      fc.array(fc.tuple(fc.nat(2_000), fc.nat(255), fc.nat(3)), { maxLength: 4 }),
      (all, changes) => {
        const mutant = [...joined(all)];
        for (const [place, byte, kind] of changes) {
          const at = mutant.length === 0 ? 0 : place % mutant.length;
          if (kind === 0) mutant[at] = byte;
          else if (kind === 1) mutant.splice(at, 0, byte);
          else if (kind === 2) mutant.splice(at, 1);
          else mutant.splice(at, 0, ...mutant.slice(at, at + (byte % 20)));
        }
        try {
          read(Uint8Array.from(mutant));
        } catch (error) {
          ok(error instanceof WireError, String(error));
          refused += 1;
        }
      },
    ),
    { numRuns: 3_000 },
  );
  ok(refused > 100, `only ${refused} were refused`);
});

test('W61 bytes that are nothing are refused, or wait for more', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        read(bytes);
      } catch (error) {
        ok(error instanceof WireError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});

/** Texts compare by what reaches the far end, arrays by their bytes. */
function plain(all: readonly PairingMessage[]): unknown {
  return JSON.parse(
    JSON.stringify(all, (_key, value: unknown) =>
      value instanceof Uint8Array
        ? Buffer.from(value).toString('hex')
        : typeof value === 'string'
          ? value.toWellFormed()
          : value,
    ),
  );
}

/** A message whose table is right and whose head says what it wants. */
function frame(kind: number, length: number, body: Uint8Array = new Uint8Array(length)): Uint8Array {
  const head = Buffer.alloc(5);
  head.writeUInt8(kind);
  head.writeUInt32BE(length, 1);
  return new Uint8Array(Buffer.concat([head, body]));
}

const y = new Uint8Array(32);
const refusals: readonly [what: string, code: WireErrorCode, bytes: () => Uint8Array][] = [
  ['kind 0', 'bad-frame', () => frame(0, 0)],
  ['a kind that does not exist', 'bad-frame', () => frame(8, 0)],
  ['a Welcome without a version', 'bad-field', () => frame(1, 0)],
  ['a Hello without a version', 'bad-field', () => written({ type: 'Hello', body: { version: 0, name: '', y } })],
  ['a Hello of a negative version', 'bad-field', () => written({ type: 'Hello', body: { version: -1, name: '', y } })],
  [
    'a point of 31 bytes',
    'bad-field',
    () => written({ type: 'Hello', body: { version: 1, name: '', y: new Uint8Array(31) } }),
  ],
  [
    'a point of 33 bytes',
    'too-large',
    () => written({ type: 'Hello', body: { version: 1, name: '', y: new Uint8Array(33) } }),
  ],
  ['no tag', 'bad-field', () => frame(4, 0)],
  ['a tag of 63 bytes', 'bad-field', () => written({ type: 'Confirm', body: { tag: new Uint8Array(63) } })],
  ['less than no tries', 'bad-field', () => written({ type: 'Refused', body: { reason: '', triesLeft: -1 } })],
  [
    'a name of 257 bytes',
    'too-large',
    () => written({ type: 'Welcome', body: { version: 1, name: 'x'.repeat(257), system: '' } }),
  ],
  ['a folder without an ID', 'bad-field', () => written({ type: 'Accept', body: { folders: [''] } })],
  ['a folder that comes twice', 'bad-field', () => written({ type: 'Accept', body: { folders: ['a', 'a'] } })],
  ['an offer of one folder twice', 'bad-field', () => written(offerOf({ id: 'a' }, { id: 'a' }))],
  ['a folder of less than no bytes', 'bad-field', () => written(offerOf({ id: 'a', bytes: -1 }))],
  ['a folder of less than no files', 'bad-field', () => written(offerOf({ id: 'a', files: -1 }))],
  [
    '1,001 folders',
    'too-large',
    () => written(offerOf(...Array.from({ length: 1_001 }, (_, at) => ({ id: `${at}` })))),
  ],
];

function written(message: PairingMessage): Uint8Array {
  return encodePairing(message);
}

function offerOf(...folders: readonly Partial<OfferedFolder>[]): PairingMessage {
  const whole = folders.map((folder) => ({ id: '', label: '', files: 0, bytes: 0, pathHint: '', ...folder }));
  return { type: 'Offer', body: { folders: whole, addresses: [] } };
}

for (const [what, code, bytes] of refusals)
  test(`W62 ${what} is refused`, () => throws(() => read(bytes()), { name: 'WireError', code }));

test('W63 before the code is proven a message has at most 1 KiB, afterwards 256 KiB, and no byte of a longer one is kept', () => {
  for (const [late, bytesMax] of [
    [false, PAIRING_FRAME_BYTES_MAX_EARLY],
    [true, PAIRING_FRAME_BYTES_MAX],
  ] as const) {
    // A head alone decides, before its body is there.
    throws(() => read(frame(5, bytesMax + 1, new Uint8Array(0)), [], late), { name: 'WireError', code: 'too-large' });
    deepEqual(read(frame(5, bytesMax, new Uint8Array(0)), [], late), []);
  }
});

test('W63 the bound is raised for the next message of the same chunk', () => {
  const long = offerOf(...Array.from({ length: 99 }, (_, at) => ({ id: `folder ${at}`, label: 'x'.repeat(50) })));
  const confirm: PairingMessage = { type: 'Confirm', body: { tag: new Uint8Array(64) } };
  const decoder = new PairingDecoder();
  const seen: string[] = [];
  for (const { type } of decoder.feed(joined([confirm, long]))) {
    seen.push(type);
    if (type === 'Confirm') decoder.raiseLimits();
  }
  deepEqual(seen, ['Confirm', 'Offer']);
});

test('W64 fields of a later version are passed over', () => {
  const body = Buffer.concat([
    encodePairing({ type: 'Accept', body: { folders: ['a'] } }).subarray(5),
    hex('9a06020102'),
  ]);
  deepEqual(read(frame(6, body.length, body)), [{ type: 'Accept', body: { folders: ['a'] } }]);
  equal(read(frame(7, 0)).length, 1, 'a refusal without a reason is a refusal');
});

function hex(digits: string): Uint8Array {
  return new Uint8Array(Buffer.from(digits, 'hex'));
}
