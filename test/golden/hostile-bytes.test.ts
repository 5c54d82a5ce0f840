import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import { decodeAnnouncement } from '../../src/core/wire/announcement.ts';
import { toFileRecord } from '../../src/core/wire/file-info.ts';
import { FrameDecoder } from '../../src/core/wire/frame.ts';
import { decodeFrame } from '../../src/core/wire/message-frame.ts';
import { Index } from '../../src/core/wire/messages.ts';
import { WireError } from '../../src/core/wire/wire-error.ts';
import { ANNOUNCEMENT, FRAMES, HELLOS, INDEX_BODY } from './captured.ts';

const MUTANTS = 20_000;
/** All mutants of one message. A hang, or an allocation of each declared length, would take many times this. */
const TIME_MS_MAX = 20_000;

/** A stream of numbers, the same in each run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Changes a few bytes: sets, inserts, removes, doubles. */
function mutate(bytes: Uint8Array, below: (limit: number) => number): Uint8Array {
  const mutant = [...bytes];
  for (let times = 1 + below(4); times > 0; times -= 1) {
    const at = below(mutant.length + 1);
    const byte = [0, 1, 0x7f, 0x80, 0xff, below(256)][below(6)] ?? 0;
    const kind = below(4);
    if (kind === 0) mutant[at] = byte;
    else if (kind === 1) mutant.splice(at, 0, byte);
    else if (kind === 2) mutant.splice(at, 1 + below(3));
    else mutant.splice(at, 0, ...mutant.slice(at, at + below(20)));
  }
  return Uint8Array.from(mutant);
}

function attack(golden: Uint8Array, read: (bytes: Uint8Array) => void): void {
  const below = numbers(golden.length);
  const deadlineMs = performance.now() + TIME_MS_MAX;
  let refused = 0;
  for (let i = 0; i < MUTANTS; i += 1) {
    const mutant = mutate(golden, below);
    try {
      read(mutant);
    } catch (error) {
      if (!(error instanceof WireError))
        throw new Error(`Mutant ${Buffer.from(mutant).toString('hex')}`, { cause: error });
      refused += 1;
    }
  }
  ok(performance.now() < deadlineMs, 'reading took too long');
  ok(refused > 0, 'no mutant was refused');
}

function readStream(bytes: Uint8Array): void {
  for (const frame of new FrameDecoder().feed(bytes)) {
    const incoming = decodeFrame(frame);
    if (incoming.type === 'Index' || incoming.type === 'IndexUpdate')
      for (const info of incoming.body.files) toFileRecord(info);
  }
}

for (const [name, frame] of Object.entries({ hello: new Uint8Array(0), ...FRAMES })) {
  test(`W19 no mutant of the captured ${name} does more than end its connection`, () => {
    attack(new Uint8Array(Buffer.concat([HELLOS.server, frame])), readStream);
  });
}

test('W19 no mutant of the captured index, unpacked, does more than be refused', () => {
  attack(INDEX_BODY, (bytes) => void Index.decode(bytes).files.map(toFileRecord));
});

test('W19 no mutant of the captured announcement does more than be dropped', () => {
  attack(ANNOUNCEMENT, decodeAnnouncement);
});
