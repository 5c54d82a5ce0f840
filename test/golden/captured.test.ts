import { deepEqual, equal, ok } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { announcedAddresses, decodeAnnouncement, encodeAnnouncement } from '../../src/core/wire/announcement.ts';
import { toFileInfo, toFileRecord } from '../../src/core/wire/file-info.ts';
import { encodeHello, FrameDecoder } from '../../src/core/wire/frame.ts';
import { decodeFrame, encodeMessage } from '../../src/core/wire/message-frame.ts';
import type { Incoming, MessageType } from '../../src/core/wire/message-frame.ts';
import { Index } from '../../src/core/wire/messages.ts';
import { clusterDevice, clusterFolder } from '../harness/cluster-config.ts';
import {
  ANNOUNCEMENT,
  CLIENT_ID,
  EMPTY_HASH,
  FRAMES,
  fromHex,
  HELLOS,
  HI_HASH,
  INDEX_BODY,
  INDEX_BODY_SHA256,
  SERVER_ID,
} from './captured.ts';

const SERVER = 0x98ad81a04a8a9f1an;
const NO_BYTES = new Uint8Array(0);

/** All messages of a stream that begins with the client's hello. */
function read(...frames: Uint8Array[]): Incoming[] {
  const decoder = new FrameDecoder();
  return [...decoder.feed(Buffer.concat([HELLOS.client, ...frames]))].slice(1).map(decodeFrame);
}

test('W1 a hello says who the peer is, and is written with the same bytes', () => {
  const clients = { deviceName: 'lf', clientName: 'lanfold', clientVersion: 'v0.0.1' };
  const servers = { deviceName: 'vec', clientName: 'syncthing', clientVersion: 'v1.19.2-ds1' };
  for (const [bytes, hello] of [
    [HELLOS.client, clients],
    [HELLOS.server, servers],
  ] as const) {
    const [frame] = new FrameDecoder().feed(bytes);
    ok(frame !== undefined);
    deepEqual(decodeFrame(frame), { type: 'Hello', body: { ...hello, connections: 0, timestamp: 0n, runId: 0n } });
    deepEqual(encodeHello(hello), bytes);
  }
});

test('R14 a run ID comes behind all that a hello has without it', () => {
  const hello = { deviceName: 'lf', clientName: 'lanfold', clientVersion: 'v0.0.1' };
  const bytes = encodeHello({ ...hello, runId: 0x0102_0304_0506_0708n });
  const plain = HELLOS.client.subarray(6);
  deepEqual(bytes.subarray(6, 6 + plain.length), plain);
  const [frame] = new FrameDecoder().feed(bytes);
  ok(frame !== undefined);
  const body = { ...hello, connections: 0, timestamp: 0n, runId: 0x0102_0304_0506_0708n };
  deepEqual(decodeFrame(frame), { type: 'Hello', body });
});

const request = { folder: 'f1', offset: 0, size: 10, hash: HI_HASH, fromTemporary: false, blockNumber: 0 };

/** Messages of which each field is known, and which have one encoding. */
const exact: [frame: keyof typeof FRAMES, type: MessageType, body: object][] = [
  [
    'clientConfig',
    'ClusterConfig',
    {
      folders: [
        clusterFolder('f1', {
          label: 'f1',
          devices: [
            clusterDevice(CLIENT_ID, { name: 'lf', indexId: 0x1122_3344_5566_7788n }),
            clusterDevice(SERVER_ID),
          ],
        }),
      ],
      secondary: false,
    },
  ],
  [
    'serverConfig',
    'ClusterConfig',
    {
      folders: [
        clusterFolder('f1', {
          devices: [
            clusterDevice(SERVER_ID, {
              name: 'vec',
              addresses: ['dynamic'],
              maxSequence: 3,
              indexId: 9_110_500_176_010_195_285n,
            }),
            clusterDevice(CLIENT_ID, { name: 'lf', addresses: ['tcp://127.0.0.1:9'] }),
          ],
        }),
      ],
      secondary: false,
    },
  ],
  ['requestHi', 'Request', { ...request, id: 1, name: 'hi.txt' }],
  ['requestNope', 'Request', { ...request, id: 2, name: 'nope' }],
  ['responseHi', 'Response', { id: 1, data: new TextEncoder().encode('hello bep\n'), code: 0 }],
  ['responseNope', 'Response', { id: 2, data: NO_BYTES, code: 2 }],
  ['responseEmpty', 'Response', { id: 10, data: NO_BYTES, code: 0 }],
  ['ping', 'Ping', { held: { told: false, acts: [] } }],
  ['close', 'Close', { reason: 'bye' }],
];
for (const [frame, type, body] of exact) {
  test(`W1 the captured ${frame} is read, and W2 written with the same bytes`, () => {
    const [incoming] = read(FRAMES[frame]);
    deepEqual(plain(incoming), { type, body });
    deepEqual(new Uint8Array(Buffer.concat(encodeMessage(type, body))), FRAMES[frame]);
  });
}

test('W14 what a captured message says of unfinished files is not read, whatever it is', () => {
  for (const frame of [FRAMES.progressAppend, FRAMES.progressForget]) {
    const spoilt = frame.map((byte, at) => (at < 8 ? byte : 0xff));
    for (const bytes of [frame, spoilt]) deepEqual(read(bytes), [{ type: 'Unknown', number: 5 }]);
  }
});

test('W1 the captured index, compressed, is read', () => {
  equal(createHash('sha256').update(INDEX_BODY).digest('hex'), INDEX_BODY_SHA256);
  const [incoming] = read(FRAMES.index);
  ok(incoming?.type === 'Index');
  deepEqual(incoming.body, Index.decode(INDEX_BODY));
  const { folder, files, lastSequence } = incoming.body;
  equal(folder, 'f1');
  equal(lastSequence, 0);
  const version = { counters: [{ device: SERVER, value: 1_795_468_852n }] };
  const common = { version, modifiedBy: SERVER, deleted: false, invalid: false, previousBlocksHash: NO_BYTES };
  const regular = { ...common, type: 0, noPermissions: false, blockSize: 131_072, symlinkTarget: NO_BYTES };
  deepEqual(files.map(plain), [
    {
      ...common,
      name: 'ln',
      type: 4,
      size: 0,
      permissions: 0,
      modifiedS: 0,
      modifiedNs: 0,
      noPermissions: true,
      sequence: 1,
      blockSize: 0,
      blocks: [],
      symlinkTarget: new TextEncoder().encode('hi.txt'),
      blocksHash: NO_BYTES,
    },
    {
      ...regular,
      name: 'empty',
      size: 0,
      permissions: 0o600,
      modifiedS: 1_700_000_001,
      modifiedNs: 0,
      sequence: 2,
      blocks: [{ offset: 0, size: 0, hash: EMPTY_HASH }],
      blocksHash: fromHex('d3bfe98e8f1ce891614854569a20f5f4508d6ab4025b872b7b3a8282ef75b12a'),
    },
    {
      ...regular,
      name: 'hi.txt',
      size: 10,
      permissions: 0o644,
      modifiedS: 1_700_000_000,
      modifiedNs: 123_456_789,
      sequence: 3,
      blocks: [{ offset: 0, size: 10, hash: HI_HASH }],
      blocksHash: fromHex('1f2c088b729247559b96adeb72213e761fa9f25f4f3a98941ce0ad587ce180a5'),
    },
  ]);
});

test('W1 a compressed message of literals alone is read', () => {
  deepEqual(read(FRAMES.literalUpdate), [
    { type: 'IndexUpdate', body: { folder: 'f1', files: [], lastSequence: 0, previousSequence: 0 } },
  ]);
});

test('W30 the entries of the captured index become records, and the records the same entries', () => {
  const { files } = Index.decode(INDEX_BODY);
  for (const info of files) {
    const result = toFileRecord(info);
    ok('record' in result);
    const back = toFileInfo(result.record, { blocksHash: info.blocksHash });
    deepEqual(Index.decode(Index.encode({ files: [back] })).files, Index.decode(Index.encode({ files: [info] })).files);
  }
  const hi = toFileRecord(files[2] as (typeof files)[number]);
  ok('record' in hi);
  equal(hi.record.modifiedNs, 1_700_000_000_123_456_789n);
});

test('W50 the captured announcement is read, and written with the same bytes', () => {
  const announcement = decodeAnnouncement(ANNOUNCEMENT);
  deepEqual(plain(announcement), {
    id: fromHex('5ce07b57a9285063a764e0cc5c818b6e865a12e6ba4318d924fef8f4c06031ed'),
    addresses: ['tcp://0.0.0.0:32119', 'tcp://10.77.0.1:32119', 'tcp://0.0.0.0:0'],
    instanceId: 2_080_401_718_276_641_960n,
  });
  deepEqual(encodeAnnouncement(announcement), ANNOUNCEMENT);
  deepEqual(announcedAddresses(announcement, '10.77.0.9'), [
    { host: '10.77.0.9', port: 32_119 },
    { host: '10.77.0.1', port: 32_119 },
  ]);
});

/** A copy in which views of larger buffers are arrays of their own, so that they compare by their bytes. */
function plain<T>(value: T): T {
  return structuredClone(value);
}
