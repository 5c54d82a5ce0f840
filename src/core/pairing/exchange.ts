/**
 * What lanfold puts into CPace: the code, both devices, the very TLS connection, and what each end says of itself.
 *
 * A man in the middle has two connections with other certificates, so even with the right code at both ends nothing fits: the
 * generator differs by `binding` and by the device IDs.
 * @module
 */
import { PAIRING } from '../session/protocol-names.ts';
import { toUtf8 } from '../text.ts';
import {
  generatorOf,
  lengthValue,
  sessionKey,
  tagsOf,
  transcriptOf,
  type CpaceInputs,
  type PairingCrypto,
  type Share,
  type Tags,
} from './cpace.ts';

/** What may grow within the protocol without breaking it; said by each end, and bound. */
export const PAIRING_VERSION = 1;

/** Who meets whom, over which connection. */
export interface Meeting {
  /** From the TLS exporter: equal at both ends of one connection and nowhere else. */
  readonly binding: Uint8Array;
  /** Raw device IDs, proven by TLS. */
  readonly joiner: Uint8Array;
  readonly host: Uint8Array;
}

/** How an end introduces itself. */
export interface Introduction {
  readonly name: string;
  readonly version: number;
}

/** An introduction together with the end's point. */
export interface Introduced extends Introduction {
  readonly y: Uint8Array;
}

/** One end's half of a run: what it keeps to itself, and what it sends. Used once. */
export interface Half {
  readonly scalar: Uint8Array;
  readonly y: Uint8Array;
}

/** @param scalar 32 random bytes, never used before. */
export function halfOf(crypto: PairingCrypto, meeting: Meeting, code: string, scalar: Uint8Array): Half {
  const y = crypto.multiply(scalar, generatorOf(crypto, inputsOf(meeting, code)));
  // Impossible with a hash that is one: the generator would have to be one of a handful of points.
  if (y === undefined) throw new Error('the generator has a low order');
  return { scalar, y };
}

/**
 * What each end has to prove, as this end sees it.
 * @param scalar this end's own. @param farY the point that the far end sent.
 * @returns undefined if `farY` is a point of low order: the key would be known to everybody, so the run must stop.
 */
export function tagsOfMeeting(
  crypto: PairingCrypto,
  meeting: Meeting,
  own: { readonly scalar: Uint8Array; readonly farY: Uint8Array },
  joiner: Introduced,
  host: Introduced,
): Tags | undefined {
  const secret = crypto.multiply(own.scalar, own.farY);
  if (secret === undefined) return undefined;
  const initiator = shareOf('I', joiner);
  const responder = shareOf('R', host);
  const key = sessionKey(crypto, meeting.binding, secret, transcriptOf(initiator, responder));
  return tagsOf(crypto, meeting.binding, key, initiator, responder);
}

function inputsOf({ binding, joiner, host }: Meeting, code: string): CpaceInputs {
  return {
    password: toUtf8(`${PAIRING}|${code}`),
    channel: lengthValue(toUtf8(PAIRING), joiner, host),
    session: binding,
  };
}

/** Role, name and version, each behind its length: a name may hold any character. */
function shareOf(role: 'I' | 'R', { y, name, version }: Introduced): Share {
  return { y, data: lengthValue(toUtf8(role), toUtf8(name), toUtf8(String(version))) };
}
