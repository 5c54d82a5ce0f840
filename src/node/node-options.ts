/**
 * How a node is opened.
 * @module
 */
import type { DiscoveryChoice } from '../core/discovery/layers.ts';
import type { Log } from '../ports/log.ts';
import { parseAddress } from './address.ts';

/** lanfold's port, then the ones that it takes when that is taken (1112 is kept for meeting behind firewalls). */
export const LISTEN_PORTS: readonly number[] = [1111, 1113, 1114, 1115, 1116, 1117, 1118, 1119];

export interface NodeOptions {
  /** Directory that holds identity, configuration and records. Default: the system's own places. */
  readonly home?: string;
  /** `host:port`; a port that is taken is an error then. Default: all interfaces, port 1111, or the next free of 1113–1119. */
  readonly listen?: string;
  /**
   * How peers are found. `lan`: by all layers. `quiet`, for networks of others: nothing is announced, and nothing sent but to
   * addresses that are known or heard of. `off`: configured addresses alone. Or the layers that are wanted, by name. Default `lan`.
   */
  readonly discovery?: DiscoveryChoice;
  /** Also look on the interfaces of containers and tunnels. Default false. */
  readonly virtualInterfaces?: boolean;
  /** What peers see. Default: the configured name, or the host's. */
  readonly name?: string;
  /** Default: silence. */
  readonly log?: Log;
  /** Open the home to read and change the configuration, and nothing more: no folder, no network. Default false. */
  readonly offline?: boolean;
}

/** How a folder is added. */
export interface AddFolderOptions {
  readonly id?: string;
  readonly peers?: readonly string[];
  readonly held?: boolean;
}

/** Where to listen, as the network edge wants it. */
export function listenOf(listen: string | undefined): { host?: string; ports: readonly number[] } {
  if (listen === undefined) return { ports: LISTEN_PORTS };
  const { host, port } = parseAddress(listen);
  return { host, ports: [port] };
}
