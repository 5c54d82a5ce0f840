import type { RunId } from '../../core/session/run-identity.ts';
import type { HelloDraft } from '../../core/wire/messages.ts';

/** How devices introduce themselves in their hellos. */
export const CLIENT_NAME = 'lanfold';
const CLIENT_VERSION = 'v0.1.0';

export interface Greeting {
  readonly deviceName: string;
  readonly clientName: string;
  readonly clientVersion: string;
  /** 0n: none. */
  readonly runId: RunId;
  /** When the far end began the conversation, nanoseconds since 1970 by its clock. 0n: it does not say. */
  readonly timestamp: bigint;
}

/** What a conversation begins with. @param timestamp as in {@link Greeting}. */
export function helloOf(deviceName: string, runId: RunId, timestamp: bigint): HelloDraft {
  return { deviceName, clientName: CLIENT_NAME, clientVersion: CLIENT_VERSION, connections: 1, runId, timestamp };
}
