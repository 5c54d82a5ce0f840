/**
 * The answer of `lanfold status --json`. Its names and meanings are API: they only grow.
 * @module
 */
import type { FolderOffer, FolderStatus, Node, PeerStatus } from '../index.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

export interface NodeStatus {
  /** This device's ID. */
  readonly device: string;
  readonly running: boolean;
  /** `host:port`; null when it is not running. */
  readonly listening: string | null;
  readonly folders: readonly (FolderStatus | IdleFolder)[];
  readonly peers: readonly PeerReport[];
  /** Folders that peers share with this device and that are not here. */
  readonly offers: readonly FolderOffer[];
}

/** A folder that is configured and not open: the node is not running, or could not open it. */
export interface IdleFolder {
  readonly id: string;
  readonly path: string;
  readonly state: 'not-running' | 'stopped';
}

export interface PeerReport extends PeerStatus {
  /** Whole percent over the folders that are shared with it, the least of them; null when there is none to compare. */
  readonly completion: number | null;
}

export function statusOf(node: Node): NodeStatus {
  const running = node.listening !== undefined;
  const open = new Map(node.folders().map((folder) => [folder.id, folder.status()]));
  const folders = node.configuration.folders.map(
    ({ id, path }) => open.get(id) ?? ({ id, path, state: running ? 'stopped' : 'not-running' } as const),
  );
  return {
    device: node.id,
    running,
    listening: node.listening ?? null,
    folders,
    peers: node.peers().map((peer) => ({ ...peer, completion: completionOf(peer.id, folders) })),
    offers: node.offers(),
  };
}

/** What `status --check` says by its exit code: the first of these that holds. */
export function checkCode(status: NodeStatus): ExitCode {
  if (!status.running) return EXIT.notRunning;
  if (status.folders.some(({ state }) => state === 'needs-you')) return EXIT.needsYou;
  if (status.folders.every(isSettled)) return EXIT.ok;
  return EXIT.notInSync;
}

export function isOpen(folder: FolderStatus | IdleFolder): folder is FolderStatus {
  return 'need' in folder;
}

/** In sync here, without a name that is left out, and with every peer that is connected. */
function isSettled(folder: FolderStatus | IdleFolder): boolean {
  if (!isOpen(folder) || folder.state !== 'in-sync') return false;
  return folder.problems.length === 0 && folder.peers.every((peer) => !peer.connected || peer.completion === 100);
}

function completionOf(peerId: string, folders: NodeStatus['folders']): number | null {
  const parts = folders.flatMap((folder) => (isOpen(folder) ? folder.peers : []));
  const own = parts.filter((part) => part.id === peerId).map((part) => part.completion);
  return own.length === 0 ? null : Math.min(...own);
}
