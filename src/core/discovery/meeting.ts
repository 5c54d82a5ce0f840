/**
 * A meeting in the middle: two ends that connect to each other at the same time, so that neither is the caller. What the one
 * is and the other is not, TLS server for example, follows from what both know.
 * @module
 */
import { BEP, PAIRING, PAIRING_REVERSED } from '../session/protocol-names.ts';
import { parseIpAddress } from './ip-address.ts';

/** How long one attempt waits for the other end: both try every two seconds or so, and a SYN is repeated after one. */
export const MEETING_MS = 1_900;

/** Who is hoped for: see Expected in ports/network.ts. */
type Expected = Uint8Array | 'waiting' | 'joining';

interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * Is this end the TLS server? The end with the lower address is; on one host, the lower port.
 * @returns undefined where both ends are the same: TCP can meet itself.
 */
export function isMeetingServer(own: Endpoint, far: Endpoint): boolean | undefined {
  const order = compareBytes(bytesOf(own.host), bytesOf(far.host)) || own.port - far.port;
  return order === 0 ? undefined : order < 0;
}

/**
 * What an end offers to speak, the best first. Two who want to join, or two who have an open code, must not take each other
 * for what they look for: each kind of pairing says which end has the code.
 */
export function meetingOffers(expects: Expected, isServer: boolean): string[] {
  if (expects === 'waiting') return [isServer ? PAIRING_REVERSED : PAIRING, BEP];
  if (expects === 'joining') return [isServer ? PAIRING : PAIRING_REVERSED];
  return [BEP];
}

/** Without zone, and without IPv6 clothes; what is no IP address is compared by its letters. */
function bytesOf(host: string): ArrayLike<number> {
  return parseIpAddress(host) ?? Array.from(host, (letter) => letter.codePointAt(0) ?? 0);
}

function compareBytes(a: ArrayLike<number>, b: ArrayLike<number>): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const order = (a[index] ?? 0) - (b[index] ?? 0);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
