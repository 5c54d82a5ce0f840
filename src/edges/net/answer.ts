/**
 * What answered where we connected to, once the handshake is over.
 * @module
 */
import type { TLSSocket } from 'node:tls';
import { OtherDevice } from '../../core/discovery/try-result.ts';
import { LanfoldError } from '../../core/errors.ts';
import { BEP } from '../../core/session/protocol-names.ts';
import type { Knocked, PairingStream } from '../../ports/network.ts';
import { isSameDevice, proofOf } from './handshake.ts';
import { pairingStream } from './pairing-room.ts';
import { TlsStream, type Source, type StreamLimits } from './tls-stream.ts';

export interface Answered {
  readonly socket: TLSSocket;
  /** Where we connected to, in words. */
  readonly subject: string;
  /** Raw device ID of this node: whoever shows it is refused. */
  readonly ownDevice: Uint8Array;
  /** True if this side counts as the one that dialled. */
  readonly dialled: boolean;
  readonly source: Source;
  readonly limits: StreamLimits;
}

/** @throws LanfoldError E_PEER_WRONG_DEVICE, with an {@link OtherDevice} as its cause if one is proven */
export function expectDevice(answered: Answered, device: Uint8Array): TlsStream {
  const found = provenDevice(answered, BEP);
  if (!isSameDevice(found, device)) throw wrongDevice(answered, found);
  return new TlsStream(answered.socket, { ...answered, device: found });
}

/** The connection to somebody else than who waits is closed. @throws as {@link expectDevice} */
export function expectWaiting(answered: Answered): Knocked {
  const { socket } = answered;
  const protocol = socket.alpnProtocol || BEP;
  if (protocol !== BEP) return { is: 'waiting', stream: expectPairing(answered, protocol) };
  const device = provenDevice(answered, BEP);
  // At once: a Syncthing (1.x) that waits for a hello keeps all other newcomers waiting.
  socket.destroy();
  return { is: 'present', device };
}

/** @throws as {@link expectDevice} */
export function expectPairing(answered: Answered, protocol: string): PairingStream {
  return pairingStream(answered.socket, { ...answered, device: provenDevice(answered, protocol) });
}

function provenDevice(answered: Answered, protocol: string): Uint8Array {
  const proof = proofOf(answered.socket, protocol);
  if ('fault' in proof)
    throw new LanfoldError('E_PEER_WRONG_DEVICE', { subject: answered.subject, because: proof.fault });
  if (isSameDevice(proof.device, answered.ownDevice)) throw wrongDevice(answered, proof.device);
  return proof.device;
}

function wrongDevice({ subject }: Answered, found: Uint8Array): LanfoldError {
  return new LanfoldError('E_PEER_WRONG_DEVICE', { subject, cause: new OtherDevice(found) });
}
