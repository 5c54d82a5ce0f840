/** Messages over a stream, where one of them may have to be waited for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Life } from '../../edges/memory/life.ts';
import { MemoryClock } from '../../edges/memory/memory-clock.ts';
import { Scheduler } from '../../edges/memory/scheduler.ts';
import { encodeHello } from '../../core/wire/frame.ts';
import { encodeMessage } from '../../core/wire/message-frame.ts';
import type { Stream, StreamHandlers } from '../../ports/network.ts';
import { Link, type Received } from './link.ts';

const HELLO = encodeHello({ deviceName: 'b', clientName: 'lanfold', clientVersion: 'v0', connections: 1 });

/** A stream whose far end is the test. */
class FakeStream implements Stream {
  readonly device = new Uint8Array(32);
  readonly remote = { host: '127.0.0.1', port: 1 };
  readonly dialled = false;
  isPaused = false;
  isSlow = false;
  hasEnded = false;
  destroyed: string | undefined;
  #handlers: StreamHandlers | undefined;

  receive(handlers: StreamHandlers): void {
    this.#handlers = handlers;
  }

  /** Gives bytes in a buffer that is used again at once, as a socket may. */
  give(...parts: readonly Uint8Array[]): void {
    const buffer = Buffer.concat(parts);
    this.#handlers?.data(buffer);
    buffer.fill(0xff);
  }

  send(): boolean {
    return !this.isSlow;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    this.hasEnded = true;
  }

  destroy(reason: string): void {
    this.destroyed = reason;
    this.#handlers?.closed(reason);
  }
}

/** A link whose pings carry nothing but the order in which they are taken; the first response has to be waited for. */
function linkThatWaits(scheduler = new Scheduler()): {
  stream: FakeStream;
  link: Link;
  taken: string[];
  go: () => void;
} {
  const stream = new FakeStream();
  const taken: string[] = [];
  let go = (): void => {};
  const wait = new Promise<void>((resolve) => (go = resolve));
  const link = new Link(stream, new MemoryClock(new Life(scheduler)), {
    heard: () => {},
    received: (message: Received) => {
      taken.push(message.type === 'Response' ? `response ${message.body.id}` : message.type);
      return message.type === 'Response' && message.body.id === 1 ? wait : undefined;
    },
    closed: (reason) => void taken.push(`closed: ${reason}`),
  });
  return { stream, link, taken, go };
}

const response = (id: number): Uint8Array => Buffer.concat(encodeMessage('Response', { id, data: Buffer.from([id]) }));
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('C30 while one message is waited for, nothing more is read, and what came already keeps its order', async () => {
  const { stream, taken, go } = linkThatWaits();
  stream.give(HELLO, response(1), response(2), response(3).subarray(0, 5));
  stream.give(response(3).subarray(5), response(4));
  assert.deepEqual(taken, ['Hello', 'response 1']);
  assert.equal(stream.isPaused, true);
  go();
  await settled();
  assert.deepEqual(taken, ['Hello', 'response 1', 'response 2', 'response 3', 'response 4']);
  assert.equal(stream.isPaused, false);
  stream.give(response(5));
  assert.equal(taken.at(-1), 'response 5');
});

test('C31 malformed bytes behind a message that is waited for end the stream in their turn', async () => {
  const { stream, taken, go } = linkThatWaits();
  stream.give(HELLO, response(1), response(2), Buffer.alloc(64, 0xff));
  assert.equal(stream.destroyed, undefined);
  go();
  await settled();
  assert.equal(taken[2], 'response 2');
  assert.match(stream.destroyed ?? '', /malformed/);
});

test('C32 a stream that closes meanwhile says so at once, and what came before is dropped', async () => {
  const { stream, taken, go } = linkThatWaits();
  stream.give(HELLO, response(1), response(2));
  stream.destroy('gone');
  go();
  await settled();
  assert.deepEqual(taken, ['Hello', 'response 1', 'closed: gone']);
});

test('C33 who pauses twice has to resume twice', () => {
  const { stream, link } = linkThatWaits();
  link.pause();
  link.pause();
  link.resume();
  assert.equal(stream.isPaused, true);
  link.resume();
  assert.equal(stream.isPaused, false);
});

test('R19 who does not take what it asked for is closed at once, but who was told its last', () => {
  const ends = [
    [false, false],
    [true, false],
    [true, true],
  ] as const;
  const results = ends.map(([isSlow, isAwaited]) => {
    const { stream, link } = linkThatWaits();
    stream.isSlow = isSlow;
    link.close('so long', isAwaited);
    return stream.hasEnded ? 'ended' : stream.destroyed;
  });
  assert.deepEqual(results, ['ended', 'so long', 'ended']);
});

test('R19 a message that has begun comes whole within a minute, or ends the stream', async () => {
  const scheduler = new Scheduler();
  const { stream, taken } = linkThatWaits(scheduler);
  stream.give(HELLO, response(2).subarray(0, 5));
  await scheduler.runFor(59_000);
  stream.give(response(2).subarray(5), response(3).subarray(0, 3));
  await scheduler.runFor(59_000);
  assert.equal(stream.destroyed, undefined, 'each message has its own time');
  await scheduler.runFor(2000);
  assert.match(stream.destroyed ?? '', /did not finish a message/);
  assert.deepEqual(taken.slice(0, 2), ['Hello', 'response 2']);
});

test('R19 a message is not late while nothing is read, nor a large one that keeps coming', async () => {
  const scheduler = new Scheduler();
  const { stream, link } = linkThatWaits(scheduler);
  const large = Buffer.concat(encodeMessage('Response', { id: 2, data: new Uint8Array(8 * 1024 * 1024) }));
  stream.give(HELLO, large.subarray(0, 1000));
  await scheduler.runFor(120_000);
  assert.equal(stream.destroyed, undefined);
  link.pause();
  await scheduler.runFor(600_000);
  link.resume();
  stream.give(large.subarray(1000));
  await scheduler.runFor(600_000);
  assert.equal(stream.destroyed, undefined);
  stream.give(large.subarray(0, 1000));
  await scheduler.runFor(140_000);
  assert.match(stream.destroyed ?? '', /did not finish a message/);
});

/** An index of one file of so many blocks; each is to be read, whatever is made of it. */
function longIndex(blocks: number): Uint8Array {
  const file = { name: 'large', blocks: Array.from({ length: blocks }, () => ({})) };
  return Buffer.concat(encodeMessage('Index', { folder: 'photos', files: [file] }));
}

test('R19 an index of a million elements is read in parts, between which others work, and what comes behind it waits', async () => {
  const scheduler = new Scheduler();
  const { stream, link, taken } = linkThatWaits(scheduler);
  link.raiseLimits();
  let turns = 0;
  const work = (): void => {
    turns += 1;
    if (turns < 1000) scheduler.after(0, work);
  };
  scheduler.after(0, work);
  stream.give(HELLO, longIndex(1_000_000), response(2));
  assert.deepEqual(taken, ['Hello']);
  assert.equal(stream.isPaused, true);
  await scheduler.run(() => taken.includes('response 2'));
  assert.deepEqual(taken, ['Hello', 'Index', 'response 2']);
  assert.equal(stream.isPaused, false);
  assert.ok(turns >= 20, `${turns} turns`);
});

test('R19 a long index that is malformed ends the stream, and one of a stream that closes is read no further', async () => {
  for (const isClosed of [false, true]) {
    const scheduler = new Scheduler();
    const { stream, link, taken } = linkThatWaits(scheduler);
    link.raiseLimits();
    stream.give(HELLO, longIndex(1_100_000), response(2));
    if (isClosed) stream.destroy('gone');
    await scheduler.runFor(1000);
    assert.match(stream.destroyed ?? '', isClosed ? /gone/ : /malformed bytes/);
    assert.deepEqual(taken, ['Hello', `closed: ${stream.destroyed}`]);
  }
});
