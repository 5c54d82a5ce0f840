/**
 * The real {@link Network}: TCP and TLS.
 * @module
 */
import type { Address, Listener, ListenOptions, Knocked, Met, Network, Stream } from '../../ports/network.ts';
import { dial } from './dialer.ts';
import { secureContextOf } from './handshake.ts';
import type { Identity } from './identity.ts';
import { listen, type Acceptor, type AcceptLimits } from './listener.ts';
import { STREAM_LIMITS } from './tls-stream.ts';

/** Bounds on what others can cost us (reliability rule R19). */
export const NETWORK_LIMITS: AcceptLimits = {
  ...STREAM_LIMITS,
  handshakeMs: 10_000,
  handshakesMax: 64,
  handshakesPerAddressMax: 8,
};

export class TlsNetwork implements Network {
  readonly #end: Acceptor;

  constructor(identity: Identity, limits: Partial<AcceptLimits> = {}) {
    this.#end = {
      secureContext: secureContextOf(identity),
      ownDevice: identity.device,
      limits: { ...NETWORK_LIMITS, ...limits },
    };
  }

  listen(options: ListenOptions): Promise<Listener> {
    return listen(this.#end, options);
  }

  dial(address: Address, device: Uint8Array, signal: AbortSignal): Promise<Stream> {
    return dial(this.#end, address, device, signal);
  }

  knock(): Promise<Knocked> {
    throw new Error('not yet');
  }

  meet(): Promise<Met> {
    throw new Error('not yet');
  }
}
