/**
 * Accepting a device by its ID, as the command line asks it of a node that may run in another process: see operations.ts beside.
 * @module
 */
import { mkdirSync, rmdirSync } from 'node:fs';
import * as v from 'valibot';
import { LanfoldError, readDeviceId, type Node, type PeerStatus } from '../../index.ts';
import { DeviceSession, type DeviceNews } from './device-session.ts';

const sessions = new WeakMap<Node, DeviceSession>();

/** A question over the socket is not left open for longer; the asker asks again. */
const WAIT_MS = 20_000;

export const openDevice = {
  schema: v.object({ folders: v.optional(v.array(v.string())), device: v.optional(v.string()) }),
  online: true as const,
  run(
    node: Node,
    { folders, device }: { folders?: string[] | undefined; device?: string | undefined },
  ): { device: string; untilMs: number } {
    const known = node.configuration.folders.map(({ id }) => id);
    for (const id of folders ?? [])
      if (!known.includes(id)) throw new LanfoldError('E_FOLDER_UNKNOWN', { subject: id });
    const only = device === undefined ? {} : { device: readDeviceId(device) };
    sessions.get(node)?.close();
    const session = new DeviceSession(node, { folders: folders ?? known, ...only });
    sessions.set(node, session);
    return { device: node.id, untilMs: session.untilMs };
  },
};

export const nextDeviceNews = {
  schema: v.object({ after: v.number() }),
  online: true as const,
  run: async (node: Node, { after }: { after: number }): Promise<readonly DeviceNews[]> =>
    (await sessions.get(node)?.next(after, WAIT_MS)) ?? [{ is: 'closed' }],
};

export const answerDevice = {
  schema: v.object({ id: v.string(), accept: v.boolean() }),
  online: true as const,
  async run(node: Node, { id, accept }: { id: string; accept: boolean }): Promise<{ peer: PeerStatus | null }> {
    const session = sessions.get(node);
    if (session === undefined) throw new LanfoldError('E_PAIRING_CLOSED', { subject: 'it was ended here' });
    return { peer: (await session.answer(id, accept)) ?? null };
  },
};

export const closeDevice = {
  schema: v.object({}),
  online: true as const,
  run(node: Node): Record<string, never> {
    sessions.get(node)?.close();
    return {};
  },
};

export const takeFolder = {
  schema: v.object({ id: v.string(), path: v.string(), peer: v.string() }),
  online: true as const,
  /** Puts a folder that a peer offers into a directory, which is made if need be. It is held until it is released. */
  async run(node: Node, { id, path, peer }: { id: string; path: string; peer: string }): Promise<{ id: string }> {
    const isNew = makeDirectory(path);
    try {
      await node.folder(path, { id, peers: [peer], held: true });
    } catch (cause) {
      if (isNew) removeEmpty(path);
      throw cause;
    }
    return { id };
  },
};

/** @returns true when it was not there. */
function makeDirectory(path: string): boolean {
  try {
    return mkdirSync(path, { recursive: true }) !== undefined;
  } catch (cause) {
    throw new LanfoldError('E_FOLDER_UNREADABLE', { subject: path, cause });
  }
}

function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // something is in it already, so it stays
  }
}
