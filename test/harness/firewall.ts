/**
 * Firewalls of hosts in namespaces. Needs nftables.
 * @module
 */
import { execFileSync } from 'node:child_process';
import type { Host } from './namespaces.ts';

/** What common desktop firewalls do: answers come in, and whatever keeps the link working; nobody else does. */
const DENY_INCOMING = `
  table inet firewall {
    chain input {
      type filter hook input priority 0; policy drop;
      iif lo accept
      ct state established,related accept
      meta l4proto { icmp, ipv6-icmp } accept
    }
  }
`;

/** Why no firewall can be made here, or undefined if one can. Under CI that is an error: nothing may be skipped there. */
export function firewallMissing(): string | undefined {
  try {
    execFileSync('nft', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch (error) {
    const reason = `"nft --version" fails: ${(error as Error).message}`;
    if (process.env['CI'] === 'true') throw new Error(`Cannot test firewalls: ${reason}`, { cause: error });
    return reason;
  }
}

/** From now on nothing comes in that the host did not ask for. It ends with the namespace. */
export function denyIncoming({ namespace }: Host): void {
  execFileSync('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], { input: DENY_INCOMING });
}
