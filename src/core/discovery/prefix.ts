/**
 * The node's own networks, by their real prefixes: a /24 is never assumed.
 * @module
 */
import { formatIpv4, parseIpAddress } from './ip-address.ts';

/** One address of one of the node's own interfaces; loopback is not among them. */
export interface InterfaceAddress {
  readonly interfaceName: string;
  /** IPv4 or IPv6, without a zone. */
  readonly address: string;
  /** How many leading bits all hosts of this network share: 0–32 for IPv4, 0–128 for IPv6. */
  readonly prefixLength: number;
}

/**
 * True if `address` is a host of the network of one of `own`, and not the node itself.
 *
 * Only interfaces named `interfaceName` count, if it is given: a neighbour seen on one link is no neighbour on another, even
 * where both links use the same numbers.
 */
export function isOnLink(address: string, own: readonly InterfaceAddress[], interfaceName?: string): boolean {
  const bytes = parseIpAddress(address);
  if (bytes === undefined || isGroup(bytes)) return false;
  let within = false;
  for (const mine of own) {
    const mineBytes = parseIpAddress(mine.address);
    if (mineBytes?.length !== bytes.length) continue;
    const common = commonBits(bytes, mineBytes);
    if (common === bytes.length * 8) return false;
    if (interfaceName !== undefined && mine.interfaceName !== interfaceName) continue;
    if (common >= mine.prefixLength && formatIpv4(bytes) !== directedBroadcast(mine)) within = true;
  }
  return within;
}

/**
 * True if a packet to `host` (with a zone, if link-local) reaches it without a router: it is on an own link, or this machine
 * itself. What strangers announce is dialled only then.
 */
export function staysOnLink(host: string, own: readonly InterfaceAddress[]): boolean {
  const [address = '', interfaceName] = host.split('%');
  return isOnLink(address, own, interfaceName) || own.some((mine) => isSameAddress(mine.address, address));
}

/** True if both texts name one IP address. */
export function isSameAddress(a: string, b: string): boolean {
  const [left, right] = [parseIpAddress(a), parseIpAddress(b)];
  return left !== undefined && right?.length === left.length && commonBits(left, right) === left.length * 8;
}

/**
 * The address that reaches everyone on the IPv4 network of `own`, or undefined where there is none: IPv6, and networks of one
 * or two hosts (/31, /32).
 *
 * The general 255.255.255.255 is no substitute: without a default route Linux refuses it.
 */
export function directedBroadcast(own: InterfaceAddress): string | undefined {
  const bytes = parseIpAddress(own.address);
  if (bytes?.length !== 4 || own.prefixLength > 30) return undefined;
  return formatIpv4(bytes.map((byte, index) => byte | (0xff >> clamp(own.prefixLength - index * 8))));
}

const VIRTUAL = /^(?:docker|br-|veth|virbr|vEthernet \(WSL|utun|tun|wg|tailscale|zt|lxc|cni|flannel|vmnet|vboxnet)/;

/**
 * True for the interfaces of containers, virtual machines and tunnels: whoever is behind them is on this machine, or is not on
 * the LAN.
 */
export function isVirtualInterface(interfaceName: string): boolean {
  return VIRTUAL.test(interfaceName);
}

/** The own links that are real ones, or all of them. */
export function usableLinks(own: readonly InterfaceAddress[], virtualToo: boolean): readonly InterfaceAddress[] {
  return virtualToo ? own : own.filter((mine) => !isVirtualInterface(mine.interfaceName));
}

/** Multicast, IPv4 broadcast, and the unspecified address: never one host. */
function isGroup(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  if (bytes.every((byte) => byte === 0)) return true;
  return bytes.length === 4 ? first >= 224 : first === 0xff;
}

function commonBits(a: Uint8Array, b: Uint8Array): number {
  for (const [index, byte] of a.entries()) {
    const difference = byte ^ (b[index] ?? 0);
    if (difference !== 0) return index * 8 + Math.clz32(difference) - 24;
  }
  return a.length * 8;
}

function clamp(bits: number): number {
  return Math.min(8, Math.max(0, bits));
}
