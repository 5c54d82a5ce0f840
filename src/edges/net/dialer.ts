/**
 * Connects to a peer and proves who answers, before one byte of the protocol is written or read.
 * @module
 */
import type { SocketConstructorOpts } from 'node:net';
import { connect, type ConnectionOptions, type SecureContext } from 'node:tls';
import { BEP, PAIRING } from '../../core/session/protocol-names.ts';
import type { Address, Knocked, Stream } from '../../ports/network.ts';
import { expectDevice, expectWaiting, type Answered } from './answer.ts';
import { Attempt, textOf } from './attempt.ts';
import { clientOptions } from './handshake.ts';
import type { Source, StreamLimits } from './tls-stream.ts';

export interface Dialler {
  readonly secureContext: SecureContext;
  /** Raw device ID of this node: whoever shows it is refused. */
  readonly ownDevice: Uint8Array;
  readonly limits: DialLimits;
}

export interface DialLimits extends StreamLimits {
  /** From the first packet to the end of the handshake. */
  readonly handshakeMs: number;
}

/** The content of one TLS record: Node never delivers more at once. */
const RECEIVE_BUFFER_BYTES = 16 * 1024;

/**
 * @throws LanfoldError E_PEER_UNREACHABLE when nobody answers in time, E_PEER_WRONG_DEVICE when somebody else does (its cause
 *   is an OtherDevice if that one proved an identity); the signal's reason when it is aborted
 */
export function dial(dialler: Dialler, address: Address, device: Uint8Array, signal: AbortSignal): Promise<Stream> {
  return ask(dialler, address, [BEP], signal, (answered) => expectDevice(answered, device));
}

/** @throws as {@link dial} */
export function knock(dialler: Dialler, address: Address, signal: AbortSignal): Promise<Knocked> {
  return ask(dialler, address, [PAIRING, BEP], signal, expectWaiting);
}

// eslint-disable-next-line require-await -- a signal that is aborted already has to be a rejection
async function ask<Result>(
  { secureContext, ownDevice, limits }: Dialler,
  address: Address,
  protocols: string[],
  signal: AbortSignal,
  judge: (answered: Answered) => Result,
): Promise<Result> {
  signal.throwIfAborted();
  const source = new BufferSource();
  const options: ConnectionOptions & Pick<SocketConstructorOpts, 'onread'> = {
    host: address.host,
    port: address.port,
    ...clientOptions(secureContext, protocols),
    onread: { buffer: source.buffer, callback: (length) => source.onRead(length) },
  };
  const socket = connect(options);
  const attempt = new Attempt<Result>(address, limits.handshakeMs, signal);
  attempt.watch(socket);
  socket.once('secureConnect', () => {
    socket.pause(); // nothing is read before somebody receives it
    attempt.settle(() => judge({ socket, subject: textOf(address), ownDevice, dialled: true, source, limits }));
  });
  return attempt.result;
}

/** One buffer that the socket fills again and again; each chunk is valid only until the next. */
class BufferSource implements Source {
  readonly buffer = Buffer.allocUnsafeSlow(RECEIVE_BUFFER_BYTES);
  #data: ((chunk: Uint8Array) => void) | undefined;

  start(data: (chunk: Uint8Array) => void): void {
    this.#data = data;
  }

  onRead(length: number): boolean {
    this.#data?.(this.buffer.subarray(0, length));
    return true;
  }
}
