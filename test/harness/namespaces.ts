/**
 * Small networks of their own, for tests that need a real link: hosts as network namespaces, joined by a bridge. Needs root
 * and iproute2; nothing outside the namespaces is touched.
 * @module
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { failureOf, skippedHere } from './missing.ts';

/** The one interface of each host. Not a veth by its name, so that it counts as real. */
export const LAN_INTERFACE = 'lan0';

/** Why no namespaces can be made here, or undefined if they can. Under CI that is an error: nothing may be skipped there. */
export function namespacesMissing(): string | undefined {
  return skippedHere('test in network namespaces', whyMissing());
}

function whyMissing(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces exist on Linux only';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const name = `lf-${randomBytes(3).toString('hex')}-try`;
  return failureOf('"ip netns add"', () => {
    ip('netns', 'add', name);
    ip('netns', 'delete', name);
  });
}

export interface Host {
  readonly namespace: string;
  /** IPv4, in 10.77.0.0/20. */
  readonly address: string;
  /** Starts this Node with `file` inside the host. */
  start(file: string, ...parameters: string[]): ChildProcess;
  /** Runs `ip` inside the host. */
  ip(...parameters: string[]): string;
  /** Runs `nft` inside the host with this script, and returns what it prints. */
  nft(script: string): string;
}

/** Packets that the named counters of an nftables table of the host have seen. */
export function packetsOf(host: Host, table: string): Readonly<Record<string, number>> {
  const listed = host.nft(`list table inet ${table}`);
  return Object.fromEntries(
    [...listed.matchAll(/counter (\w+) \{\s+packets (\d+)/g)].map(([, name = '', packets]) => [name, Number(packets)]),
  );
}

/** Hosts on one link. Disposing of it removes everything; end what runs inside before. */
export class Lan implements Disposable {
  readonly #prefix = `lf-${randomBytes(3).toString('hex')}`;
  readonly #bridge = `${this.#prefix}-sw`;
  readonly hosts: Host[] = [];

  constructor(hostCount: number) {
    try {
      // The bridge, too, lives in a namespace, so that the machine's own network sees nothing of it.
      ip('netns', 'add', this.#bridge);
      this.#inBridge('link', 'add', 'bridge0', 'type', 'bridge', 'forward_delay', '0');
      this.#inBridge('link', 'set', 'bridge0', 'up');
      for (let number = 1; number <= hostCount; number++) this.#addHost(number);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const { namespace } of this.hosts) quietly(() => ip('netns', 'delete', namespace));
    quietly(() => ip('netns', 'delete', this.#bridge));
  }

  /** @param number from 1 on. @throws RangeError for one that the link does not have. */
  host(number: number): Host {
    const host = this.hosts[number - 1];
    if (host === undefined) throw new RangeError(`There is no host ${number} on this link`);
    return host;
  }

  #addHost(number: number): void {
    const namespace = `${this.#prefix}-${number}`;
    const address = `10.77.3.${number}`;
    ip('netns', 'add', namespace);
    const inside = (...parameters: string[]): string => ip('-n', namespace, ...parameters);
    this.hosts.push({
      namespace,
      address,
      ip: inside,
      nft: (script) =>
        execFileSync('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], {
          input: script,
          timeout: 10_000,
        }).toString(),
      start: (file, ...parameters) =>
        spawn('ip', ['netns', 'exec', namespace, process.execPath, file, ...parameters], {
          stdio: ['pipe', 'pipe', 'inherit'],
        }),
    });
    this.#inBridge('link', 'add', `port${number}`, 'type', 'veth', 'peer', 'name', LAN_INTERFACE, 'netns', namespace);
    this.#inBridge('link', 'set', `port${number}`, 'master', 'bridge0', 'up');
    inside('link', 'set', 'lo', 'up');
    // Without the wait for duplicate addresses IPv6 is there at once.
    const noWait = `echo 0 > /proc/sys/net/ipv6/conf/${LAN_INTERFACE}/accept_dad`;
    ip('netns', 'exec', namespace, 'sh', '-c', noWait);
    inside('address', 'add', `${address}/20`, 'broadcast', '10.77.15.255', 'dev', LAN_INTERFACE);
    inside('link', 'set', LAN_INTERFACE, 'up');
  }

  #inBridge(...parameters: string[]): string {
    return ip('-n', this.#bridge, ...parameters);
  }
}

function ip(...parameters: string[]): string {
  return execFileSync('ip', parameters, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 }).toString();
}

function quietly(run: () => void): void {
  try {
    run();
  } catch {
    // It was never made, or is gone already.
  }
}
