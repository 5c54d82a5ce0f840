/**
 * What a disk thread can be asked: the port's methods, for one root at a time.
 * @module
 */
import { statfsSync } from 'node:fs';
import type { Change, HashJob, HistoryEntry, PruneLimits, ResumeJob, Space, StageJob } from '../../ports/file-tree.ts';
import { apply } from './apply.ts';
import { Scratch } from './blocks.ts';
import { hash, read, writers } from './hash.ts';
import { pruneHistory } from './history-pruning.ts';
import { histories, history, historyBelow, stageFromHistory } from './history.ts';
import { list, look, mounted } from './look.ts';
import { normalize } from './normalize.ts';
import { check, mark } from './own-directory.ts';
import { keepSpare } from './spare.ts';
import { resume, stage, unstage } from './staging.ts';
import { SystemCalls } from './system-calls.ts';
import { removeUnfinished, removeUnfinishedCopies } from './unfinished-copies.ts';
import { walking } from './walk.ts';

/** The calls, with what a thread keeps for all of them: one buffer and the loaded system calls. */
export function diskCalls(useNative: boolean) {
  const scratch = new Scratch();
  const system = new SystemCalls(useNative);
  return {
    check,
    mark: (root: string, folderKey: string) => {
      mark(root, folderKey);
      walking(root, keepSpare);
    },
    list: (root: string, directory: string) => walking(root, (walk) => list(walk, directory)),
    look: (root: string, names: readonly string[]) => walking(root, (walk) => look(walk, names)),
    mounted: (root: string, names: readonly string[]) => walking(root, (walk) => mounted(walk, names)),
    hash: (root: string, jobs: readonly HashJob[]) => hash(root, jobs, scratch),
    read,
    writers: (root: string, names: readonly string[]) => walking(root, (walk) => writers(walk, names, system)),
    normalize: (root: string, directory: string, rawName: Uint8Array, wanted: string) =>
      walking(root, (walk) => normalize(walk, system, directory, rawName, wanted)),
    stage: (root: string, jobs: readonly StageJob[]) => walking(root, (walk) => stage(walk, jobs, scratch)),
    resume: (root: string, jobs: readonly ResumeJob[]) => resume(root, jobs, scratch),
    unstage: (root: string, stages: readonly string[] | { keep: ReadonlySet<string> }) =>
      walking(root, (walk) => {
        if ('keep' in stages) removeUnfinishedCopies(walk);
        unstage(walk, stages);
      }),
    removeUnfinished: (root: string, names: readonly string[], beforeMs: number) =>
      walking(root, (walk) => removeUnfinished(walk, names, beforeMs)),
    apply: (root: string, changes: readonly Change[], nowMs: number) => apply(root, changes, nowMs, system),
    history: (root: string, name: string) => walking(root, (walk) => history(walk, name)),
    histories: (root: string, names: readonly string[]) => walking(root, (walk) => histories(walk, names)),
    historyBelow: (root: string, directory: string) => walking(root, (walk) => historyBelow(walk, directory)),
    stageFromHistory: (root: string, entry: HistoryEntry, stage: string) => stageFromHistory(root, entry, stage),
    pruneHistory: (root: string, limits: PruneLimits) => walking(root, (walk) => pruneHistory(walk, limits)),
    space: (root: string): Space => {
      const { bavail, blocks, bsize } = statfsSync(root);
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
    },
  };
}

export type DiskCalls = ReturnType<typeof diskCalls>;
export type CallName = keyof DiskCalls;
export type CallValues<Name extends CallName> =
  Parameters<DiskCalls[Name]> extends [root: string, ...values: infer Values] ? Values : never;
export type CallResult<Name extends CallName> = Awaited<ReturnType<DiskCalls[Name]>>;

/** Main thread → disk thread. */
export interface CallMessage {
  readonly id: number;
  readonly call: CallName;
  readonly root: string;
  readonly values: readonly unknown[];
}

/** Disk thread → main thread. */
export type ReplyMessage =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: { readonly message: string; readonly code: string | undefined } };
