/**
 * Nodes on loopback, from the command line, that share one folder; each has a copy of its own.
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Lanfold } from '../harness/lanfold.ts';
import { until } from '../harness/process.ts';

export interface Side {
  readonly name: string;
  readonly node: Lanfold;
  readonly folder: string;
}

/** What a node says of the folder. */
export interface FolderNow {
  readonly state: string;
  readonly files: number;
  readonly directories: number;
  readonly need: { readonly items: number; readonly deletes: number };
  readonly problems: readonly { readonly name: string; readonly reason: string; readonly text: string }[];
  readonly peers: readonly { readonly connected: boolean; readonly completion: number }[];
}

/** A node for each name, all of which trust each other. None runs yet, and all are removed after the test. */
export async function sharing<const Names extends readonly string[]>(
  context: TestContext,
  folderId: string,
  names: Names,
): Promise<{ [Index in keyof Names]: Side }> {
  const root = mkdtempSync(join(tmpdir(), 'lanfold-sharing-'));
  const side = async (name: string): Promise<Side> => {
    const node = await Lanfold.create();
    context.after(() => node.stop());
    const folder = join(root, name);
    mkdirSync(folder);
    return { name, node, folder };
  };
  const sides = await Promise.all(names.map(side));
  context.after(() => rmSync(root, { recursive: true, force: true }));
  for (const { node, folder } of sides) {
    const others = sides.filter((other) => other.node !== node).map((other) => other.node);
    for (const { deviceId, address } of others) await node.trust({ deviceId, address, folders: [folderId] });
    const deviceIds = others.map(({ deviceId }) => deviceId);
    await node.addFolder(folderId, folder, deviceIds);
  }
  return sides as { [Index in keyof Names]: Side };
}

/** Undefined while it does not answer. */
export async function folderNow({ node }: Side): Promise<FolderNow | undefined> {
  const status = (await node.statusBySocket()) as { folders: FolderNow[] } | undefined;
  return status?.folders[0];
}

/** Waits until all say that they and each other have everything: so many names. */
export async function allHave(sides: readonly Side[], names: number): Promise<void> {
  const isDone = (folder: FolderNow | undefined): boolean =>
    folder?.state === 'in-sync' &&
    folder.files + folder.directories === names &&
    folder.peers.every((peer) => peer.completion === 100);
  const last: (FolderNow | undefined)[] = [];
  await until(
    'all are in sync',
    async () => {
      for (const [index, side] of sides.entries()) last[index] = await folderNow(side);
      return last.every(isDone) || undefined;
    },
    { everyMs: 100, timeoutMs: 240_000, detail: () => JSON.stringify(last) },
  );
}
