/**
 * Firewalls of hosts in namespaces: scripts for `Host.nft`. Needs nftables.
 * @module
 */
import { execFileSync } from 'node:child_process';
import { failureOf, skippedHere } from './missing.ts';

/**
 * What customary firewalls let in: answers to what this host began, ICMP, and multicast DNS. All else that comes in is dropped
 * without a word.
 */
export const DENY_INCOMING = `
  table inet firewall {
    chain input {
      type filter hook input priority 0; policy drop;
      iif lo accept
      ct state established,related accept
      meta l4proto { icmp, ipv6-icmp } accept
      ip daddr 224.0.0.251 udp dport 5353 accept
    }
  }`;

/** The same without multicast DNS: nothing that a host says by itself gets in. */
export const DENY_MDNS_TOO = DENY_INCOMING.replace(/^.*5353.*$/m, '');

/** Why no firewall can be made here, or undefined if one can. Under CI that is an error: nothing may be skipped there. */
export function firewallMissing(): string | undefined {
  const failure = failureOf('"nft --version"', () => execFileSync('nft', ['--version'], { stdio: 'ignore' }));
  return skippedHere('test firewalls', failure);
}
