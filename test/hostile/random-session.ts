/**
 * A session as an honest device holds it, with one thing in it that is wrong. Everything follows from the seed.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../harness/random.ts';
import { blocksOf } from './entry.ts';
import type { EvilPeer } from './evil-peer.ts';
import { frame, literals, packedFrame, recordOf, TYPE, type Field } from './wire.ts';

/** A message as a tree, so that any part of it can be made wrong. */
type Tree = [number: number, value: number | bigint | string | Uint8Array | Tree[]];
interface Message {
  type: number;
  body: Tree[];
}

export type Outcome = 'closed' | 'answered' | 'waiting';

/** Long enough to be answered on a busy machine; what waits for the rest of a message is not answered at all. */
const ANSWER_MS = 400;
const NUMBERS = [
  0,
  -1,
  1,
  127,
  128,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2n ** 62n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];
const TEXTS = [
  '',
  '.',
  '..',
  '../canary',
  '/etc/passwd',
  'way/canary',
  'a/../../canary',
  'a\0b',
  '.lanfold/x',
  '.stignore',
];
const NAMES = ['n0', 'n1', 'n2', 'n3', 'd', 'd/n4', 'd/e', 'd/e/n5', 'way', 'way/n6'];

/** Plays one session on a fresh connection that has said hello. */
export async function playSession(seed: number, peer: EvilPeer, folder: string): Promise<Outcome> {
  const random = new Random(seed);
  const messages = legalSession(random, peer, folder);
  const bytes = spoiled(random, messages);
  peer.serve = ({ size }) => (size <= 1024 ? Buffer.alloc(size, 7) : undefined);
  for (const part of bytes) peer.raw(part);
  const id = peer.ask(folder, 'no such file', 0, 1);
  const endMs = performance.now() + ANSWER_MS;
  while (performance.now() < endMs) {
    if (peer.isClosed) return 'closed';
    if (peer.answers.has(id)) return 'answered';
    await delay(1);
  }
  return 'waiting';
}

function legalSession(random: Random, peer: EvilPeer, folder: string): Message[] {
  const devices: Tree[] = [
    [
      16,
      [
        [1, peer.identity.device],
        [2, 'evil'],
        [3, 'dynamic'],
        [6, 1],
        [8, BigInt(random.between(1, 3))],
      ],
    ],
    [
      16,
      [
        [1, peer.victim],
        [6, 0],
        [8, 0],
      ],
    ],
  ];
  const messages: Message[] = [{ type: TYPE.clusterConfig, body: [[1, [[1, folder], [2, 'label'], ...devices]]] }];
  let sequence = 1;
  for (let parts = random.between(1, 4); parts > 0; parts -= 1) {
    const entries = Array.from({ length: random.between(1, 5) }, (): Tree => [2, legalEntry(random, peer, sequence++)]);
    messages.push({ type: random.pick([TYPE.index, TYPE.indexUpdate]), body: [[1, folder], ...entries] });
    if (random.percent(50)) messages.push(legalTalk(random, folder));
  }
  return messages;
}

function legalEntry(random: Random, peer: EvilPeer, sequence: number): Tree[] {
  const counter = BigInt(1_700_000_000 + random.below(1_000_000));
  const version: Tree = [
    9,
    [
      [
        1,
        [
          [1, peer.author.device],
          [2, counter],
        ],
      ],
    ],
  ];
  const all: Tree[] = [
    [1, random.pick(NAMES)],
    [5, 1_700_000_000],
    version,
    [10, sequence],
    [11, 5],
    [12, peer.author.device],
  ];
  switch (random.below(4)) {
    case 0:
      return [...all, [2, 1], [4, 0o755]];
    case 1:
      return [...all, [2, 4], [8, 1], [17, random.pick(['../outside', 'n0', '/'])]];
    case 2:
      return [...all, [6, 1], [2, random.pick([0, 1, 4])]];
    default: {
      const content = Buffer.alloc(random.between(0, 1024), 7);
      const blocks = blocksOf(content).map(({ offset, size, hash }): Tree => [
        16,
        [
          [1, offset],
          [2, size],
          [3, hash],
        ],
      ]);
      return [...all, [3, content.length], [4, 0o644], [13, 131_072], ...blocks];
    }
  }
}

function legalTalk(random: Random, folder: string): Message {
  const name = random.pick(NAMES);
  switch (random.below(4)) {
    case 0:
      return { type: TYPE.ping, body: [] };
    case 1:
      return {
        type: TYPE.progress,
        body: [
          [1, folder],
          [
            2,
            [
              [1, 0],
              [2, name],
              [4, 1],
              [4, 2],
              [5, 131_072],
            ],
          ],
        ],
      };
    case 2:
      return {
        type: TYPE.response,
        body: [
          [1, random.below(10)],
          [2, Buffer.alloc(10)],
          [3, 0],
        ],
      };
    default:
      return {
        type: TYPE.request,
        body: [
          [1, 1000],
          [2, folder],
          [3, name],
          [4, 0],
          [5, 7],
          [6, Buffer.alloc(32)],
        ],
      };
  }
}

/** The session's bytes, with one thing wrong. */
function spoiled(random: Random, messages: Message[]): Buffer[] {
  const at = random.below(messages.length);
  const chosen = messages[at] ?? { type: 0, body: [] };
  const kind = random.below(8);
  if (kind < 4) spoilTree(random, chosen.body);
  else if (kind === 4) spoilOrder(random, messages, at);
  return messages.map((message, index) => {
    const body = recordOf(message.body.map(fieldOf));
    const plain = random.percent(30)
      ? packedFrame(message.type, literals(body), body.length)
      : frame(message.type, body);
    if (index !== at || kind < 5) return plain;
    if (kind === 5) return spoilBytes(random, plain);
    if (kind === 6) return frame(message.type, body, Number(BigInt.asUintN(32, BigInt(random.pick(NUMBERS)))));
    return packedFrame(
      message.type,
      spoilBytes(random, literals(body)),
      body.length + random.pick([-1, 0, 1, 2 ** 31]),
    );
  });
}

function fieldOf([number, value]: Tree): Field {
  return [number, Array.isArray(value) ? recordOf(value.map(fieldOf)) : value];
}

function spoilTree(random: Random, body: Tree[]): void {
  const fields: Tree[] = [];
  const collect = (tree: Tree): void => {
    fields.push(tree);
    if (Array.isArray(tree[1])) tree[1].forEach(collect);
  };
  body.forEach(collect);
  if (fields.length === 0) return;
  const field = random.pick(fields);
  const [, value] = field;
  switch (random.below(4)) {
    case 0:
      field[0] = random.pick([1, 2, 3, 6, 9, 15, 16, 17, 1111, 2 ** 28]);
      return;
    case 1:
      field[1] = random.pick([...NUMBERS, ...TEXTS, random.bytes(random.below(40))]);
      return;
    case 2:
      if (Array.isArray(value)) value.splice(random.below(value.length + 1), random.below(3));
      else field[1] = typeof value === 'string' ? random.pick(TEXTS) : random.pick(NUMBERS);
      return;
    default:
      if (Array.isArray(value) && value.length > 0)
        value.push(...Array.from({ length: random.below(300) }, () => random.pick(value)));
      else field[1] = 'x'.repeat(random.pick([255, 256, 5000, 70_000]));
  }
}

function spoilOrder(random: Random, messages: Message[], at: number): void {
  const [taken] = messages.splice(at, 1);
  const isDropped = random.percent(30);
  if (taken === undefined || isDropped) return;
  if (random.percent(50)) messages.push(taken);
  else messages.unshift(taken, { ...taken, type: random.below(12) });
}

function spoilBytes(random: Random, bytes: Buffer): Buffer {
  const spoilt = [...bytes];
  for (let times = random.between(1, 3); times > 0; times -= 1) {
    const at = random.below(spoilt.length + 1);
    const kind = random.below(4);
    if (kind === 0) spoilt[at] = random.below(256);
    else if (kind === 1) spoilt.splice(at, random.between(1, 4));
    else if (kind === 2) spoilt.splice(at, 0, ...random.bytes(random.between(1, 4)));
    else spoilt.splice(at);
  }
  return Buffer.from(spoilt);
}
