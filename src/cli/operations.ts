/**
 * What the command line asks of a node: the same words whether it runs elsewhere (over the control socket) or is opened for
 * this one question. What comes over the socket is checked here.
 * @module
 */
import * as v from 'valibot';
import { LanfoldError, type FolderHandle, type Node } from '../index.ts';
import { nextHealthNews, startHealthWork, stopHealthWork } from './health/operations.ts';
import { answerDevice, closeDevice, nextDeviceNews, openDevice, takeFolder } from './pairing/device-operations.ts';
import {
  acceptOffer,
  closeCode,
  nextCodeNews,
  openCode,
  previewFolder,
  releaseFolder,
  searchHosts,
  stopJoining,
  tryHostCode,
} from './pairing/operations.ts';
import { statusOf } from './status.ts';

interface Operation<Args, Result> {
  readonly schema: v.GenericSchema<unknown, Args>;
  /** True: only a node that runs can do it. */
  readonly online?: true;
  run(node: Node, args: Args): Result | Promise<Result>;
}

/** Infers the types of one row. */
function operation<Args, Result>(row: Operation<Args, Result>): Operation<Args, Result> {
  return row;
}

const Nothing = v.object({});
const OneFolder = v.object({ folder: v.optional(v.string()) });
const Path = v.object({ path: v.string() });

export const OPERATIONS = {
  id: operation({ schema: Nothing, run: (node) => ({ id: node.id }) }),
  status: operation({ schema: Nothing, run: statusOf }),
  'peers.trust': operation({
    schema: v.object({
      id: v.string(),
      name: v.optional(v.string()),
      addresses: v.array(v.string()),
      folders: v.array(v.string()),
      introducer: v.optional(v.boolean()),
    }),
    run: async (node, { id, name, addresses, folders, introducer }) => ({
      id: await node.trust(id, {
        addresses,
        folders,
        ...(name === undefined ? {} : { name }),
        ...(introducer === undefined ? {} : { introducer }),
      }),
    }),
  }),
  'peers.rename': operation({
    schema: v.object({ id: v.string(), name: v.string() }),
    run: async (node, { id, name }) => {
      await node.rename(id, name);
      return { id, name };
    },
  }),
  'peers.remove': operation({
    schema: v.object({ id: v.string() }),
    run: async (node, { id }) => {
      await node.forget(id);
      return { id };
    },
  }),
  'folders.add': operation({
    /** `path`: absolute, symlinks resolved. */
    schema: v.object({ path: v.string(), id: v.optional(v.string()), peers: v.array(v.string()) }),
    run: async (node, { path, id, peers }) => {
      await node.folder(path, { peers, ...(id === undefined ? {} : { id }) });
      return demandConfigured(node, path);
    },
  }),
  'folders.remove': operation({
    schema: v.object({ id: v.string() }),
    run: async (node, { id }) => {
      await node.removeFolder(id);
      return { id };
    },
  }),
  'pair.open': operation(openCode),
  'pair.next': operation(nextCodeNews),
  'pair.close': operation(closeCode),
  'device.open': operation(openDevice),
  'device.next': operation(nextDeviceNews),
  'device.answer': operation(answerDevice),
  'device.close': operation(closeDevice),
  'folders.take': operation(takeFolder),
  'join.search': operation(searchHosts),
  'join.try': operation(tryHostCode),
  'join.accept': operation(acceptOffer),
  'join.preview': operation(previewFolder),
  'join.release': operation(releaseFolder),
  'join.stop': operation(stopJoining),
  leave: operation({
    schema: v.object({ id: v.string() }),
    run: async (node, { id }) => {
      await node.leave(id);
      return { id };
    },
  }),
  approve: operation({
    schema: OneFolder,
    online: true,
    run: async (node, { folder }) => {
      const held = chosen(node, folder).filter(isHolding);
      for (const handle of held) {
        if (handle.isHeld) await node.release(handle.id);
        handle.approve();
      }
      return { folders: held.map((handle) => handle.id) };
    },
  }),
  'approve.disk': operation({
    schema: Path,
    online: true,
    run: (node, { path }) => {
      const { handle, name } = holderOf(node, path);
      if (!handle.approveDisk(name.normalize('NFC')))
        throw new LanfoldError('E_USAGE', { subject: `no disk is missing at ${path}` });
      return { folder: handle.id, path: name };
    },
  }),
  'approve.undo': operation({
    schema: OneFolder,
    online: true,
    run: async (node, { folder }) => {
      const held = chosen(node, folder).filter((handle) => isHolding(handle) && !handle.isHeld);
      const folders = [];
      for (const handle of held) folders.push({ id: handle.id, ...(await handle.undoHeld()) });
      return { folders };
    },
  }),
  rescan: operation({
    schema: OneFolder,
    online: true,
    run: (node, { folder }) => {
      const handles = chosen(node, folder);
      for (const handle of handles) handle.rescan();
      return { folders: handles.map((handle) => handle.id) };
    },
  }),
  'health.start': operation(startHealthWork),
  'health.next': operation(nextHealthNews),
  'health.stop': operation(stopHealthWork),
  history: operation({
    schema: Path,
    online: true,
    run: async (node, { path }) => {
      const { handle, name } = holderOf(node, path);
      return (await handle.history(name)).map(versionOf);
    },
  }),
  restore: operation({
    schema: v.object({ path: v.string(), atMs: v.optional(v.number()) }),
    online: true,
    run: async (node, { path, atMs }) => {
      const { handle, name } = holderOf(node, path);
      return versionOf(await handle.restore(name, atMs === undefined ? {} : { at: new Date(atMs) }));
    },
  }),
};

export type Operations = typeof OPERATIONS;
export type OperationName = keyof Operations;
export type ArgsOf<Name extends OperationName> = v.InferOutput<Operations[Name]['schema']>;
export type ResultOf<Name extends OperationName> = Awaited<ReturnType<Operations[Name]['run']>>;

/** A version in a folder's history. */
export interface Version {
  /** Relative to the folder. */
  readonly path: string;
  /** When it was replaced or deleted, ISO 8601. */
  readonly at: string;
  readonly type: string;
  readonly bytes: number;
}

export function isOperation(name: string): name is OperationName {
  return Object.hasOwn(OPERATIONS, name);
}

/** Checks the arguments and does it. @throws LanfoldError `E_USAGE`, or whatever the operation throws. */
export async function perform(node: Node, name: OperationName, args: unknown): Promise<unknown> {
  const row = OPERATIONS[name] as Operation<unknown, unknown>;
  const parsed = v.safeParse(row.schema, args);
  if (parsed.success) return await row.run(node, parsed.output);
  const [issue] = parsed.issues;
  throw new LanfoldError('E_USAGE', {
    subject: `"${name}" was asked with a wrong "${v.getDotPath(issue) ?? 'request'}"`,
  });
}

/** All folders, or the one that is asked for. */
function chosen(node: Node, id: string | undefined): FolderHandle[] {
  if (id === undefined) return node.folders();
  const handle = node.folders().find((folder) => folder.id === id);
  if (handle === undefined) throw new LanfoldError('E_FOLDER_UNKNOWN', { subject: id });
  return [handle];
}

/** Does anything wait for a yes or a no? A disk that is missing is approved by its name alone. */
function isHolding(handle: FolderHandle): boolean {
  return handle.state === 'needs-you' && handle.problems().some(({ reason }) => reason.startsWith('held-'));
}

/** The name is '' for the folder itself; however a path is typed, in the form that all names have. */
function holderOf(node: Node, path: string): { handle: FolderHandle; name: string } {
  for (const handle of node.folders()) {
    if (`${path}/`.startsWith(`${handle.path}/`))
      return { handle, name: path.slice(handle.path.length + 1).normalize('NFC') };
  }
  throw new LanfoldError('E_FOLDER_UNKNOWN', { subject: path });
}

function versionOf(entry: Awaited<ReturnType<FolderHandle['restore']>>): Version {
  return { path: entry.name, at: new Date(entry.atMs).toISOString(), type: entry.type, bytes: entry.size };
}

function demandConfigured(node: Node, path: string): Node['configuration']['folders'][number] {
  const folder = node.configuration.folders.find((candidate) => candidate.path === path);
  if (folder === undefined) throw new LanfoldError('E_FOLDER_UNKNOWN', { subject: path });
  return folder;
}
