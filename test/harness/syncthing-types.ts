/**
 * What a test says to a real Syncthing, and the parts of its answers that tests read.
 * @module
 */
import type { Host } from './namespaces.ts';

/** The versions that tests run: Debian 12's package, and Debian 13's. */
export type SyncthingVersion = '1.19.2' | '1.29.5';

export const SYNCTHING_VERSIONS: readonly SyncthingVersion[] = ['1.19.2', '1.29.5'];

export type SyncthingOptions = {
  readonly version: SyncthingVersion;
  /** Host of a test's network; default: this machine's loopback. */
  readonly host?: Host;
  readonly folders?: readonly SyncthingFolder[];
  readonly peers?: readonly SyncthingPeer[];
  /** Entries of the configuration's `options`, by Syncthing's names. */
  readonly options?: Readonly<Record<string, string | number | boolean>>;
  /** Such as `STTRACE: 'protocol,model'`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
};

export type SyncthingPeer = {
  readonly deviceId: string;
  /** `HOST:PORT` that Syncthing dials; `dynamic`: where discovery says that it is; left out, it only accepts. */
  readonly address?: string;
  readonly name?: string;
  readonly compression?: 'always' | 'metadata' | 'never';
};

export type SyncthingFolder = {
  readonly id: string;
  readonly path: string;
  /** Device IDs, the node's own not among them. */
  readonly peers: readonly string[];
  /** Folder settings by Syncthing's names, such as `type: 'receiveonly'` or `maxConflicts: 0`. */
  readonly settings?: Readonly<Record<string, unknown>>;
};

export type WaitOptions = { readonly timeoutMs?: number; readonly everyMs?: number };

export type FolderConfig = { readonly id: string; readonly devices: readonly { readonly deviceID: string }[] };

export type FolderStatus = {
  readonly state: string;
  readonly needTotalItems: number;
  readonly needBytes: number;
  readonly globalFiles: number;
  readonly globalDeleted: number;
  readonly localFiles: number;
  readonly localBytes: number;
  readonly sequence: number;
  /** Files that failed in the last pull. */
  readonly errors: number;
};

export type Completion = { readonly completion: number; readonly needItems: number; readonly needDeletes: number };

export type Connection = {
  readonly connected: boolean;
  readonly crypto: string;
  readonly clientVersion: string;
  readonly type: string;
};

export type PathError = { readonly path: string; readonly error: string };

export type ItemError = { readonly when: string; readonly message: string };
