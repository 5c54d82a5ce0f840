/**
 * What happens in one run: everything is drawn from the seed before the run begins, so that leaving a step away leaves all
 * the others as they were (that is what makes shrinking work).
 * @module
 */

import type { Rules } from './syncthing-rules.ts';

export type UserVerb =
  /** Rewrites a file in place, or makes it, in several parts while it is held open. */
  | 'write'
  /** The same without truncating first: old bytes behind new ones for a while. */
  | 'overwrite'
  | 'append'
  /** Cuts a file in the middle. */
  | 'truncate'
  /** An editor's save: writes aside, renames over. */
  | 'save'
  /** Another editor's save: moves the old one to a backup name first. */
  | 'save-with-backup'
  | 'copy'
  | 'rename'
  | 'delete'
  | 'make-directory'
  | 'symlink'
  | 'permissions'
  /** Sets the modification time back. */
  | 'backdate'
  /** A file becomes a directory with a file in it, a directory becomes a file. */
  | 'change-type'
  /** Renames another file of equal size and modification time over it. */
  | 'disguise'
  /** Makes an empty file, or empties one, and leaves it so. */
  | 'empty';

export interface UserStep {
  readonly kind: 'user';
  readonly id: number;
  readonly atMs: number;
  readonly node: number;
  readonly verb: UserVerb;
  readonly path: string;
  /** Second path, for verbs with two. */
  readonly other: string;
  readonly sizeBytes: number;
  /** In how many parts a file is written, and the longest pause between two. */
  readonly parts: number;
  readonly pauseMsMax: number;
}

export type LinkFault =
  | 'cut'
  | 'slow'
  /** The first stops sharing the folder with the second, for a while. */
  | 'unshare';

export type NodeFault =
  /** The process dies at once, and comes back. */
  | 'crash'
  /** The process ends in order, and comes back. */
  | 'stop'
  /** The machine loses its power, and comes back with what was durable. */
  | 'power'
  /** The process dies, and its records are gone when it comes back. */
  | 'lose-records'
  /** The records of now are put back later, over newer ones. */
  | 'restore-records'
  /** The wall clock is wrong for a while. */
  | 'clock'
  /** The disk takes no more bytes for a while. */
  | 'full'
  /** A path may not be read or changed for a while. */
  | 'denied'
  /** The disk fails at a path for a while. */
  | 'io';

interface When {
  readonly id: number;
  readonly atMs: number;
  readonly forMs: number;
}

export type LinkFaultStep = When & { readonly kind: LinkFault; readonly link: Pair };

export type NodeFaultStep = When & {
  readonly kind: NodeFault;
  readonly node: number;
  /** What is refused, by `denied` and `io`. */
  readonly path?: string;
  /** How far a `clock` goes off. */
  readonly jumpMs?: number;
};

export type FaultStep = LinkFaultStep | NodeFaultStep;

/** What people decide of who shares the folder, where they have to ({@link Plan.gathering}). */
export type MemberStep =
  /** People at both pair the second with the first, one act after the other, in one of three orders; `forMs` is between two. */
  | (When & { readonly kind: 'pair'; readonly link: Pair; readonly order: 0 | 1 | 2 })
  /** A person at the first removes the second. */
  | (When & { readonly kind: 'remove'; readonly link: Pair })
  /** A person has the node leave. */
  | (When & { readonly kind: 'leave'; readonly node: number });

export type Pair = readonly [number, number];
export type Step = UserStep | FaultStep | MemberStep;

export interface Plan {
  readonly seed: number;
  readonly nodes: number;
  /** Which nodes share the folder with which: all with all, or each with its neighbours. */
  readonly topology: 'mesh' | 'line';
  /** How far each node's wall clock is off. */
  readonly skewsMs: readonly number[];
  /** Whose rules each node follows; undefined: lanfold's. */
  readonly rules?: readonly (Rules | undefined)[];
  /** Nodes whose disk takes no case for a difference. */
  readonly ignoringCase?: readonly number[];
  /** Nodes whose disk keeps names in normal form D, and finds them in any. */
  readonly decomposing?: readonly number[];
  /** The longest step of a disk call. */
  readonly diskMsMax: number;
  /** How often watcher news are lost. */
  readonly newsLossRate: number;
  /** Bytes under way before a sender is told to wait. */
  readonly bufferBytes: number;
  readonly steps: readonly Step[];
  /** The first node alone has the folder; the others join it, leave it and are removed from it. Default: all share it from the start. */
  readonly gathering?: boolean;
  /** At the end somebody deletes something that all have. */
  readonly farewell?: boolean;
}

/** The pairs of nodes that talk to each other. */
export function linksOf(nodes: number, topology: Plan['topology']): Pair[] {
  const pairs: Pair[] = [];
  for (let a = 0; a < nodes; a += 1) {
    for (let b = a + 1; b < nodes; b += 1) if (topology === 'mesh' || b === a + 1) pairs.push([a, b]);
  }
  return pairs;
}

/** `node-a`, `node-b`, …: names of nodes. */
export function nodeName(index: number): string {
  return `node-${String.fromCharCode(97 + index)}`;
}

/** Where a node is on the network. Members tell each other of IP addresses alone. */
export function hostOf({ gathering }: Pick<Plan, 'gathering'>, index: number): string {
  return gathering === true ? `10.0.0.${index + 1}` : nodeName(index);
}

/** One line a person can read. */
export function describeStep(step: Step): string {
  const at = `${(step.atMs / 1000).toFixed(3)} s`.padStart(10);
  if (step.kind === 'user') {
    const { verb, path, other, sizeBytes, parts, pauseMsMax } = step;
    const to = verb === 'rename' || verb === 'copy' ? ` to ${other}` : '';
    const writing = `(${sizeBytes} bytes in ${parts} parts, pauses up to ${pauseMsMax} ms)`;
    return `${at}  #${step.id}  ${nodeName(step.node)}: ${verb} ${path}${to} ${writing}`;
  }
  const whom = 'node' in step ? nodeName(step.node) : step.link.map(nodeName).join(' and ');
  const more = step.kind === 'clock' ? ` by ${step.jumpMs} ms` : 'path' in step ? ` ${step.path}` : '';
  return `${at}  #${step.id}  ${step.kind} ${whom}${more} for ${(step.forMs / 1000).toFixed(1)} s`;
}
