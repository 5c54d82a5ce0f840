/**
 * What a conversation needs of its node.
 * @module
 */
import type { RunId } from '../../core/session/run-identity.ts';
import type { Stamps } from '../../core/session/rivals.ts';
import type { ClusterConfig, Ping } from '../../core/wire/messages.ts';
import type { Edges } from '../edges.ts';
import type { Folder } from '../folder/folder.ts';
import type { Greeting } from './greeting.ts';
import type { ConfigDraft } from './own-config.ts';
import type { Paces } from './pace.ts';

/** `Conversation` is named by whoever uses this: the one file does not need the other. */
export interface ConversationHost<Conversation> {
  readonly edges: Edges;
  readonly name: string;
  /** `runId`: of this run of the program. */
  readonly twins: { readonly runId: RunId };
  readonly stamps: Stamps;
  readonly paces: Paces;
  /** Folders that are shared with a device and open. */
  foldersFor(device: Uint8Array): Folder[];
  /** What to tell the far end of these folders, and of who shares them. */
  configFor(conversation: Conversation): ConfigDraft;
  /**
   * The far end said who it is; the host may close this conversation or others now.
   * @returns whether to say at once what is shared; else the far end says first what it keeps this conversation for.
   */
  greeted(conversation: Conversation, greeting: Greeting): boolean;
  /** The far end sent its full cluster config: this conversation carries the indexes from now on. May close it. */
  configured(conversation: Conversation, config: ClusterConfig): void;
  /** The far end lives; a lanfold may say what waits for a person there. */
  pinged(conversation: Conversation, ping: Ping): void;
  /** The index of a folder has a new ID: whoever else shares it has to hear of that. */
  renewed(folderId: string, teller?: Conversation): void;
  ended(conversation: Conversation, reason: string): void;
}
