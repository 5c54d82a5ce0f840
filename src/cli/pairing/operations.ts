/**
 * Pairing, as the command line asks it of a node that may run in another process: each step is one question and one answer, and
 * what takes time is waited for at the node's end. One open code and one wish to join at a time.
 * @module
 */
import { mkdirSync } from 'node:fs';
import * as v from 'valibot';
import {
  LanfoldError,
  type CodeOffer,
  type HostSeen,
  type Joining,
  type JoinPreview,
  type Node,
  type PairingEnd,
  type PeerStatus,
} from '../../index.ts';

/** What happened to an open code. */
export type CodeNews =
  | { readonly is: 'code'; readonly digits: string; readonly untilMs: number }
  | { readonly is: 'wrong-code'; readonly source: string; readonly triesLeft: number }
  | { readonly is: 'paired'; readonly peer: PeerStatus; readonly folders: readonly string[] }
  | { readonly is: 'closed'; readonly because: PairingEnd };

/** One opening of pairing. */
interface Session {
  readonly offer: CodeOffer;
  readonly news: CodeNews[];
  wake: () => void;
}

const sessions = new WeakMap<Node, Session>();
const joinings = new WeakMap<Node, Joining>();

/** A question over the socket is not left open for longer; the asker asks again. */
const WAIT_MS = 20_000;

export const openCode = {
  schema: v.object({ folders: v.optional(v.array(v.string())) }),
  online: true as const,
  run(node: Node, { folders }: { folders?: string[] | undefined }): CodeNews & { is: 'code' } {
    const offer = node.pair(folders === undefined ? {} : { folders });
    const { code } = offer;
    if (code === undefined) throw new LanfoldError('E_PAIRING_CLOSED', { subject: 'it was ended here' });
    const session: Session = { offer, news: [], wake: () => {} };
    const tell = (news: CodeNews): void => {
      session.news.push(news);
      session.wake();
    };
    offer.on('code', ({ digits, untilMs }) => tell({ is: 'code', digits, untilMs }));
    offer.on('wrong-code', (guess) => tell({ is: 'wrong-code', ...guess }));
    offer.on('paired', (peer, shared) => tell({ is: 'paired', peer, folders: shared }));
    offer.on('closed', (because) => tell({ is: 'closed', because }));
    sessions.set(node, session);
    return { is: 'code', digits: code.digits, untilMs: code.untilMs };
  },
};

export const nextCodeNews = {
  schema: v.object({ after: v.number() }),
  online: true as const,
  /** @returns what happened since `after` pieces of news; none when nothing did for a while. */
  async run(node: Node, { after }: { after: number }): Promise<readonly CodeNews[]> {
    const session = sessions.get(node);
    if (session === undefined) return [{ is: 'closed', because: 'closed' }];
    if (session.news.length <= after) await within(WAIT_MS, (resolve) => (session.wake = resolve));
    return session.news.slice(after);
  },
};

export const closeCode = {
  schema: v.object({}),
  online: true as const,
  run(node: Node): Record<string, never> {
    sessions.get(node)?.offer.close();
    return {};
  },
};

export const searchHosts = {
  schema: v.object({ forMs: v.number() }),
  online: true as const,
  /** @returns hosts that wait; none when there was none for `forMs`. */
  async run(node: Node, { forMs }: { forMs: number }): Promise<readonly HostSeen[]> {
    let joining = joinings.get(node);
    if (joining === undefined || joining.isClosed) {
      joining = node.join();
      joinings.set(node, joining);
    }
    const signal = AbortSignal.timeout(Math.ceil(Math.min(forMs, WAIT_MS)));
    return await joining.found(signal).catch((cause: unknown) => {
      if (signal.aborted) return [];
      throw cause;
    });
  },
};

export const tryHostCode = {
  schema: v.object({ host: v.string(), code: v.string() }),
  online: true as const,
  run: (node: Node, { host, code }: { host: string; code: string }) => demandJoining(node).tryCode(host, code),
};

export const acceptOffer = {
  schema: v.object({ folders: v.array(v.object({ id: v.string(), path: v.string() })) }),
  online: true as const,
  /** Accepts folders into directories, which are made if need be. Each is held until {@link releaseFolder}. */
  async run(node: Node, { folders }: { folders: { id: string; path: string }[] }): Promise<{ peer: PeerStatus }> {
    const joining = demandJoining(node);
    for (const { path } of folders) mkdirSync(path, { recursive: true });
    // Before anything is agreed: what cannot be shared here must not be accepted there.
    for (const { id, path } of folders) node.checkFolder(path, id);
    const { peer } = await joining.accept(folders.map(({ id }) => id));
    for (const { id, path } of folders) await node.folder(path, { id, peers: [peer.id], held: true });
    return { peer };
  },
};

export const stopJoining = {
  schema: v.object({}),
  online: true as const,
  run(node: Node): Record<string, never> {
    joinings.get(node)?.close();
    return {};
  },
};

export const previewFolder = {
  schema: v.object({ id: v.string() }),
  online: true as const,
  /** @returns undefined when it is not known yet. */
  async run(node: Node, { id }: { id: string }): Promise<JoinPreview | null> {
    const handle = node.folders().find((folder) => folder.id === id);
    if (handle === undefined) throw new LanfoldError('E_FOLDER_UNKNOWN', { subject: id });
    const signal = AbortSignal.timeout(WAIT_MS);
    return await handle.preview({ signal }).catch((cause: unknown) => {
      if (signal.aborted) return null;
      throw cause;
    });
  },
};

export const releaseFolder = {
  schema: v.object({ id: v.string() }),
  online: true as const,
  async run(node: Node, { id }: { id: string }): Promise<{ id: string }> {
    await node.release(id);
    return { id };
  },
};

function demandJoining(node: Node): Joining {
  const joining = joinings.get(node);
  if (joining === undefined || joining.isClosed) throw new LanfoldError('E_NO_HOST', { subject: 'a host' });
  return joining;
}

/** Resolves when `arm`'s callback is called, or after `waitMs`. */
async function within(waitMs: number, arm: (resolve: () => void) => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, waitMs);
    arm(resolve);
  });
  clearTimeout(timer);
}
