/**
 * A folder and whom it is shared with.
 * @module
 */
import type { MemberSet } from '../../core/members/member-set.ts';
import type { Folder } from './folder.ts';

export interface Shared {
  readonly folder: Folder;
  /** Keys of the devices that it is shared with. */
  readonly peers: ReadonlySet<string>;
  readonly members: MemberSet;
  /** This device is a member no longer. */
  readonly isStopped: boolean;
}
