/**
 * What a disk in memory has not made durable yet, and what a power cut makes of it.
 *
 * The model is that of the journalling file systems that people have (ext4, xfs; checked against them by the crash tests):
 * - Changes of names and attributes become durable in the order in which they were made: a cut keeps some of the first and
 *   loses all that come after. Flushing any file or directory commits all of them, and so does time.
 * - The bytes of a file become durable when that file is flushed, or by and by. Until then a cut leaves, independently of
 *   the names, all of them, none (the size is 0), a part with zeros behind it, or the content before.
 * @module
 */
import type { Inode } from './inode.ts';
import type { SeededChance } from './seeded-chance.ts';

/** The kernel commits its journal so often by itself, and writes back bytes that are so old. */
const COMMIT_MS = 5000;
const WRITE_BACK_MS = 30_000;
/** Bytes are written back in whole pages. */
const PAGE_BYTES = 4096;
/** Older changes are forgotten when there are so many. */
const CHANGES_MAX = 2000;

interface Change {
  readonly atMs: number;
  readonly paths: readonly string[];
  /** Puts things back as they were; the changes after it were undone before. */
  readonly undo: () => void;
}

interface Bytes {
  readonly atMs: number;
  readonly content: Uint8Array;
  readonly modifiedNs: bigint;
}

/** What became of a file whose bytes were not durable. */
export interface Damage {
  readonly inode: Inode;
  readonly what: 'emptied' | 'torn' | 'set-back';
}

export interface PowerCut {
  /** Paths whose names or attributes went back. */
  readonly undone: readonly string[];
  readonly damaged: readonly Damage[];
}

export class Unflushed {
  readonly #nowMs: () => number;
  #changes: Change[] = [];
  /** By file: what was there when its bytes last were durable. */
  readonly #bytes = new Map<Inode, Bytes>();
  #steps = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** How often anything was changed or flushed: while this stands still, a cut always finds the same. */
  get steps(): number {
    return this.#steps;
  }

  /** A name or an attribute was changed. */
  changed(paths: readonly string[], undo: () => void): void {
    this.#steps += 1;
    this.#changes.push({ atMs: this.#nowMs(), paths, undo });
    if (this.#changes.length > CHANGES_MAX) this.#changes = this.#recent();
  }

  /** A file is about to get other bytes. */
  writing(inode: Inode): void {
    this.#steps += 1;
    if (this.#bytes.has(inode)) return;
    const { content, modifiedNs } = inode;
    this.#bytes.set(inode, { atMs: this.#nowMs(), content, modifiedNs });
  }

  /** fsync(2): the file's bytes, and the whole journal with them. */
  flush(inode: Inode): void {
    this.#steps += 1;
    this.#bytes.delete(inode);
    this.#changes = [];
  }

  /** fsync(2) of a directory. */
  flushNames(): void {
    this.#steps += 1;
    this.#changes = [];
  }

  /** The machine loses its power. */
  cut(chance: SeededChance): PowerCut {
    const recent = this.#recent();
    const lost = recent.slice(chance.below(recent.length + 1));
    for (const change of lost.toReversed()) change.undo();
    const damaged = [...this.#bytes].flatMap(([inode, bytes]) => this.#damage(inode, bytes, chance));
    this.#changes = [];
    this.#bytes.clear();
    return { undone: lost.flatMap(({ paths }) => paths), damaged };
  }

  #recent(): Change[] {
    const sinceMs = this.#nowMs() - COMMIT_MS;
    return this.#changes.filter(({ atMs }) => atMs >= sinceMs);
  }

  #damage(inode: Inode, before: Bytes, chance: SeededChance): Damage[] {
    const what = chance.pick(['kept', 'kept', 'emptied', 'torn', 'set-back'] as const);
    const from = chance.below(Math.ceil(inode.content.length / PAGE_BYTES)) * PAGE_BYTES; // drawn always: one file's fate does not move the next one's
    if (what === 'kept' || inode.content.length === 0 || before.atMs < this.#nowMs() - WRITE_BACK_MS) return [];
    if (what === 'set-back') {
      inode.content = before.content;
      inode.modifiedNs = before.modifiedNs;
    } else if (what === 'emptied') {
      inode.content = new Uint8Array(0);
    } else {
      inode.content = inode.content.slice().fill(0, from);
    }
    return [{ inode, what }];
  }
}
