/**
 * The real {@link Network}: TCP and TLS.
 * @module
 */
import { MEETING_MS } from '../../core/discovery/meeting.ts';
import type {
  Address,
  Expected,
  Knocked,
  Listener,
  ListenOptions,
  MeetingPlace,
  Met,
  Network,
  Stream,
} from '../../ports/network.ts';
import { dial, knock } from './dialer.ts';
import { secureContextOf } from './handshake.ts';
import type { Identity } from './identity.ts';
import { listen, type AcceptLimits } from './listener.ts';
import { meet, type MeetLimits } from './meeting.ts';
import { STREAM_LIMITS } from './tls-stream.ts';

export interface NetworkLimits extends AcceptLimits, MeetLimits {}

/** Bounds on what others can cost us (reliability rule R19). */
export const NETWORK_LIMITS: NetworkLimits = {
  ...STREAM_LIMITS,
  handshakeMs: 10_000,
  handshakesMax: 64,
  handshakesPerAddressMax: 8,
  meetingMs: MEETING_MS,
};

export class TlsNetwork implements Network {
  /** What every connection of ours needs, whoever opened it. */
  readonly #end;

  constructor(identity: Identity, limits: Partial<NetworkLimits> = {}) {
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

  knock(address: Address, signal: AbortSignal): Promise<Knocked> {
    return knock(this.#end, address, signal);
  }

  meet(address: Address, from: MeetingPlace, expects: Expected, signal: AbortSignal): Promise<Met> {
    return meet(this.#end, address, from, expects, signal);
  }
}
