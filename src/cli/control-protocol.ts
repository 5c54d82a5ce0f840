/**
 * One question to a running node and its answer, over the socket in its home: a line of JSON each way, then the end.
 *
 *   → {"command":"peers.trust","args":{…}}
 *   ← {"ok":true,"result":{…}}   or   {"error":{"code":"E_…","message":"…"}}
 *
 * Between one user's own processes: the socket is theirs alone (mode 0600). Both ends still bound what they read.
 * @module
 */
import * as v from 'valibot';
import { LanfoldError } from '../index.ts';

const RequestSchema = v.object({ command: v.string(), args: v.optional(v.unknown()) });

const ReplySchema = v.union([
  v.object({ ok: v.literal(true), result: v.unknown() }),
  v.object({ error: v.object({ code: v.string(), message: v.string() }) }),
]);

export type Request = v.InferOutput<typeof RequestSchema>;
export type Reply = v.InferOutput<typeof ReplySchema>;

/** Room for a path, an ID and a hundred addresses. */
export const REQUEST_BYTES_MAX = 64 * 1024;
/** A status lists at most a thousand problems a folder, of a few hundred bytes each. */
export const REPLY_BYTES_MAX = 64 * 1024 * 1024;

/** @throws LanfoldError `E_USAGE` for every line that is no request. */
export function readRequest(line: string): Request {
  return read(RequestSchema, line, 'the request is none that this lanfold knows');
}

/** @throws LanfoldError `E_USAGE` for every line that is no reply. */
export function readReply(line: string): Reply {
  return read(
    ReplySchema,
    line,
    'the running lanfold gives no answer that this one knows; they may be of different versions',
  );
}

function read<T>(schema: v.GenericSchema<unknown, T>, line: string, refusal: string): T {
  try {
    return v.parse(schema, JSON.parse(line));
  } catch (cause) {
    throw new LanfoldError('E_USAGE', { subject: refusal, cause });
  }
}

/** Collects the bytes of one line that comes in pieces. */
export class LineBuffer {
  readonly #bytesMax: number;
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** @returns the line once it is whole, `too-long` once it cannot become one; what follows a line is passed over. */
  push(piece: Uint8Array): { readonly line: string } | 'more' | 'too-long' {
    const end = piece.indexOf(0x0a);
    const part = end === -1 ? piece : piece.subarray(0, end);
    this.#bytes += part.length;
    if (this.#bytes > this.#bytesMax) return 'too-long';
    this.#pieces.push(part);
    return end === -1 ? 'more' : { line: Buffer.concat(this.#pieces).toString('utf8') };
  }
}
