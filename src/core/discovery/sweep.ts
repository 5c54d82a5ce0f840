/**
 * Whom a sweep makes the system resolve: the hosts of the own real prefixes, in batches.
 *
 * Each empty address costs three broadcast frames, and an entry in the kernel's table for three seconds; that table holds
 * 1,024 for the whole machine, and drops entries of everybody when it is full. Hence the pace, and no sweep of a large prefix.
 * @module
 */
import { formatIpv4, parseIpAddress } from './ip-address.ts';
import { isOnLink, type InterfaceAddress } from './prefix.ts';

export interface SweepBatch {
  /** After the sweep began. */
  readonly afterMs: number;
  readonly hosts: readonly string[];
}

export interface SweepHints {
  /** Hosts where missing peers were before. */
  readonly remembered: readonly string[];
  /** Hosts whose hardware address the system knows: they need no resolving, and show which parts of a large prefix are in use. */
  readonly neighbours: readonly string[];
}

/** A /24: all at once. */
const BURST_HOSTS = 254;
/** 256 hosts a second: with the burst less than 768 entries are unresolved at a time. */
const BATCH = { hosts: 64, firstMs: 1_000, everyMs: 250 } as const;
/** The hosts of a /22: the most that one sweep resolves. */
const SWEEP_HOSTS_MAX = 1_022;
const WHOLE_PREFIX_LENGTH_MIN = 22;
const PREFIX_LENGTH_MAX = 30;

export function sweepBatches(own: readonly InterfaceAddress[], hints: SweepHints): SweepBatch[] {
  const resolved = new Set([...hints.neighbours, ...own.map(({ address }) => address)]);
  const hosts = hostsToResolve(own, hints)
    .filter((host) => !resolved.has(host))
    .slice(0, SWEEP_HOSTS_MAX);
  const batches: SweepBatch[] = [{ afterMs: 0, hosts: hosts.slice(0, BURST_HOSTS) }];
  for (let start = BURST_HOSTS; start < hosts.length; start += BATCH.hosts) {
    const afterMs = BATCH.firstMs + ((start - BURST_HOSTS) / BATCH.hosts) * BATCH.everyMs;
    batches.push({ afterMs, hosts: hosts.slice(start, start + BATCH.hosts) });
  }
  return batches.filter((batch) => batch.hosts.length > 0);
}

/** Each once, those nearest to the own addresses first. */
function hostsToResolve(own: readonly InterfaceAddress[], hints: SweepHints): string[] {
  const hosts = new Set<string>();
  const links = own.filter(({ address, prefixLength }) => isSweepable(address, prefixLength));
  for (const link of links) addBlock(hosts, link.address, link);
  for (const link of links) {
    const blocks =
      link.prefixLength >= WHOLE_PREFIX_LENGTH_MIN ? blocksOf(link) : [...hints.remembered, ...hints.neighbours];
    for (const block of blocks) {
      if (hosts.size >= SWEEP_HOSTS_MAX + BURST_HOSTS) return [...hosts];
      addBlock(hosts, block, link);
    }
  }
  return [...hosts];
}

/** Point-to-point links have nobody to find; IPv6 prefixes are far too large, and multicast reaches everyone there. */
function isSweepable(address: string, prefixLength: number): boolean {
  return parseIpAddress(address)?.length === 4 && prefixLength <= PREFIX_LENGTH_MAX;
}

/** Adds the hosts of the /24 around `host` that are on the link. */
function addBlock(hosts: Set<string>, host: string, link: InterfaceAddress): void {
  const bytes = parseIpAddress(host);
  if (bytes?.length !== 4) return;
  for (let last = 1; last <= 254; last++) {
    const address = formatIpv4(Uint8Array.of(bytes[0] ?? 0, bytes[1] ?? 0, bytes[2] ?? 0, last));
    if (isOnLink(address, [link]) && !isNetworkItself(last, link)) hosts.add(address);
  }
}

/** The lowest address of a prefix is nobody's. (Of a prefix of 24 bits or less that is .0, which is left out anyway.) */
function isNetworkItself(last: number, { prefixLength }: InterfaceAddress): boolean {
  return prefixLength > 24 && (last & (0xff >> (prefixLength - 24))) === 0;
}

/** An address in each /24 of a prefix of 22 to 30 bits. */
function blocksOf({ address, prefixLength }: InterfaceAddress): string[] {
  const bytes = parseIpAddress(address) ?? new Uint8Array(4);
  const count = 2 ** Math.max(0, 24 - prefixLength);
  const first = (bytes[2] ?? 0) & ~(count - 1);
  return Array.from({ length: count }, (_, index) => `${bytes[0] ?? 0}.${bytes[1] ?? 0}.${first + index}.0`);
}
