/**
 * The system's table of neighbours (ARP, NDP), in the words of each system, read as values.
 *
 * Only hosts whose hardware address is known count. After a sweep of a /24 the table is full of addresses that nobody
 * answered for, and dialling those is dialling ghosts.
 * @module
 */
import { parseIpAddress } from './ip-address.ts';

/** Somebody whom this machine has met on one of its links. Presence means "was here once", not "is here". */
export interface Neighbour {
  /** IPv4 or IPv6, without a zone. */
  readonly address: string;
  /** Undefined where the system does not say (Windows). */
  readonly interfaceName: string | undefined;
}

/** `ATF_COM` of `<linux/if_arp.h>`: the entry is complete. */
const COMPLETE = 0x2;

/** Linux, IPv4: `/proc/net/arp`. */
export function parseProcNetArp(text: string): Neighbour[] {
  return text.split('\n').flatMap((line) => {
    const [address = '', , flags = '', hardware = '', , interfaceName = ''] = line.trim().split(/\s+/);
    if ((Number(flags) & COMPLETE) === 0 || interfaceName === '') return [];
    return neighbour(address, hardware, interfaceName);
  });
}

const USABLE_STATES: ReadonlySet<unknown> = new Set(['REACHABLE', 'STALE', 'DELAY', 'PROBE', 'PERMANENT']);

/** Linux, both families: `ip -j neigh`. Anything that is not its JSON gives nothing. */
export function parseIpNeigh(json: string): Neighbour[] {
  return parsedArray(json).flatMap((entry) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const { dst, dev, lladdr, state } = entry as Record<string, unknown>;
    if (typeof dst !== 'string' || typeof dev !== 'string' || typeof lladdr !== 'string') return [];
    if (!Array.isArray(state) || !state.some((word) => USABLE_STATES.has(word))) return [];
    return neighbour(dst, lladdr, dev);
  });
}

/** macOS and BSD, IPv4: `arp -an`. */
export function parseArpAn(text: string): Neighbour[] {
  return text.split('\n').flatMap((line) => {
    const match = /\(([\d.]+)\) at (\S+) (?:\[\w+\] )?on (\S+)/.exec(line);
    return match === null ? [] : neighbour(match[1] ?? '', match[2] ?? '', match[3] ?? '');
  });
}

/** macOS and BSD, IPv6: `ndp -an`. */
export function parseNdpAn(text: string): Neighbour[] {
  return text.split('\n').flatMap((line) => {
    const [address = '', hardware = '', interfaceName = ''] = line.trim().split(/\s+/);
    return neighbour(address, hardware, interfaceName);
  });
}

/** Windows, IPv4: `arp -a`. Its words are translated, so only the shape of a line counts. */
export function parseWindowsArp(text: string): Neighbour[] {
  return text.split('\n').flatMap((line) => {
    const [address = '', hardware = ''] = line.trim().split(/\s+/);
    return neighbour(address, hardware, undefined);
  });
}

/** One entry, if `address` is an address and `hardware` that of one existing host. */
function neighbour(address: string, hardware: string, interfaceName: string | undefined): Neighbour[] {
  if (parseIpAddress(address) === undefined || !isHostHardware(hardware)) return [];
  return [{ address: withoutZone(address), interfaceName }];
}

function withoutZone(address: string): string {
  const zone = address.indexOf('%');
  return zone === -1 ? address : address.slice(0, zone);
}

/** False for no hardware address at all, the empty one, and those of groups (the lowest bit of the first byte). */
function isHostHardware(text: string): boolean {
  if (!/^[\da-f]{1,2}(?:[:-][\da-f]{1,2}){5}$/i.test(text)) return false;
  const bytes = text.split(/[:-]/).map((part) => Number.parseInt(part, 16));
  return ((bytes[0] ?? 1) & 1) === 0 && bytes.some((byte) => byte !== 0);
}

function parsedArray(json: string): unknown[] {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
