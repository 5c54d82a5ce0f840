/**
 * TCP simultaneous open: both ends connect at the same time, and TLS runs over the one connection that comes of it.
 *
 * Why it passes two firewalls: each sees a connection that its own host opened, and lets in what belongs to that. The local
 * port is fixed, because the far end has to know it; Linux lets several connections share it as long as they go to different
 * places and nobody listens on it (measured; libuv sets SO_REUSEADDR, except on Windows).
 * @module
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { isMeetingServer, meetingOffers } from '../../core/discovery/meeting.ts';
import type { Address, Expected, MeetingPlace, Met } from '../../ports/network.ts';
import { expectDevice, expectPairing, expectWaiting, type Answered } from './answer.ts';
import { Attempt, textOf } from './attempt.ts';
import type { DialLimits, Dialler } from './dialer.ts';
import { clientOptions, serverOptions } from './handshake.ts';
import { eventSource, remoteOf } from './tls-stream.ts';

export interface Meeter extends Dialler {
  readonly limits: MeetLimits;
}

export interface MeetLimits extends DialLimits {
  /** How long the other end is waited for; and then as long again, at most, until the handshake is over. */
  readonly meetingMs: number;
}

/** @throws as dial; E_PEER_UNREACHABLE also when the local end is taken */
// eslint-disable-next-line require-await -- a signal that is aborted already has to be a rejection
export async function meet(
  meeter: Meeter,
  address: Address,
  from: MeetingPlace,
  expects: Expected,
  signal: AbortSignal,
): Promise<Met> {
  signal.throwIfAborted();
  const { host, port } = address;
  const raw = connect({
    host,
    port,
    ...(from.host !== undefined && { localAddress: from.host }),
    localPort: from.port,
  });
  const attempt = new Attempt<Met>(address, from.windowMs ?? meeter.limits.meetingMs, signal);
  attempt.watch(raw);
  raw.once('connect', () => {
    const isServer = isMeetingServer({ host: raw.localAddress ?? '', port: raw.localPort ?? 0 }, remoteOf(raw));
    if (isServer === undefined) {
      raw.destroy(new Error('It met itself'));
      return;
    }
    // Who came in the last moment gets the time to shake hands, too: two whose attempts begin that far apart would otherwise
    // fail again and again.
    attempt.renewTime(meeter.limits.meetingMs);
    const socket = attempt.watch(secure(meeter, raw, isServer, meetingOffers(expects, isServer)));
    socket.once(isServer ? 'secure' : 'secureConnect', () => {
      const { ownDevice, limits } = meeter;
      const subject = textOf(address);
      const answered = { socket, subject, ownDevice, dialled: !isServer, source: eventSource(socket), limits };
      attempt.settle(() => judge(answered, expects));
    });
  });
  return attempt.result;
}

function secure({ secureContext }: Meeter, raw: Socket, isServer: boolean, protocols: string[]): TLSSocket {
  return isServer
    ? new TLSSocket(raw, serverOptions(secureContext, protocols))
    : connectTls({ socket: raw, ...clientOptions(secureContext, protocols) });
}

function judge(answered: Answered, expects: Expected): Met {
  if (expects === 'waiting') return expectWaiting(answered);
  if (expects !== 'joining') return { is: 'connected', stream: expectDevice(answered, expects) };
  // Nothing but pairing was offered; a far end without ALPN is refused here.
  return { is: 'joining', stream: expectPairing(answered, answered.socket.alpnProtocol || '') };
}
