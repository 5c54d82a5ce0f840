/**
 * Verifying and mending, as the command line asks it of a node that may run in another process: begun by one question, then
 * followed by many. Whoever does not ask for a while has gone (Ctrl-C), and the work ends.
 * @module
 */
import { realpathSync } from 'node:fs';
import * as v from 'valibot';
import { LanfoldError, type Node, type RepairReport, type VerifyReport } from '../../index.ts';

/** What was found in one folder, or done. */
export interface FolderHealth {
  readonly id: string;
  readonly path: string;
  readonly verified?: VerifyReport;
  readonly repaired?: RepairReport;
}

export interface HealthReport {
  readonly folders: readonly FolderHealth[];
  /** What is wrong with the records themselves; undefined if nobody looked. */
  readonly faults: readonly string[] | undefined;
}

export interface HealthProgress {
  /** Where the folder is that is being read. */
  readonly path: string;
  readonly bytes: number;
  readonly bytesTotal: number;
}

export type HealthNews = { readonly report: HealthReport } | { readonly progress: HealthProgress | null };

/** One folder and the names in it that are asked for; none for all of it. */
interface Target {
  readonly id: string;
  readonly path: string;
  readonly names: string[];
}

interface Work {
  readonly stop: AbortController;
  readonly report: Promise<HealthReport>;
  progress: HealthProgress | null;
  /** Ends the work when nobody has asked for so long. */
  watch: NodeJS.Timeout;
}

const works = new WeakMap<Node, Map<number, Work>>();
let lastWork = 0;

/** A question over the socket is not left open for longer; the asker asks again. */
const WAIT_MS = 500;
const FORGOTTEN_MS = 5000;

export interface StartArgs {
  readonly what: 'verify' | 'repair';
  /** Absolute; none for all folders. */
  readonly paths: string[];
  readonly bytesPerSecond?: number | undefined;
}

export const startHealthWork = {
  schema: v.object({
    what: v.picklist(['verify', 'repair']),
    paths: v.array(v.string()),
    bytesPerSecond: v.optional(v.pipe(v.number(), v.minValue(1))),
  }),
  run(node: Node, args: StartArgs): { work: number } {
    if (args.what === 'repair' && node.listening === undefined)
      throw new LanfoldError('E_NOT_RUNNING', { subject: node.home.state });
    const targets = targetsOf(node, args.paths);
    const stop = new AbortController();
    const work: Work = {
      stop,
      report: carryOut(node, args, targets, stop.signal, (progress) => (work.progress = progress)),
      progress: null,
      watch: setTimeout(() => stop.abort(), FORGOTTEN_MS),
    };
    work.report.catch(() => {}); // told to whoever asks next
    lastWork += 1;
    const own = works.get(node) ?? new Map<number, Work>();
    works.set(node, own.set(lastWork, work));
    return { work: lastWork };
  },
};

export const nextHealthNews = {
  schema: v.object({ work: v.number() }),
  /** @throws what the work ended with, once. */
  async run(node: Node, { work: number }: { work: number }): Promise<HealthNews> {
    const work = works.get(node)?.get(number);
    if (work === undefined) throw new LanfoldError('E_USAGE', { subject: 'it was given up, for nobody asked for it' });
    clearTimeout(work.watch);
    work.watch = setTimeout(() => work.stop.abort(), FORGOTTEN_MS);
    let timer: NodeJS.Timeout | undefined;
    const waited = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, WAIT_MS, undefined)));
    try {
      const report = await Promise.race([work.report, waited]);
      if (report === undefined) return { progress: work.progress };
      end(node, number, work);
      return { report };
    } catch (cause) {
      end(node, number, work);
      throw cause;
    } finally {
      clearTimeout(timer);
    }
  },
};

export const stopHealthWork = {
  schema: v.object({ work: v.number() }),
  run(node: Node, { work: number }: { work: number }): Record<string, never> {
    const work = works.get(node)?.get(number);
    if (work !== undefined) end(node, number, work);
    return {};
  },
};

function end(node: Node, number: number, work: Work): void {
  clearTimeout(work.watch);
  work.stop.abort();
  works.get(node)?.delete(number);
}

async function carryOut(
  node: Node,
  { what, paths, bytesPerSecond }: StartArgs,
  targets: readonly Target[],
  signal: AbortSignal,
  tell: (progress: HealthProgress) => void,
): Promise<HealthReport> {
  const folders: FolderHealth[] = [];
  for (const { id, path, names } of targets) {
    const options = {
      signal,
      onProgress: ({ bytes, bytesTotal }: { bytes: number; bytesTotal: number }) => tell({ path, bytes, bytesTotal }),
      ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
      ...(names.length === 0 ? {} : { paths: names }),
    };
    if (what === 'verify') folders.push({ id, path, verified: await node.verify(id, options) });
    else folders.push({ id, path, repaired: await demandHandle(node, id).repair(options) });
  }
  const isAll = what === 'verify' && paths.length === 0;
  return { folders, faults: isAll ? await node.checkRecords({ signal }) : undefined };
}

function demandHandle(node: Node, id: string): ReturnType<Node['folders']>[number] {
  const handle = node.folders().find((folder) => folder.id === id);
  if (handle === undefined) throw new LanfoldError('E_FOLDER_UNKNOWN', { subject: id });
  return handle;
}

function targetsOf(node: Node, paths: readonly string[]): Target[] {
  const targets = new Map<string, Target & { isWhole: boolean }>();
  const { folders } = node.configuration;
  if (paths.length === 0) return folders.map(({ id, path }) => ({ id, path, names: [] }));
  for (const path of paths) {
    const found =
      folders.find((folder) => isIn(path, folder.path)) ?? folders.find(({ path: root }) => isIn(real(path), root));
    if (found === undefined) throw new LanfoldError('E_FOLDER_UNKNOWN', { subject: path });
    const within = isIn(path, found.path) ? path : real(path);
    const target = targets.get(found.id) ?? { id: found.id, path: found.path, names: [], isWhole: false };
    targets.set(found.id, target);
    if (within === found.path) target.isWhole = true;
    else target.names.push(within.slice(found.path.length + 1).normalize('NFC'));
  }
  return [...targets.values()].map(({ id, path, names, isWhole }) => ({ id, path, names: isWhole ? [''] : names }));
}

function isIn(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

/** The folder itself may be named by a symlink to it. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
