/**
 * What peers send: each message by itself, the stream that they stand in, and the blocks that some are packed in.
 * @module
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import lz4 from 'lz4-napi';
import { announcedAddresses } from '../../../src/core/wire/announcement.ts';
import type { Codec } from '../../../src/core/wire/codec.ts';
import type { InParts } from '../../../src/core/wire/fields.ts';
import { toFileInfo, toFileRecord } from '../../../src/core/wire/file-info.ts';
import { FrameDecoder, type Frame } from '../../../src/core/wire/frame.ts';
import { compressBlock, decompressBlock } from '../../../src/core/wire/lz4.ts';
import { readListed, readMember } from '../../../src/core/wire/member.ts';
import { decodeFrame, encodeMessage } from '../../../src/core/wire/message-frame.ts';
import {
  ClusterConfig,
  Close,
  FileInfo,
  Header,
  Hello,
  Index,
  IndexUpdate,
  Request,
  Response,
} from '../../../src/core/wire/messages.ts';
import { WireError } from '../../../src/core/wire/wire-error.ts';
import { fromHex, FRAMES, HELLOS, INDEX_BODY } from '../../golden/captured.ts';
import { drafts } from '../../golden/oracle-drafts.ts';
import { oracleMessage } from '../../golden/oracle-schema.ts';
import { hold, holdSame, unless, type Target } from '../engine/target.ts';
import { everyByte, inPieces, type Came } from './pieces.ts';
import { message } from './protobuf.ts';

const KIB = 1024;
const ROOMS = ['/src/core/wire/'];
const CODECS = { Hello, ClusterConfig, Index, IndexUpdate, Request, Response, Close };
/** Where in a captured frame its message begins, behind lengths and header. */
const BODIES: Readonly<Record<keyof typeof CODECS, readonly Uint8Array[]>> = {
  Hello: [HELLOS.client.subarray(6), HELLOS.server.subarray(6)],
  ClusterConfig: [FRAMES.clientConfig.subarray(6), FRAMES.serverConfig.subarray(6)],
  Index: [INDEX_BODY],
  IndexUpdate: [INDEX_BODY, fromHex('0a026631')],
  Request: [FRAMES.requestHi.subarray(8), FRAMES.requestNope.subarray(8)],
  Response: [FRAMES.responseHi.subarray(8), FRAMES.responseNope.subarray(8)],
  Close: [FRAMES.close.subarray(8)],
};

/** What is read again after it was written is what was read, and @bufbuild/protobuf reads the same. */
function readAgain<Out>(name: keyof typeof CODECS, codec: Codec<Out, never>, bytes: Uint8Array): Out | undefined {
  const read = unless(WireError, () => codec.decode(bytes));
  const inParts = unless(WireError, () => joined(codec.decodeInParts(bytes)));
  holdSame(inParts, read, 'what is read in parts is what is read at once');
  if (read === undefined) return undefined;
  const written = codec.encode(read as never);
  holdSame(codec.encode(codec.decode(written) as never), written, 'what was written is read as it was meant');
  const oracle = oracleMessage(name);
  // Fields that only we know are left out by writing what the oracle has read.
  const theirs = toBinary(oracle, fromBinary(oracle, bytes, { readUnknownFields: false }));
  const oursAsTheirs = toBinary(oracle, fromBinary(oracle, written, { readUnknownFields: false }));
  holdSame(
    codec.encode(codec.decode(theirs) as never),
    codec.encode(codec.decode(oursAsTheirs) as never),
    'the oracle reads the same',
  );
  return read;
}

function joined<Out>(parts: InParts<Out>): Out {
  let part = parts.next();
  while (part.done !== true) part = parts.next();
  return part.value;
}

/** Goes on as a conversation does with what it has read. */
function goOn(name: string, read: unknown): void {
  if (name === 'Index' || name === 'IndexUpdate') for (const info of (read as Index).files) checkRecord(info);
  if (name !== 'ClusterConfig') return;
  for (const folder of (read as ClusterConfig).folders) {
    for (const device of folder.devices) {
      unless(WireError, () => readListed(device, '10.0.0.7'));
      hold(announcedAddresses(device, '10.0.0.7').length <= 16, 'few addresses are tried');
    }
    for (const member of folder.members) unless(WireError, () => readMember(member, 'fe80::7%eth0'));
  }
}

function checkRecord(info: FileInfo): void {
  const found = toFileRecord(info);
  if (!('record' in found)) return;
  const { record } = found;
  hold(!record.name.split('/').some((part) => part === '' || part === '.' || part === '..'), 'a name stays inside');
  holdSame(toFileRecord(FileInfo.decode(FileInfo.encode(toFileInfo(record)))), found, 'a record comes back unchanged');
}

const messages = (Object.keys(CODECS) as (keyof typeof CODECS)[]).map((name): Target => {
  const oracle = oracleMessage(name);
  return {
    name: `wire-${name}`,
    title: `W9 W19 W24 W25 whatever bytes come for a ${name}, it is refused, or read as @bufbuild/protobuf reads it, in time that grows with the bytes`,
    run: (bytes) => {
      const read = readAgain(name, CODECS[name] as unknown as Codec<unknown, never>, bytes);
      if (read !== undefined) goOn(name, read);
    },
    seeds: () => BODIES[name],
    shaped: fc.oneof(
      drafts(oracle).map((draft) => toBinary(oracle, create(oracle, draft))),
      message(),
    ),
    words: ['tcp://0.0.0.0:22000', '../', '/', '\u0301', 'é'],
    rooms: ROOMS,
    bytesMax: 64 * KIB,
  };
});

const header: Target = {
  name: 'wire-Header',
  title: 'W19 whatever bytes come for a header, it is read or refused',
  run: (bytes) => void unless(WireError, () => Header.decode(bytes)),
  seeds: () => [fromHex('08011001'), fromHex('0806')],
  shaped: message(1),
  rooms: ROOMS,
  bytesMax: KIB,
};

interface Frames extends Came<Frame> {
  /** Of the frame that has not ended yet. */
  readonly unfinished: FrameDecoder['unfinished'];
}

function framesIn(bytes: Uint8Array, cuts: Iterable<number>): Frames {
  const decoder = new FrameDecoder();
  const came = inPieces(decoder, bytes, cuts);
  return { ...came, unfinished: came.refused === undefined ? decoder.unfinished : undefined };
}

function checkStream(bytes: Uint8Array): void {
  const whole = framesIn(bytes, [bytes.length]);
  holdSame(framesIn(bytes, everyByte(bytes.length)), whole, 'a stream that is cut at every byte is the same');
  const third = Math.ceil(bytes.length / 3);
  holdSame(framesIn(bytes, [third, third, 2 * third, bytes.length]), whole, 'a stream in three is the same');
  for (const frame of whole.all) {
    const incoming = unless(WireError, () => decodeFrame(frame));
    if (incoming?.type === 'Index' || incoming?.type === 'IndexUpdate') incoming.body.files.forEach(checkRecord);
  }
}

const stream: Target = {
  name: 'wire-stream',
  title:
    'W11 W19 whatever a peer sends, the frames are the same wherever the stream is cut, and each is read or refused',
  run: checkStream,
  seeds: () => [
    ...Object.values(FRAMES).map((frame) => Uint8Array.from(Buffer.concat([HELLOS.server, frame]))),
    Uint8Array.from(Buffer.concat([HELLOS.client, ...Object.values(FRAMES)])),
    Uint8Array.from(
      Buffer.concat([HELLOS.client, ...encodeMessage('Close', { reason: 'because '.repeat(60) }), FRAMES.ping]),
    ),
  ],
  rooms: ROOMS,
  bytesMax: 4 * KIB,
  inputs: 2_000,
};

const LENGTH_BYTES = 4;
const CONTENT_BYTES_MAX = 256 * KIB;

/** The length of the content, little endian as lz4-napi has it, then the block. */
function unpackBoth(bytes: Uint8Array): void {
  if (bytes.length < LENGTH_BYTES) return;
  const content = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const block = bytes.subarray(LENGTH_BYTES);
  const got = unless(WireError, () => decompressBlock(block, content, CONTENT_BYTES_MAX));
  if (got === undefined) return;
  hold(got.length === content, 'as many bytes come out as were said');
  hold(content <= block.length * 255, 'no more comes out than a block can stand for');
  holdSame(new Uint8Array(lz4.uncompressSync(Buffer.from(bytes))), got, 'lz4-napi unpacks the same');
}

function withLength(block: Uint8Array, content: number): Uint8Array {
  const whole = new Uint8Array(LENGTH_BYTES + block.length);
  new DataView(whole.buffer).setUint32(0, content, true);
  whole.set(block, LENGTH_BYTES);
  return whole;
}

const SAMPLES = [
  INDEX_BODY,
  new Uint8Array(2_000),
  new Uint8Array(Buffer.from('abc, abc, abcd; '.repeat(90))),
  fromHex('00ff'),
];
const packed = SAMPLES.map((sample) =>
  withLength(compressBlock(sample, 0, sample.length * 2 + 64) ?? sample, sample.length),
);
/** Rows of sequences that are whole, and whose lengths and offsets may lie. */
const sequences = fc
  .tuple(
    fc.array(fc.tuple(fc.uint8Array({ maxLength: 20 }), fc.nat(40), fc.nat(30)), { maxLength: 8 }),
    fc.uint8Array({ maxLength: 14 }),
    fc.integer({ min: -3, max: 3 }),
  )
  .map(([rows, last, lie]) => {
    let content = last.length;
    const parts = rows.map(([literals, offset, match]) => {
      content += literals.length + match + 4;
      return [...token(literals.length, match), ...literals, offset, 0, ...more(match)];
    });
    return withLength(
      Uint8Array.from([...parts.flat(), ...token(last.length, 0), ...last]),
      Math.max(0, content + lie),
    );
  });

function token(literals: number, match: number): number[] {
  return [(Math.min(15, literals) << 4) | Math.min(15, match), ...more(literals)];
}

function more(length: number): number[] {
  return length < 15 ? [] : [length - 15];
}

const blocks: Target = {
  name: 'wire-lz4',
  title:
    'W19 W22 W23 case I11: whatever block comes, nothing is unpacked but what lz4-napi unpacks alike, and never more than it can stand for',
  run: unpackBoth,
  seeds: () => packed,
  shaped: sequences,
  rooms: ['/src/core/wire/lz4.ts'],
  bytesMax: 64 * KIB,
};

const packing: Target = {
  name: 'wire-lz4-pack',
  title: 'W20 whatever is packed is unpacked again, by us and by lz4-napi',
  run: (content) => {
    const block = compressBlock(content, 0, content.length * 2 + 64);
    hold(block !== undefined, 'it fits into twice its bytes');
    holdSame(decompressBlock(block, content.length, content.length), Uint8Array.from(content), 'we unpack it');
    if (content.length === 0) return;
    const theirs = lz4.uncompressSync(Buffer.from(withLength(block, content.length)));
    holdSame(new Uint8Array(theirs), Uint8Array.from(content), 'lz4-napi unpacks it');
  },
  seeds: () => SAMPLES,
  rooms: ['/src/core/wire/lz4.ts'],
  bytesMax: 128 * KIB,
};

export const WIRE_TARGETS: readonly Target[] = [...messages, header, stream, blocks, packing];
