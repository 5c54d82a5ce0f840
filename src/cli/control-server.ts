/**
 * Lets the commands of the same user reach this running node, through a socket in its home.
 * @module
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { LanfoldError, type Node } from '../index.ts';
import { LineBuffer, readRequest, REQUEST_BYTES_MAX, type Reply } from './control-protocol.ts';
import { isOperation, perform } from './operations.ts';

export interface ControlServer {
  /** Ends it at once; who is being answered sees the connection end. Idempotent. */
  close(): void;
}

const CONNECTIONS_MAX = 64;
/** From the connection to a whole question. */
const QUESTION_MS = 10_000;

/**
 * The node holds the lock of its home, so whatever lies at the socket's path is left over from a dead process.
 * @throws the system's error when the socket cannot be made.
 */
export async function serveControl(node: Node): Promise<ControlServer> {
  const path = node.home.socket;
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    answerOne(node, socket);
  });
  server.maxConnections = CONNECTIONS_MAX;
  if (process.platform !== 'win32') rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
    // RACE: between these two lines the socket has the mode that the umask gives it. The home is open to its owner alone, so
    // nobody else can get this far; if a user has opened the home to others, they could ask in these microseconds.
    if (process.platform !== 'win32' && server.listening) chmodSync(path, 0o600);
  });
  server.on('error', () => {}); // one connection that could not be accepted; the next may be
  return {
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function answerOne(node: Node, socket: Socket): void {
  const buffer = new LineBuffer(REQUEST_BYTES_MAX);
  const end = (reply: Reply): void => void socket.end(`${JSON.stringify(reply)}\n`);
  socket.setTimeout(QUESTION_MS, () => socket.destroy());
  socket.on('error', () => {});
  socket.on('data', (piece) => {
    const got = buffer.push(piece);
    if (got === 'more') return;
    socket.setTimeout(0);
    socket.removeAllListeners('data').resume();
    if (got === 'too-long') end(refusal(new LanfoldError('E_USAGE', { subject: 'the request is too long' })));
    else void replyTo(node, got.line).then(end);
  });
}

async function replyTo(node: Node, line: string): Promise<Reply> {
  try {
    const { command, args } = readRequest(line);
    if (!isOperation(command)) {
      throw new LanfoldError('E_USAGE', { subject: `the running lanfold does not know "${command}"; it may be older` });
    }
    return { ok: true, result: await perform(node, command, args ?? {}) };
  } catch (error) {
    return refusal(error);
  }
}

function refusal(error: unknown): Reply {
  if (error instanceof LanfoldError) return { error: { code: error.code, message: error.message } };
  return { error: { code: 'E_UNEXPECTED', message: error instanceof Error ? error.message : String(error) } };
}
