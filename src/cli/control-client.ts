/**
 * Asks a running node, if there is one.
 * @module
 */
import { lstatSync } from 'node:fs';
import { createConnection } from 'node:net';
import { ERRORS, LanfoldError, type ErrorCode, type Home } from '../index.ts';
import { LineBuffer, readReply, REPLY_BYTES_MAX } from './control-protocol.ts';
import type { ArgsOf, OperationName, ResultOf } from './operations.ts';

/** Nobody listens at the home's socket. */
export const UNREACHABLE = Symbol('unreachable');

/**
 * @returns the node's answer, or {@link UNREACHABLE}.
 * @throws LanfoldError what the node threw; `E_NOT_RUNNING` when it ended before it answered.
 */
export async function askRunning<Name extends OperationName>(
  home: Home,
  command: Name,
  args: ArgsOf<Name>,
): Promise<ResultOf<Name> | typeof UNREACHABLE> {
  if (!isOurSocket(home.socket)) return UNREACHABLE;
  const line = await exchange(home, `${JSON.stringify({ command, args })}\n`);
  if (line === UNREACHABLE) return UNREACHABLE;
  const reply = readReply(line);
  if ('ok' in reply) return reply.result as ResultOf<Name>; // the same version's, or a newer one's that keeps the contract
  throw new RemoteError(reply.error.code, reply.error.message);
}

/** An error of the running node, in its own words. */
class RemoteError extends LanfoldError {
  constructor(code: string, message: string) {
    super(isKnown(code) ? code : 'E_USAGE', { subject: '' });
    this.message = message;
  }
}

function isKnown(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

/** Where the path is in a directory that all users share, it could be someone else's, who would like to be asked. */
function isOurSocket(path: string): boolean {
  if (process.platform === 'win32') return true;
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.isSocket() && found.uid === process.getuid?.();
}

function exchange(home: Home, question: string): Promise<string | typeof UNREACHABLE> {
  return new Promise((resolve, reject) => {
    const buffer = new LineBuffer(REPLY_BYTES_MAX);
    const socket = createConnection(home.socket, () => socket.end(question));
    let isConnected = false;
    socket.once('connect', () => (isConnected = true));
    socket.on('data', (piece) => {
      const got = buffer.push(piece);
      if (got === 'more') return;
      if (got === 'too-long') reject(new LanfoldError('E_USAGE', { subject: 'the answer is too long' }));
      else resolve(got.line);
      socket.destroy();
    });
    const lost = (): void => {
      if (!isConnected) resolve(UNREACHABLE);
      reject(new LanfoldError('E_NOT_RUNNING', { subject: home.state, because: 'it ended before it answered' }));
    };
    socket.on('error', lost);
    socket.on('close', lost);
  });
}
