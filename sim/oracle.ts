/**
 * Watches a run and says which promises were broken: every checker, fed from one place.
 * @module
 */
import type { FileRecord } from '../src/core/model/file-record.ts';
import type { MemoryDisk } from '../src/edges/memory/memory-disk.ts';
import { Confinement } from './checkers/confinement.ts';
import { ContentKeys } from './checkers/content-key.ts';
import { checkConvergence } from './checkers/convergence.ts';
import { NoEcho } from './checkers/no-echo.ts';
import { NothingLost } from './checkers/nothing-lost.ts';
import { takeSnapshot } from './checkers/snapshot.ts';
import { Vectors } from './checkers/vectors.ts';
import type { Report, Violation } from './checkers/violation.ts';
import { WholeFiles } from './checkers/whole-files.ts';
import { FOLDER_ROOT, type Witness } from './hands.ts';

export interface Watched {
  readonly name: string;
  readonly short: bigint;
  readonly disk: MemoryDisk;
}

export class Oracle {
  readonly violations: Violation[] = [];
  readonly #nowMs: () => number;
  readonly #keys = new ContentKeys();
  readonly #nothingLost: NothingLost;
  readonly #wholeFiles: WholeFiles;
  readonly #noEcho: NoEcho;
  readonly #vectors: Vectors;
  readonly #confinement: Confinement;
  /** Nodes whose disk changed since the last check. */
  readonly #changed = new Set<Watched>();

  /** `strict`: what is only in a history counts as lost. */
  constructor(nowMs: () => number, strict: boolean) {
    const report: Report = (violation) => void this.violations.push(violation);
    this.#nowMs = nowMs;
    this.#nothingLost = new NothingLost(this.#keys, report, strict);
    this.#wholeFiles = new WholeFiles(this.#keys, report);
    this.#noEcho = new NoEcho(report);
    this.#vectors = new Vectors(report);
    this.#confinement = new Confinement(report);
  }

  /** Begins to watch a node, whose disk is new. */
  watch(node: Watched): void {
    this.#confinement.prepare(node.disk);
    node.disk.listen(() => this.#changed.add(node));
  }

  /** The eyes of the people at a node. */
  witness(node: Watched): Witness {
    return {
      changed: (name) => this.#noEcho.changed(node.name, name, this.#nowMs()),
      replaced: (content) => this.#nothingLost.replaced(content),
      writing: (content) => this.#wholeFiles.writing(node.name, content),
      completed: (content) => {
        this.#wholeFiles.completed(content);
        this.#nothingLost.completed(content);
      },
    };
  }

  setAside(node: Watched, name: string): void {
    this.#noEcho.changed(node.name, name, this.#nowMs());
  }

  saved(node: Watched, records: readonly FileRecord[]): void {
    for (const record of records) {
      this.#noEcho.saved(node.name, node.short, record, this.#nowMs());
      this.#vectors.saved(node.name, record);
    }
  }

  forgot(node: Watched, names: readonly string[]): void {
    this.#vectors.forgot(node.name, names);
  }

  nameRefused(node: Watched, name: string): void {
    this.#confinement.nameRefused(node.name, name);
  }

  /** Called after each event. */
  check(): void {
    if (this.#changed.size === 0) return;
    for (const { name, disk } of this.#changed) {
      const snapshot = takeSnapshot(disk.find(FOLDER_ROOT));
      this.#nothingLost.disk(name, snapshot);
      this.#wholeFiles.disk(name, snapshot);
    }
    this.#changed.clear();
    this.#nothingLost.check();
  }

  /** Called when all is at rest. */
  checkEnd(nodes: readonly Watched[]): void {
    this.check();
    for (const { name, disk } of nodes) this.#confinement.check(name, disk);
    const report: Report = (violation) => void this.violations.push(violation);
    const trees = nodes.map(({ name, disk }) => ({ node: name, snapshot: takeSnapshot(disk.find(FOLDER_ROOT)) }));
    checkConvergence(trees, this.#keys, report);
  }
}
