/**
 * A disk thread: does what it is asked, in the order of asking, with synchronous calls (three times as fast as promises
 * for small files, measured). Long work pauses now and then to let short work through.
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type CallMessage, diskCalls, type ReplyMessage } from './calls.ts';
import { answerKicks } from './loop-kick.ts';
import type { ThreadData } from './thread.ts';
import { errorCode } from './trouble.ts';

type AnyCall = (root: string, ...values: readonly unknown[]) => unknown;

const { useNative, kicks } = workerData as ThreadData;
const calls = diskCalls(useNative);
answerKicks(kicks);

parentPort?.on('message', (message: CallMessage) => {
  void answer(message);
});

async function answer({ id, call, root, values }: CallMessage): Promise<void> {
  try {
    // The proxy typed the values by the same table.
    const result = await (calls[call] as AnyCall)(root, ...values);
    reply({ id, result }, call === 'read' ? buffersIn(result) : []);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    reply({ id, failure: { message: detail, code: errorCode(error) } }, []);
  }
}

function reply(message: ReplyMessage, transfer: readonly ArrayBuffer[]): void {
  parentPort?.postMessage(message, transfer);
}

/** Bytes that were read for the reply alone are handed over, not copied. */
function buffersIn(results: unknown): ArrayBuffer[] {
  if (!Array.isArray(results)) return [];
  return results.flatMap((bytes) =>
    bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : [],
  );
}
