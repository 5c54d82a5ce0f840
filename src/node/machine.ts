/**
 * The real world, as one node stands in it: its home with identity, configuration and records, the disk, the network. Opened and
 * closed as a whole. The only module, with lan.ts, that names real edges.
 * @module
 */
import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LanfoldError } from '../core/errors.ts';
import type { PairingCrypto } from '../core/pairing/cpace.ts';
import { openFileTree } from '../edges/disk/file-tree.ts';
import { createDiskPool } from '../edges/disk/pool.ts';
import { createWatcher } from '../edges/disk/watcher.ts';
import { loadIdentity } from '../edges/net/identity.ts';
import { pairingCrypto } from '../edges/net/pairing-crypto.ts';
import { TlsNetwork } from '../edges/net/tls-network.ts';
import { openRecordStore } from '../edges/store/record-store.ts';
import { bootId } from '../edges/system/boot-id.ts';
import { systemChance } from '../edges/system/chance.ts';
import { systemClock } from '../edges/system/clock.ts';
import { demandDirectory } from '../edges/system/directory.ts';
import { defaultHome, homeIn, type Home } from '../edges/system/home.ts';
import { readTextFile, replaceTextFile } from '../edges/system/text-file.ts';
import { SILENT_LOG } from '../ports/log.ts';
import { EMPTY_CONFIGURATION, parseConfiguration, printConfiguration, type Configuration } from './configuration.ts';
import type { DiscoveryEdges } from './discovery/layer.ts';
import type { Edges } from './edges.ts';
import type { Directories } from './folder-directory.ts';
import { lanDiscovery } from './lan.ts';
import type { NodeOptions } from './node-options.ts';

export type { Home } from '../edges/system/home.ts';

export interface Machine {
  readonly home: Home;
  readonly edges: Edges;
  readonly discovery: DiscoveryEdges | undefined;
  /** Without it nobody can be paired with a code. */
  readonly pairing: PairingCrypto | undefined;
  readonly directories: Directories;
  /** As it was found. */
  readonly configuration: Configuration;
  readonly configurationPath: string;
  /** What is less than it should be. */
  readonly warnings: readonly LanfoldError[];
  /** Puts a configuration in the place of the one before, whole or not at all. */
  write(configuration: Configuration): Promise<void>;
  close(): Promise<void>;
}

/** @throws LanfoldError `E_STATE_LOCKED`, `E_STATE_TOO_NEW`, `E_STATE_BROKEN`, `E_IDENTITY_BROKEN`. */
export async function openMachine(options: NodeOptions): Promise<Machine> {
  const home = options.home === undefined ? defaultHome() : homeIn(options.home);
  for (const directory of [home.configuration, home.state]) mkdirSync(directory, { recursive: true, mode: 0o700 });
  const warnings: LanfoldError[] = [];
  const onRebuilt = (reason: string): void => {
    const because = `${reason}; it is rebuilt from disk and peers`;
    warnings.push(new LanfoldError('E_STATE_BROKEN', { subject: home.state, because }));
  };
  const randomBytes = (length: number): Uint8Array => systemChance.bytes(length);
  const visit = options.offline ?? false;
  const store = openRecordStore(join(home.state, 'records.sqlite'), { randomBytes, onRebuilt, visit });
  try {
    const identity = await loadIdentity(home.configuration);
    const path = join(home.configuration, 'config.json');
    const text = await readTextFile(path);
    const configuration = text === undefined ? EMPTY_CONFIGURATION : parseConfiguration(text, path);
    const pool = createDiskPool();
    return {
      home,
      edges: {
        clock: systemClock,
        chance: systemChance,
        log: options.log ?? SILENT_LOG,
        network: new TlsNetwork(identity),
        store,
        device: identity.device,
        bootId: bootId(),
        digest: (bytes) => createHash('sha256').update(bytes).digest(),
        openTree: (root) => openFileTree(root, { pool }),
        createWatcher: (root) => createWatcher(root),
      },
      discovery: lanDiscovery({
        choice: options.discovery ?? 'lan',
        virtualToo: options.virtualInterfaces ?? false,
        notebook: join(home.state, 'remembered.json'),
      }),
      pairing: pairingCrypto,
      directories: {
        places: { home: homedir(), own: [home.configuration, home.state].map((place) => realpathSync(place)) },
        demand: demandDirectory,
      },
      configuration,
      configurationPath: path,
      warnings,
      write: (next) => replaceTextFile(path, printConfiguration(next)),
      async close() {
        await pool.close();
        store.close();
      },
    };
  } catch (cause) {
    store.close();
    throw cause;
  }
}
