/**
 * Connects to a peer and proves who answers, before one byte of the protocol is written or read.
 * @module
 */
import type { SocketConstructorOpts } from 'node:net';
import { connect, type ConnectionOptions, type SecureContext, type TLSSocket } from 'node:tls';
import { OtherDevice } from '../../core/discovery/try-result.ts';
import { LanfoldError } from '../../core/errors.ts';
import type { Address, Stream } from '../../ports/network.ts';
import { isSameDevice, proofOf, PROTOCOL } from './handshake.ts';
import { TlsStream, type Source, type StreamLimits } from './tls-stream.ts';

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
 *   is an {@link OtherDevice} if that one proved an identity); the signal's reason when it is aborted
 */
export function dial(
  { secureContext, ownDevice, limits }: Dialler,
  address: Address,
  device: Uint8Array,
  signal: AbortSignal,
): Promise<Stream> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const source = new BufferSource();
    const options: ConnectionOptions & Pick<SocketConstructorOpts, 'onread'> = {
      host: address.host,
      port: address.port,
      secureContext,
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ALPNProtocols: [PROTOCOL],
      onread: { buffer: source.buffer, callback: (length) => source.onRead(length) },
    };
    const socket = connect(options);
    const fail = (error: unknown): void => {
      release();
      socket.destroy();
      reject(error);
    };
    const onAbort = (): void => fail(signal.reason);
    const unreachable = (cause: unknown): void =>
      fail(new LanfoldError('E_PEER_UNREACHABLE', { subject: textOf(address), cause }));
    const onClose = (): void => unreachable(new Error('The connection was closed during the handshake'));
    const timer = setTimeout(
      () => unreachable(new Error(`No answer within ${limits.handshakeMs} ms`)),
      limits.handshakeMs,
    );
    const release = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.off('close', onClose);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', unreachable); // stays for good: what fails later must not be thrown at the process
    socket.once('close', onClose);
    socket.once('secureConnect', () => {
      socket.pause(); // nothing is read before somebody receives it
      const fault = faultOf(socket, { device, ownDevice }, address);
      if (fault !== undefined) {
        fail(fault);
        return;
      }
      release();
      resolve(new TlsStream(socket, { device: Uint8Array.from(device), dialled: true, source, limits }));
    });
  });
}

function faultOf(
  socket: TLSSocket,
  expected: { readonly device: Uint8Array; readonly ownDevice: Uint8Array },
  address: Address,
): LanfoldError | undefined {
  const proof = proofOf(socket);
  const subject = textOf(address);
  if ('fault' in proof) {
    return new LanfoldError('E_PEER_WRONG_DEVICE', { subject, because: proof.fault });
  }
  const isExpected = isSameDevice(proof.device, expected.device);
  if (isExpected && !isSameDevice(proof.device, expected.ownDevice)) return undefined;
  return new LanfoldError('E_PEER_WRONG_DEVICE', { subject, cause: new OtherDevice(proof.device) });
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

function textOf({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
