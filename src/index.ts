/**
 * lanfold: keeps a folder the same on every machine of a local network. The library's only door.
 * @module
 */
export { Node, Node as Lanfold } from './node/node.ts';
export { LISTEN_PORTS } from './node/node-options.ts';
export type { NodeEvents, Seen } from './node/node-events.ts';
export type { NodeOptions } from './node/node-options.ts';
export type { MemberNews } from './node/members/roster.ts';
export type { Added, PeerStatus } from './node/peer-status.ts';
export { foundText, LAYERS } from './core/discovery/layers.ts';
export type { DiscoveryChoice, Found, LayerName, Via } from './core/discovery/layers.ts';
export { CodeOffer, CLOSED_BECAUSE, type CodeOfferEvents } from './node/pairing/code-offer.ts';
export { readDeviceId } from './node/device.ts';
export { Joining, type HostSeen } from './node/pairing/joining.ts';
export type { JoinPreview } from './node/folder/join-preview.ts';
export type { FolderOffer } from './node/peer/folder-offers.ts';
export type { PairOptions, PairRequest } from './node/pairing/node-pairing.ts';
export type { PairingEnd, ShownCode } from './node/pairing/pairing-host.ts';
export type { Tried } from './node/pairing/pairing-joiner.ts';
export { readCode, showCode } from './core/pairing/code.ts';
export type {
  ChangesOptions,
  FolderChange,
  FolderHandle,
  FolderStatus,
  PeerCompletion,
  RepairReport,
  SettledOptions,
} from './node/folder-handle.ts';
export type { Undone } from './node/folder/undo.ts';
export type { RepairOptions } from './node/folder/repairer.ts';
export type { Finding, FindingKind, VerifyOptions, VerifyProgress, VerifyReport } from './node/folder/verifier.ts';
export type { Configuration } from './node/configuration.ts';
export { ERRORS, LanfoldError } from './core/errors.ts';
export type { ErrorCode } from './core/errors.ts';
export { jsonLog, textLog } from './edges/system/log.ts';
export { defaultHome, homeIn } from './edges/system/home.ts';
export type { Home } from './edges/system/home.ts';
export type { Log } from './ports/log.ts';

import { Node } from './node/node.ts';
import type { NodeOptions } from './node/node-options.ts';

/** Opens a node; the same as `Node.open`. */
export function openNode(options: NodeOptions = {}): Promise<Node> {
  return Node.open(options);
}
