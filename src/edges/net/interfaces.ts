/**
 * The node's own addresses and their networks.
 * @module
 */
import { networkInterfaces } from 'node:os';
import type { InterfaceAddress } from '../../core/discovery/prefix.ts';
import type { Interfaces } from '../../ports/discovery.ts';

export const systemInterfaces: Interfaces = {
  list() {
    const own: InterfaceAddress[] = [];
    for (const [interfaceName, addresses] of Object.entries(networkInterfaces())) {
      for (const { address, cidr, internal } of addresses ?? []) {
        // A mask with holes has no prefix, and Node then gives no CIDR.
        const prefixLength = Number(cidr?.split('/')[1] ?? Number.NaN);
        if (!internal && Number.isInteger(prefixLength)) own.push({ interfaceName, address, prefixLength });
      }
    }
    return own;
  },
};
