import type { RunId } from '../../core/session/run-identity.ts';

/** How devices introduce themselves in their hellos. */
export const CLIENT_NAME = 'lanfold';
export const CLIENT_VERSION = 'v0.1.0';

export interface Greeting {
  readonly deviceName: string;
  readonly clientName: string;
  readonly clientVersion: string;
  /** 0n: none. */
  readonly runId: RunId;
  /** When the far end began the conversation, nanoseconds since 1970 by its clock. 0n: it does not say. */
  readonly timestamp: bigint;
}
