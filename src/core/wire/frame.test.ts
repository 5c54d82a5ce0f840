import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX_EARLY } from '../limits.ts';
import { encodeHello, FrameDecoder } from './frame.ts';
import type { Frame } from './frame.ts';
import { decodeFrame, encodeMessage } from './message-frame.ts';
import type { WireErrorCode } from './wire-error.ts';

const HELLO = encodeHello({ deviceName: 'here' });
const hex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits.replaceAll(' ', ''), 'hex'));
const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** The frames behind a hello. */
function framesOf(...chunks: Uint8Array[]): Frame[] {
  const decoder = new FrameDecoder();
  return [HELLO, ...chunks].flatMap((chunk) => [...decoder.feed(chunk)]).slice(1);
}

function refuses(bytes: Uint8Array, code: WireErrorCode): void {
  throws(() => framesOf(bytes), { name: 'WireError', code });
}

const messages = fc.oneof(
  fc.record({ reason: fc.string({ maxLength: 300 }) }).map((body) => encodeMessage('Close', body)),
  fc.uint8Array({ maxLength: 6_000 }).map((data) => encodeMessage('Response', { id: 1, data })),
  fc.constant(encodeMessage('Ping', {})),
  fc.constant(encodeMessage('ClusterConfig', {})),
  fc.array(fc.constant({ name: 'name', size: 5 }), { maxLength: 99 }).map((files) => encodeMessage('Index', { files })),
);

test('W11 a stream gives the same frames wherever its chunks start and stop', () => {
  fc.assert(
    fc.property(fc.array(messages, { maxLength: 6 }), fc.array(fc.nat(3_000), { maxLength: 20 }), (parts, cuts) => {
      const stream = joined(parts.flat());
      const whole = framesOf(stream);
      equal(whole.length, parts.length);
      const chunks: Uint8Array[] = [];
      let at = 0;
      for (const cut of cuts) chunks.push(stream.subarray(at, (at = Math.min(stream.length, at + cut))));
      deepEqual(framesOf(...chunks, stream.subarray(at)), whole);
      if (stream.length < 3_000) deepEqual(framesOf(...Array.from(stream, (byte) => Uint8Array.of(byte))), whole);
    }),
    { numRuns: 50 },
  );
});

test('W11 a frame keeps none of the chunks that it came in', () => {
  const chunk = joined(encodeMessage('Close', { reason: 'bye' }));
  const [frame] = framesOf(chunk);
  chunk.fill(0);
  ok(frame !== undefined);
  deepEqual(decodeFrame(frame), { type: 'Close', body: { reason: 'bye' } });
});

test('W11 frames before a malformed one are given before it is refused', () => {
  const decoder = new FrameDecoder();
  const seen: string[] = [];
  throws(
    () => {
      for (const frame of decoder.feed(joined([HELLO, hex('0002 0806 00000000 ffff')]))) seen.push(frame.is);
    },
    { code: 'bad-frame' },
  );
  deepEqual(seen, ['hello', 'message']);
});

test('W12 another magic number is refused, and an old one named', () => {
  const feed = (digits: string) => () => [...new FrameDecoder().feed(hex(digits))];
  throws(feed('9f79bc400000'), { code: 'bad-magic', message: /old protocol/ });
  throws(feed('474554202f20'), { code: 'bad-magic', message: /another protocol \(47455420\)/ });
  throws(feed('2ea7d90b8000'), { code: 'bad-frame' });
});

test('W12 an empty hello is a hello', () => {
  const [frame] = new FrameDecoder().feed(hex('2ea7d90b0000'));
  ok(frame !== undefined);
  equal(decodeFrame(frame).type, 'Hello');
});

test('W13 headers and messages of no bytes are whole', () => {
  deepEqual(framesOf(hex('0000 00000000  0002 0806 00000000')), [
    { is: 'message', number: 0, body: new Uint8Array(0) },
    { is: 'message', number: 6, body: new Uint8Array(0) },
  ]);
});

test('W14 messages of an unknown type are told as such', () => {
  const [later, negative] = framesOf(hex('0002 0809 00000001 ff  000b 08ffffffffffffffffff01 00000000'));
  ok(later !== undefined && negative !== undefined);
  deepEqual(decodeFrame(later), { type: 'Unknown', number: 9 });
  deepEqual(decodeFrame(negative), { type: 'Unknown', number: -1 });
});

test('W15 lengths and compressions that cannot be are refused', () => {
  refuses(hex('8000'), 'bad-frame');
  refuses(hex('7fff'), 'too-large');
  refuses(hex('0002 08ff 00000000'), 'truncated');
  refuses(hex('0004 0806 1007 00000000'), 'bad-frame');
  refuses(hex('0000 80000000'), 'too-large');
});

test('W16 messages are bounded, lower before the cluster config is good', () => {
  const head = (bytes: number): Uint8Array => {
    const frame = hex('0002 0801 00000000');
    new DataView(frame.buffer).setUint32(4, bytes);
    return frame;
  };
  deepEqual(framesOf(head(MESSAGE_BYTES_MAX_EARLY)), []);
  refuses(head(MESSAGE_BYTES_MAX_EARLY + 1), 'too-large');
  const decoder = new FrameDecoder();
  const chunk = joined([HELLO, hex('0000 00000000'), head(MESSAGE_BYTES_MAX)]);
  for (const frame of decoder.feed(chunk)) if (frame.is === 'message') decoder.raiseLimits();
  const later = new FrameDecoder();
  later.raiseLimits();
  throws(() => [...later.feed(joined([HELLO, head(MESSAGE_BYTES_MAX + 1)]))], { code: 'too-large' });
});

test('W17 a compressed message is bounded by its bytes and by what it may stand for', () => {
  refuses(hex('0004 08011001 00000003 000000'), 'bad-compression');
  refuses(hex('0004 08011001 00000004 00000000'), 'bad-compression');
  refuses(hex('0004 08011001 00000006 01000000 10 61'), 'too-large');
  const liar = joined([hex('0004 08011001 00020004'), hex('01000001'), new Uint8Array(0x2_0000)]);
  refuses(liar, 'too-large');
});

test('W18 metadata is compressed when that saves more than 1/32, from 128 bytes on; content never', () => {
  const sizeOf = (parts: readonly Uint8Array[]): number => joined(parts).length;
  const compression = (parts: readonly Uint8Array[]): number => (joined(parts)[1] === 4 ? 1 : 0);
  const long = 'a'.repeat(1_000);
  equal(compression(encodeMessage('Close', { reason: long })), 1);
  equal(compression(encodeMessage('Close', { reason: long }, 'never')), 0);
  equal(compression(encodeMessage('Close', { reason: 'a'.repeat(125) })), 0);
  equal(compression(encodeMessage('Close', { reason: 'a'.repeat(126) })), 1);
  equal(compression(encodeMessage('Response', { data: new Uint8Array(1_000) })), 0);
  const noise = Array.from({ length: 50 }, (_, i) => `${Math.imul(i + 1, 0x9e37_79b1) >>> 0}`).join('');
  equal(compression(encodeMessage('Close', { reason: noise })), 0);
  ok(sizeOf(encodeMessage('Close', { reason: long })) < 50);
});

test('W18 every message that is compressed is read back', () => {
  const reason = 'the same words again and again, '.repeat(400);
  const [frame] = framesOf(joined(encodeMessage('Close', { reason })));
  ok(frame !== undefined);
  deepEqual(decodeFrame(frame), { type: 'Close', body: { reason } });
});

test('W10 the data of a response is sent as the very array that was given', () => {
  const data = new Uint8Array(131_072).fill(1);
  const parts = encodeMessage('Response', { id: 5, data });
  equal(parts.length, 2);
  equal(parts[1], data);
  const [frame] = framesOf(joined(parts));
  ok(frame !== undefined);
  const incoming = decodeFrame(frame);
  ok(incoming.type === 'Response');
  equal(incoming.body.data.buffer, frame.body.buffer);
  deepEqual(incoming.body.data.slice(), data);
});
