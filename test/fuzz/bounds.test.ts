/** Time that grows with the bytes and no faster, and memory that is bounded before anybody has proven who it is. */
import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FrameDecoder } from '../../src/core/wire/frame.ts';
import { decompressBlock } from '../../src/core/wire/lz4.ts';
import { WireError } from '../../src/core/wire/wire-error.ts';
import { HELLOS } from '../golden/captured.ts';
import { checkGrowth, type Stretchable } from './engine/growth.ts';
import { unless, utf8 } from './engine/target.ts';
import { findTarget } from './targets.ts';

const KIB = 1024;

/** The head, the piece as often as it takes, the tail. */
function rows(piece: string | Uint8Array, head: string | Uint8Array = '', tail: string | Uint8Array = ''): Stretchable {
  const [first, middle, last] = [head, piece, tail].map((part) => (typeof part === 'string' ? utf8(part) : part));
  return (bytes) => {
    const times = Math.max(1, Math.floor((bytes - (first?.length ?? 0) - (last?.length ?? 0)) / (middle?.length ?? 1)));
    const pieces = Array.from({ length: times }, () => middle ?? new Uint8Array(0));
    return Uint8Array.from(Buffer.concat([first ?? '', ...pieces, last ?? ''].map((part) => Buffer.from(part))));
  };
}

/** A file of one name, which a peer sends in an index. */
function indexOf(name: Stretchable): Stretchable {
  return (bytes) => {
    const info = field(1, name(bytes - 12));
    return field(2, info);
  };
}

function field(number: number, value: Uint8Array): Uint8Array {
  const length: number[] = [];
  for (let rest = value.length; ; rest >>>= 7) {
    length.push(rest < 0x80 ? rest : (rest & 0x7f) | 0x80);
    if (rest < 0x80) break;
  }
  return Uint8Array.from(Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), value]));
}

/** Records whose names are one long row of labels, or of pointers each to the one before. */
function packetOf(kind: 'labels' | 'pointers'): Stretchable {
  return (bytes) => {
    const head = Buffer.from('000084000000ffff00000000', 'hex');
    const tail = (data: Buffer): Buffer => {
      const record = Buffer.from('000a0001000000780000', 'hex');
      record.writeUInt16BE(data.length, 8);
      return Buffer.concat([record, data]);
    };
    const labels = kind === 'labels' ? Buffer.from(`${'0161'.repeat(126)}00`, 'hex') : Buffer.from('00', 'hex');
    const chain = Buffer.alloc(kind === 'labels' ? 0 : Math.floor(bytes / 4) * 2);
    const base = 12 + labels.length + 10;
    for (let at = 0; at < chain.length; at += 2) chain.writeUInt16BE(0xc000 | (at === 0 ? 12 : base + at - 2), at);
    const target = Buffer.from([0xc0, 12]);
    if (chain.length > 0) target.writeUInt16BE(0xc000 | (base + chain.length - 2), 0);
    const first = Buffer.concat([
      head,
      labels,
      tail(chain),
      Buffer.from('085f6c616e666f6c6400', 'hex'),
      tail(Buffer.alloc(0)),
    ]);
    const more = Math.floor((bytes - first.length) / 12);
    const packet = Buffer.concat([
      first,
      ...Array.from({ length: more }, () => Buffer.concat([target, tail(Buffer.alloc(0))])),
    ]);
    packet.writeUInt16BE(more + 2, 6);
    return Uint8Array.from(packet);
  };
}

/** Target, what it is sent, and how many bytes of it a tenth is. */
const FAMILIES: readonly (readonly [
  rule: string,
  target: string,
  what: string,
  small: number,
  stretched: Stretchable,
])[] = [
  ['W25', 'wire-Index', 'files that say nothing', 20 * KIB, rows(Uint8Array.of(0x12, 0))],
  [
    'W25',
    'wire-Index',
    'counters that say nothing',
    20 * KIB,
    (bytes) => field(2, field(9, rows(Uint8Array.of(0x0a, 0))(bytes))),
  ],
  ['W25', 'wire-Index', 'one letter with marks in the wrong order', 6 * KIB, indexOf(rows('\u0301\u0323', 'a'))],
  ['W25', 'wire-Index', 'a name of many parts', 6 * KIB, indexOf(rows('/a', 'a'))],
  [
    'W25',
    'wire-ClusterConfig',
    'devices that say nothing',
    20 * KIB,
    (bytes) => field(1, rows(Uint8Array.of(0x82, 1, 0))(bytes)),
  ],
  ['W25', 'wire-Request', 'fields that nobody knows', 20 * KIB, rows(Uint8Array.of(0x78, 1))],
  ['W25', 'wire-Hello', 'numbers that go on', 50 * KIB, rows(Uint8Array.of(0x80), Uint8Array.of(0x20))],
  ['W25', 'wire-stream', 'pings', 10 * KIB, rows(Uint8Array.of(0, 2, 8, 6, 0, 0, 0, 0), HELLOS.client)],
  ['W25', 'wire-lz4-pack', 'the same byte', 100 * KIB, rows(Uint8Array.of(0))],
  ['W25', 'pairing-stream', 'refusals', 10 * KIB, rows(Uint8Array.of(7, 0, 0, 0, 0))],
  [
    'W25',
    'announcement',
    'addresses',
    6 * KIB,
    rows(field(2, utf8('tcp://[::]:1')), Uint8Array.of(0x2e, 0xa7, 0xd9, 0x0b)),
  ],
  ['F24', 'mdns-packet', 'names of 126 labels', 900, packetOf('labels')],
  ['F24', 'mdns-packet', 'pointers to pointers', 900, packetOf('pointers')],
  ['F5', 'neighbours-arp-an', 'beginnings of entries', 100 * KIB, rows('(1.1.1.1) at ')],
  ['F5', 'neighbours-proc-net-arp', 'spaces', 100 * KIB, rows(' ', 'x')],
  // Of a megabyte the parser's own stack has tens of megabytes, and what those cost is the system's.
  ['F17', 'remembered-places', 'lists in lists', 10 * KIB, rows('[')],
  ['G10', 'ignore-patterns', 'an include with spaces', 20 * KIB, rows(' ', '#include', 'x\u2028y')],
  ['G10', 'ignore-patterns', 'lines of stars', 6 * KIB, rows(`${'*a'.repeat(40)}\n`)],
  ['G10', 'ignore-patterns', 'braces with nothing in them', 3 * KIB, rows('*{}')],
  ['D5', 'typed-device-id', 'dashes', 100 * KIB, rows('-')],
  ['J7', 'typed-code', 'invisible marks', 100 * KIB, rows('\u200e')],
  [
    'W25',
    'configuration',
    'folders',
    50 * KIB,
    rows(
      '{"id":"a","path":"/a","peers":[]},',
      '{"version":1,"peers":[],"folders":[',
      '{"id":"b","path":"/b","peers":[]}]}',
    ),
  ],
];

for (const [rule, target, what, smallBytes, stretched] of FAMILIES) {
  test(`${rule} ten times as much for ${target} takes no longer than ten times as long: ${what}`, async () => {
    const { run: once } = findTarget(target);
    // What takes less than a millisecond cannot be told from nothing, so it is done more often.
    const times = smallBytes < KIB ? 30 : 1;
    const run = async (bytes: Uint8Array): Promise<void> => {
      for (let time = 0; time < times; time += 1) await once(bytes);
    };
    await run(stretched(smallBytes));
    await checkGrowth(run, stretched, { smallBytes });
  });
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const TIMES = 4;
const FREE_BYTES = 64 * KIB;
/** The package that reads them makes a text of each label: up to 256 KiB, of which nothing stays. */
const MANY_RECORDS = 'as many records as are read';

/** What reading takes of memory, garbage included: the least of some tries, since the compiler takes some too. */
function allocatedBy(read: () => unknown): number {
  let least = Infinity;
  for (let time = 0; time < 5; time += 1) {
    collectGarbage();
    const before = process.memoryUsage();
    read();
    const after = process.memoryUsage();
    least = Math.min(least, after.heapUsed - before.heapUsed + after.external - before.external);
  }
  return least;
}

const STRANGERS: readonly (readonly [rule: string, target: string, what: string, input: Uint8Array])[] = [
  [
    'W26',
    'announcement',
    'a datagram full of addresses',
    rows(field(2, utf8('a')), Uint8Array.of(0x2e, 0xa7, 0xd9, 0x0b))(65_507),
  ],
  ['W26', 'announcement', 'a datagram of zeroes', new Uint8Array(65_507)],
  ['W26', 'mdns-packet', 'long names', packetOf('labels')(9_000)],
  ['W26', 'mdns-packet', MANY_RECORDS, packetOf('labels')(254 + 12 * 14)],
  ['W26', 'mdns-packet', 'somebody else’s records', new Uint8Array(9_000)],
  ['W26', 'pairing-host', 'a message of 4 GiB', Uint8Array.of(2, 0xff, 0xff, 0xff, 0xff)],
  ['W26', 'pairing-host', 'a message of 64 KiB', Uint8Array.of(2, 0, 1, 0, 0)],
  ['W26', 'pairing-joiner', 'an offer before the code is proven', Uint8Array.of(5, 0, 4, 0, 0)],
];

for (const [rule, target, what, input] of STRANGERS) {
  test(`${rule} before anybody is proven, ${target} takes at most four times the bytes and 64 KiB: ${what}`, () => {
    const { run } = findTarget(target);
    const bytes = allocatedBy(() => run(input));
    const freeBytes = what === MANY_RECORDS ? 4 * FREE_BYTES : FREE_BYTES;
    ok(bytes <= TIMES * input.length + freeBytes, `${bytes} bytes for ${input.length}`);
  });
}

test('W26 case I11: a block that says it stands for 4 GiB costs nothing, on its own or in a stream', () => {
  const block = Uint8Array.of(0x1f, 0x61, 1, 0, ...Array.from({ length: 200 }, () => 255));
  const alone = allocatedBy(() => unless(WireError, () => decompressBlock(block, 0xffff_ffff, 0xffff_ffff)));
  ok(alone <= FREE_BYTES, `${alone} bytes`);
  const body = Uint8Array.from(Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0xff]), block]));
  const head = Buffer.from([0, 4, 8, 2, 16, 1, 0, 0, 0, body.length]);
  const stream = Uint8Array.from(Buffer.concat([HELLOS.client, head, body]));
  const inStream = allocatedBy(() => unless(WireError, () => [...new FrameDecoder().feed(stream)]));
  ok(inStream <= FREE_BYTES, `${inStream} bytes`);
});
