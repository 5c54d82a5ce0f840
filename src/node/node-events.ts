/**
 * What a node tells whoever listens.
 * @module
 */
import type { Via } from '../core/discovery/layers.ts';
import type { LanfoldError } from '../core/errors.ts';
import type { FolderOffer } from './peer/folder-offers.ts';
import type { FolderHandle } from './folder-handle.ts';
import type { PairRequest } from './pairing/node-pairing.ts';
import type { PeerStatus } from './peer-status.ts';
import type { MemberNews } from './members/roster.ts';

export interface Seen {
  readonly id: string;
  readonly name: string | undefined;
  /** `host:port`. */
  readonly address: string;
  readonly via: Via;
}

export interface NodeEvents {
  /** A peer connected or was lost. */
  peer: [peer: PeerStatus];
  /** A peer connected that was not. */
  connected: [peer: PeerStatus];
  /** A peer that is not connected announced a new place on the link. Only the connection that may follow proves it. */
  seen: [seen: Seen];
  /** A folder's state changed. */
  folder: [folder: FolderHandle];
  /** Something is less than it should be; the node goes on. */
  warning: [warning: LanfoldError];
  /** A device that is not trusted here tried to connect. */
  stranger: [device: { readonly id: string; readonly address: string }];
  /** The same device, for whoever lets a person decide: it is trusted once `accept` is called, and not before. */
  'pair-request': [request: PairRequest];
  /** A trusted peer shares a folder that is not here; {@link Node.folder} takes it. Each is told once per connection. */
  offer: [offer: FolderOffer];
  /** Another member added a device to a folder, or removed one: this device did as it says. */
  member: [news: MemberNews];
}
