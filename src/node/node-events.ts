/**
 * What a node tells whoever listens.
 * @module
 */
import type { LanfoldError } from '../core/errors.ts';
import type { FolderHandle } from './folder-handle.ts';
import type { PeerStatus } from './peer-status.ts';
import type { MemberNews } from './roster.ts';

export interface NodeEvents {
  /** A peer connected or was lost. */
  peer: [peer: PeerStatus];
  /** A folder's state changed. */
  folder: [folder: FolderHandle];
  /** Something is less than it should be; the node goes on. */
  warning: [warning: LanfoldError];
  /** A device that is not trusted here tried to connect. */
  stranger: [device: { readonly id: string; readonly address: string }];
  /** Another member added a device to a folder, or removed one: this device did as it says. */
  member: [news: MemberNews];
}
