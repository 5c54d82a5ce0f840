/**
 * The packet by which devices find each other on a link (local discovery, version 4).
 *
 * Anyone can send one and nothing in it is proven: it is a hint where to dial, and the dialled one has to prove who it is.
 * Source: bep.md §10.1 of the protocol notes; SPEC W50–W59.
 * @module
 */
import { ADDRESS_BYTES_MAX, ADDRESSES_MAX, ADDRESSES_WIRE_MAX, ANNOUNCEMENT_BYTES_MAX } from '../limits.ts';
import { parseIpAddress } from '../discovery/ip-address.ts';
import { DEVICE_ID_BYTES } from '../model/device-id.ts';
import { message } from './codec.ts';
import type { MessageOf } from './codec.ts';
import { bytes, int64Exact } from './fields.ts';
import { MAGIC } from './frame.ts';
import { repeatedText } from './lists.ts';
import { WireError } from './wire-error.ts';

const Announce = message('Announce', {
  /** Raw device ID, 32 bytes. */
  id: bytes(1, DEVICE_ID_BYTES),
  /** URLs. */
  addresses: repeatedText(2, ADDRESS_BYTES_MAX, ADDRESSES_WIRE_MAX),
  /** Random and not negative, new at each start: who hears a new one announces itself at once. */
  instanceId: int64Exact(3),
});
export type Announcement = MessageOf<typeof Announce>;

/** Where a device can be dialled. */
export interface HostPort {
  /** An IP address, with a zone if it needs one. */
  readonly host: string;
  readonly port: number;
}

const MAGIC_BYTES = 4;
const DEFAULT_PORT = 22_000;
const PORT_MAX = 65_535;
const TCP_URL =
  /^(?<scheme>tcp[46]?):\/\/(?:\[(?<ipv6>[^\]]*)\]|(?<plain>[^:/?#]*))(?::(?<port>\d{1,5}))?(?:[/?#].*)?$/;
const UNSPECIFIED = new Set(['', '0.0.0.0', '::']);

export function encodeAnnouncement(announcement: Announcement): Uint8Array {
  const body = Announce.encode(announcement);
  const packet = new Uint8Array(MAGIC_BYTES + body.length);
  new DataView(packet.buffer).setUint32(0, MAGIC);
  packet.set(body, MAGIC_BYTES);
  return packet;
}

/**
 * Reads a packet. `id` is a copy, so the packet's memory can be used again.
 * @throws WireError for everything but a whole announcement of a device.
 */
export function decodeAnnouncement(packet: Uint8Array): Announcement {
  if (packet.length > ANNOUNCEMENT_BYTES_MAX)
    throw new WireError('too-large', 'An announcement is larger than a datagram');
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  if (packet.length < MAGIC_BYTES || view.getUint32(0) !== MAGIC) {
    throw new WireError('bad-magic', 'A packet is no announcement');
  }
  const announcement = Announce.decode(packet.subarray(MAGIC_BYTES));
  if (announcement.id.length !== DEVICE_ID_BYTES) throw new WireError('bad-field', 'An announcement names no device');
  return { ...announcement, id: announcement.id.slice() };
}

/**
 * The announced addresses that can be dialled, without repeats, at most 16.
 *
 * An address without a host means the sender of the packet. Left out: what is not TCP, port 0 (Syncthing announces it for
 * its hole punching), host names (a packet from anybody must not make us ask a name server), groups, and addresses of this
 * very machine unless the packet comes from it.
 * @param source IP address that the packet came from.
 */
export function announcedAddresses(
  announcement: Announcement | { readonly addresses: readonly string[] },
  source: string,
): HostPort[] {
  const found = new Map<string, HostPort>();
  for (const url of announcement.addresses) {
    const address = dialable(url, source);
    if (address !== undefined) found.set(`${address.host} ${address.port}`, address);
    if (found.size === ADDRESSES_MAX) break;
  }
  return [...found.values()];
}

function dialable(url: string, source: string): HostPort | undefined {
  const parts = TCP_URL.exec(url)?.groups;
  if (parts === undefined) return undefined;
  const port = parts['port'] === undefined ? DEFAULT_PORT : Number(parts['port']);
  if (port === 0 || port > PORT_MAX) return undefined;
  const host = parts['ipv6'] ?? parts['plain'] ?? '';
  if (UNSPECIFIED.has(host)) return fits(parts['scheme'], source) ? { host: source, port } : undefined;
  if (!isIp(host) || isGroup(host)) return undefined;
  return isLoopback(host) && !isLoopback(source) ? undefined : { host, port };
}

/** `tcp4` is heard over IPv4 only, `tcp6` over IPv6 only. */
function fits(scheme: string | undefined, source: string): boolean {
  return scheme === 'tcp' || (scheme === 'tcp6') === source.includes(':');
}

/** Also what comes behind it: it is written down as text, and has to be read again. */
function isIp(host: string): boolean {
  return parseIpAddress(host) !== undefined && /^[^%]+(?:%[\w.-]+)?$/.test(host);
}

function isGroup(host: string): boolean {
  return /^ff[\da-f]{2}:/i.test(host) || /^(?:22[4-9]|2[3-5]\d)\./.test(host);
}

function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.') || host.startsWith('::ffff:127.');
}
