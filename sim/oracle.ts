/**
 * Watches a run and says which promises were broken: every checker, fed from one place.
 * @module
 */
import type { FileRecord, Look } from '../src/core/model/file-record.ts';
import { isBelow, parentOf } from '../src/core/model/folder-path.ts';
import type { Inode, MemoryDisk } from '../src/edges/memory/memory-disk.ts';
import type { PowerCut } from '../src/edges/memory/unflushed.ts';
import { checkHonesty } from './checkers/honesty.ts';
import { Confinement } from './checkers/confinement.ts';
import { ContentKeys } from './checkers/content-key.ts';
import { checkConvergence } from './checkers/convergence.ts';
import { type Around, NoEcho } from './checkers/no-echo.ts';
import { NothingLost } from './checkers/nothing-lost.ts';
import { type Snapshot, takeSnapshot } from './checkers/snapshot.ts';
import { Vectors } from './checkers/vectors.ts';
import type { Report, Violation } from './checkers/violation.ts';
import { WholeFiles } from './checkers/whole-files.ts';
import { FOLDER_ROOT, type Witness } from './hands.ts';
import type { Standing } from './sim-node.ts';

export interface Watched {
  readonly name: string;
  readonly short: bigint;
  readonly disk: MemoryDisk;
  /** It has rules of its own for which of two versions wins. */
  readonly hasOwnOrder?: boolean;
  /** It shares its folder with that one, as far as it knows. */
  sharesWith(other: Watched): boolean;
  /** What it says of its folder; undefined while it does not run, or has none. */
  standing(): Standing | undefined;
}

export class Oracle {
  readonly violations: Violation[] = [];
  readonly #nowMs: () => number;
  readonly #strict: boolean;
  readonly #keys = new ContentKeys();
  readonly #nothingLost: NothingLost;
  readonly #wholeFiles: WholeFiles;
  readonly #noEcho: NoEcho;
  readonly #vectors: Vectors;
  readonly #confinement: Confinement;
  readonly #nodes: Watched[] = [];
  /** Nodes whose disk changed since the last check. */
  readonly #changed = new Set<Watched>();

  /** `strict`: what is only in a history counts as lost. */
  constructor(nowMs: () => number, strict: boolean) {
    const report: Report = (violation) => void this.violations.push(violation);
    this.#nowMs = nowMs;
    this.#strict = strict;
    this.#nothingLost = new NothingLost(this.#keys, report, strict);
    this.#wholeFiles = new WholeFiles(this.#keys, report);
    this.#noEcho = new NoEcho(report);
    this.#vectors = new Vectors(report);
    this.#confinement = new Confinement(report);
  }

  /** Begins to watch a node, whose disk is new. */
  watch(node: Watched): void {
    this.#nodes.push(node);
    this.#confinement.prepare(node.disk);
    if (node.hasOwnOrder === true) this.#vectors.hasOwnOrder(node.name);
    node.disk.listen(() => this.#changed.add(node));
    this.#watchRenames(node);
  }

  /** Whoever renames: where it was a person, the names have been changed anyway. */
  #watchRenames(node: Watched): void {
    const { disk } = node;
    const rename = disk.rename.bind(disk);
    disk.rename = (from, to) => {
      const inode = disk.find(from);
      const before = inode && nameIn(disk, inode);
      rename(from, to);
      const after = inode && nameIn(disk, inode);
      if (before === undefined || after === undefined || before === after) return;
      if (before.toLowerCase() === after.toLowerCase()) this.#noEcho.respelled(node.name, before, after);
    };
  }

  /** The eyes of the people at a node. */
  witness(node: Watched): Witness {
    return {
      changed: (name) => this.#noEcho.changed(node.name, name.normalize('NFC'), this.#nowMs()),
      changedIn: (directory) => this.#noEcho.changedIn(node.name, directory.normalize('NFC'), this.#nowMs()),
      removed: (name) => this.#noEcho.removed(node.name, name.normalize('NFC'), this.#nowMs()),
      replaced: (file) => {
        // Another name here has the same: that one is not given up. Without the history nobody can say so: by then it may be
        // replaced as well, where it came from.
        if (this.#strict || !this.#hasTwin(node, file)) this.#nothingLost.replaced(file);
      },
      writing: (content) => this.#wholeFiles.writing(node.name, content),
      moved: (content) => this.#wholeFiles.moved(node.name, content),
      completed: (file) => {
        this.#wholeFiles.completed(file.content);
        this.#nothingLost.completed(file);
      },
    };
  }

  setAside(node: Watched, name: string): void {
    this.#noEcho.changed(node.name, name, this.#nowMs());
  }

  saved(node: Watched, records: readonly FileRecord[]): void {
    for (const record of records) {
      this.#noEcho.saved(node.name, node.short, record, this.#nowMs(), () => this.#around(node, record.name));
      this.#vectors.saved(node.name, record);
    }
  }

  forgot(node: Watched, names: readonly string[]): void {
    this.#vectors.forgot(node.name, names);
  }

  nameRefused(node: Watched, name: string): void {
    this.#confinement.nameRefused(node.name, name);
  }

  /**
   * A node's machine loses its power, by `cut`. What was not durable there is excused; what was is not. `recorded`: what the
   * node's records say of a name.
   */
  powerCut(node: Watched, cut: () => PowerCut, recorded: (name: string) => Look | undefined): void {
    const had = this.#look(node);
    const unfinished = [...had.visible, ...had.history].filter(({ inode }) => inode.writers > 0);
    const contents = contentsOf(had);
    const seen = new Set(had.visible.map(({ inode }) => inode));
    const { undone, damaged } = cut();
    // What is back from a delete is what it is now, too.
    const back = this.#look(node).visible.filter(({ inode }) => !seen.has(inode));
    this.#nothingLost.excuse(contents);
    // Nobody will finish what was being written: it is what it is now.
    for (const { inode } of [...unfinished, ...back]) this.#wholeFiles.completed(inode.content);
    for (const { inode } of damaged) {
      const name = nameIn(node.disk, inode);
      if (name === undefined) continue;
      this.#noEcho.changed(node.name, name, this.#nowMs());
      // Zeros that nothing tells from what a person wrote are what the file holds; but what the records know is damage.
      const look = recorded(name);
      if (look !== undefined && look.modifiedNs === inode.modifiedNs)
        this.#wholeFiles.damaged(node.name, inode.content);
      else this.#wholeFiles.completed(inode.content);
    }
    for (const path of undone) this.#undone(node, path);
  }

  /** A node's records are gone, or older than they were. */
  lostRecords(node: Watched): void {
    this.#noEcho.lostRecords(
      node.name,
      this.#look(node).visible.map(({ name }) => name),
      this.#nowMs(),
    );
    this.#vectors.lostRecords(node.name);
    this.#wholeFiles.lostRecords(node.name);
  }

  /** A name went back to what it was, and so did the directories that it is in. */
  #undone(node: Watched, path: string): void {
    if (!path.startsWith(`${FOLDER_ROOT}/`)) return;
    const name = path.slice(FOLDER_ROOT.length + 1).normalize('NFC');
    this.#noEcho.setBack(node.name, name, this.#nowMs());
    for (let at = parentOf(name); at !== ''; at = parentOf(at)) this.#noEcho.changedIn(node.name, at, this.#nowMs());
  }

  #around(node: Watched, name: string): Around {
    const peers = this.#nodes.filter(
      (other) => other !== node && node.sharesWith(other) && find(other, name) !== undefined,
    );
    let above = parentOf(name);
    while (above !== '' && find(node, above) === undefined) above = parentOf(above);
    return {
      peers: peers.map((peer) => peer.name),
      isCovered: above !== '' && find(node, above)?.type !== 'directory',
    };
  }

  #hasTwin(node: Watched, file: Inode): boolean {
    const key = this.#keys.of(file.content);
    const { visible } = takeSnapshot(node.disk.find(FOLDER_ROOT));
    return visible.some(({ inode }) => inode !== file && inode.type === 'file' && this.#keys.of(inode.content) === key);
  }

  #look(node: Watched): Snapshot {
    const snapshot = takeSnapshot(node.disk.find(FOLDER_ROOT));
    this.#nothingLost.disk(node.name, snapshot);
    return snapshot;
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

  /** Names that people see at a node. */
  namesAt(node: Watched): string[] {
    return this.#look(node)
      .visible.map(({ name }) => name)
      .filter((name) => name !== '');
  }

  /** A name that was deleted by somebody who had seen all there was. */
  checkGone(nodes: readonly Watched[], name: string): void {
    for (const node of nodes) {
      if (node.disk.find(`${FOLDER_ROOT}/${name}`) === undefined) continue;
      this.violations.push({ rule: 'I7', text: `${name} was deleted, and is there again on ${node.name}` });
    }
  }

  /** Called when all is at rest. */
  checkEnd(nodes: readonly Watched[]): void {
    this.check();
    for (const { name, disk } of nodes) this.#confinement.check(name, disk);
    const report: Report = (violation) => void this.violations.push(violation);
    // Who is apart from one who has, or had, a newer version waits for that one.
    const areAllTogether = this.#nodes.every((one) =>
      this.#nodes.every((other) => one === other || one.sharesWith(other)),
    );
    const trees = nodes.map((node) => {
      const problems = node.standing()?.problems ?? [];
      const isWanted = ({ reason }: { readonly reason: string }): boolean => areAllTogether && reason === 'no-source';
      const ungiven = new Set(problems.filter(isWanted).map(({ name }) => name));
      const excused = new Set(problems.map(({ name }) => name).filter((name) => !ungiven.has(name)));
      // What cannot be called so on this disk keeps all that is in it from it.
      const taken = problems.filter(({ reason }) => reason === 'exists').map(({ name }) => name);
      const isExcused = (name: string): boolean => excused.has(name) || taken.some((top) => isBelow(name, top));
      const isUngiven = (name: string): boolean => ungiven.has(name);
      const isBeside = (other: string): boolean => nodes.some((one) => one.name === other && node.sharesWith(one));
      return { node: node.name, snapshot: takeSnapshot(node.disk.find(FOLDER_ROOT)), isExcused, isUngiven, isBeside };
    });
    checkConvergence(trees, this.#keys, report);
    checkHonesty(nodes, report);
    this.#vectors.atRest();
  }
}

function contentsOf({ visible, history }: Snapshot): Uint8Array[] {
  return [...visible, ...history].flatMap(({ inode }) => (inode.type === 'file' ? [inode.content] : []));
}

function find({ disk }: Watched, name: string): Inode | undefined {
  return disk.find(`${FOLDER_ROOT}/${name}`);
}

function nameIn(disk: MemoryDisk, inode: Inode): string | undefined {
  const path = disk.pathOf(inode);
  return path?.startsWith(`${FOLDER_ROOT}/`) === true ? path.slice(FOLDER_ROOT.length + 1).normalize('NFC') : undefined;
}
