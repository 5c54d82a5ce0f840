/**
 * I3: a node makes a new version of a name only for a change that a person made on that node, or to resolve a conflict.
 *
 * A version is new when its counter for the saving device is higher than any seen before for that name. A delete is justified by
 * - a person's removal of the name on that very node,
 * - a power cut that took it there, if no peer has got it from there, or somebody has put a file where its directory was,
 * - a delete that anybody has made of it, where the records are lost since, or older than they were,
 * - and by nothing else.
 * Any other version is justified by
 * - a person's change of the name on that node since the last version it made there (changes within {@link IN_FLIGHT_MS} of
 *   that version stay good: the version may have been made from a look before them);
 * - the node's having set a conflict copy aside under this name;
 * - two concurrent versions that it has seen both, once for each pair;
 * - a directory that was deleted or replaced and comes back because something is in it, once for each time.
 * The other half, that an idle cluster tells nothing, is found by the world itself: it would not come to rest (I8).
 * @module
 */
import type { FileRecord } from '../../src/core/model/file-record.ts';
import { isBelow } from '../../src/core/model/folder-path.ts';
import { compareVersions, counterOf, covers, type VersionVector } from '../../src/core/model/version-vector.ts';
import type { Report } from './violation.ts';
import { versionText } from './version-text.ts';

/** How long a version can be under way from the look to the records, on the slowest simulated disk. */
const IN_FLIGHT_MS = 3000;

interface Seen {
  readonly version: VersionVector;
  readonly isDelete: boolean;
  /** A delete, or something else in the place of a directory. */
  readonly endsDirectory: boolean;
  /** Nodes that answered this by bringing the directory back. */
  readonly undoneBy: Set<string>;
}

/** A version that the node has made, and all of that name before it. */
interface Made {
  readonly node: string;
  readonly record: FileRecord;
  readonly seen: readonly Seen[];
  readonly atMs: number;
}

/** What disks hold of a name just when a node saves its record. */
export interface Around {
  /** Peers that have it. */
  readonly peers: readonly string[];
  /** At the node itself something else stands in the place of a directory above it. */
  readonly isCovered: boolean;
}

export class NoEcho {
  readonly #report: Report;
  /** By `<node> <name>`: when people changed it there and no version has answered yet. */
  readonly #changes = new Map<string, number[]>();
  /** As {@link #changes}: when people changed what is in it. */
  readonly #changesIn = new Map<string, number[]>();
  /** As {@link #changes}: when people removed it. */
  readonly #removals = new Map<string, number[]>();
  /** By node: names that people ever removed there. */
  readonly #everRemoved = new Map<string, Set<string>>();
  /** By `<node> <name>`: the node's own record. */
  readonly #own = new Map<string, FileRecord>();
  /** Nodes that have lost records. */
  readonly #forgetful = new Set<string>();
  /** `<node> <name>`: what a power cut has set back there. */
  readonly #setBack = new Set<string>();
  /** By name: every version ever saved. */
  readonly #seen = new Map<string, Seen[]>();
  /** `<node> <name> <version> <version>`: pairs that a node has resolved. */
  readonly #resolved = new Set<string>();

  constructor(report: Report) {
    this.#report = report;
  }

  /** A person changed the name on this node, or the node set a conflict copy aside under it. */
  changed(node: string, name: string, atMs: number): void {
    add(this.#changes, `${node} ${name}`, atMs);
  }

  /** A person changed something in this directory there: if anybody has deleted it, it may have to come back for that. */
  changedIn(node: string, directory: string, atMs: number): void {
    add(this.#changesIn, `${node} ${directory}`, atMs);
  }

  /** A person removed the name on this node, or gave what stood there another. */
  removed(node: string, name: string, atMs: number): void {
    add(this.#removals, `${node} ${name}`, atMs);
    const ever = this.#everRemoved.get(node) ?? new Set<string>();
    this.#everRemoved.set(node, ever.add(name));
  }

  /** A power cut set a name back, and with it all names below that were ever heard of: a directory was moved back, say. */
  setBack(node: string, name: string, atMs: number): void {
    const below = [...this.#seen.keys()].filter((other) => isBelow(other, name));
    for (const each of [name, ...below]) {
      this.changed(node, each, atMs);
      this.#setBack.add(`${node} ${each}`);
    }
  }

  /** The node gave a name that people have changed another spelling, and with it all below: what they did there is told by that. */
  respelled(node: string, from: string, to: string): void {
    for (const acts of [this.#changes, this.#changesIn, this.#removals]) {
      for (const [key, timesMs] of [...acts]) {
        const name = key.slice(node.length + 1);
        if (!key.startsWith(`${node} `) || (name !== from && !isBelow(name, from))) continue;
        for (const atMs of timesMs) add(acts, `${node} ${to}${name.slice(from.length)}`, atMs);
      }
    }
  }

  /**
   * The node knows nothing any more, or less than before: what it finds it may take for a change, once for each name, what it has
   * answered it may answer once more, and what was removed there it may find to be gone again.
   */
  lostRecords(node: string, names: Iterable<string>, atMs: number): void {
    this.#forgetful.add(node);
    for (const name of new Set([...this.#seen.keys(), ...names])) this.changed(node, name, atMs);
    for (const name of this.#everRemoved.get(node) ?? []) this.removed(node, name, atMs);
    for (const { undoneBy } of [...this.#seen.values()].flat()) undoneBy.delete(node);
    for (const pair of this.#resolved) if (pair.startsWith(`${node} `)) this.#resolved.delete(pair);
  }

  /** A node saved an own record. `short`: the node's short ID. `around`: asked only where it matters. */
  saved(node: string, short: bigint, record: FileRecord, atMs: number, around: () => Around = nothingAround): void {
    const seen = this.#seen.get(record.name) ?? [];
    this.#seen.set(record.name, seen);
    const isKnown = seen.some(({ version }) => compareVersions(version, record.version) === 'equal');
    if (!isKnown && record.version.length > 0) {
      if (isMadeHere(short, record, seen) && !this.#isJustified({ node, record, seen, atMs }, around)) {
        const what = record.deleted ? 'a delete' : `a ${record.type}`;
        const text = `${node} made version ${versionText(record.version)} of ${record.name} (${what}) and nobody changed it there`;
        this.#report({ rule: 'I3', text });
      }
      const endsDirectory = record.deleted || record.type !== 'directory';
      seen.push({ version: record.version, isDelete: record.deleted, endsDirectory, undoneBy: new Set() });
    }
    this.#own.set(`${node} ${record.name}`, record);
  }

  /** Has one of the peers what the node had last made, or seen, of the name? */
  #isWith(peers: readonly string[], node: string, name: string): boolean {
    const mine = this.#own.get(`${node} ${name}`);
    return peers.some((peer) => {
      const theirs = this.#own.get(`${peer} ${name}`);
      return mine !== undefined && theirs?.deleted === false && covers(theirs.version, mine.version);
    });
  }

  #isJustified({ node, record, seen, atMs }: Made, around: () => Around): boolean {
    // A person's change is used up last: a conflict may be answered while the look at that change is still under way.
    const byConflict = this.#takeConflicts(node, record, seen);
    const key = `${node} ${record.name}`;
    if (record.deleted) {
      take(this.#changes, key, atMs);
      if (take(this.#removals, key, atMs) || (this.#forgetful.has(node) && seen.some(({ isDelete }) => isDelete)))
        return true;
      if (!this.#setBack.has(key)) return false;
      const { peers, isCovered } = around();
      return isCovered || !this.#isWith(peers, node, record.name);
    }
    const isReturn = record.type === 'directory';
    const byReturn = isReturn && takeDelete(node, record, seen, !this.#changes.has(key));
    if (byConflict || byReturn || take(this.#changes, key, atMs)) return true;
    return isReturn && seen.some(({ endsDirectory }) => endsDirectory) && take(this.#changesIn, key, atMs);
  }

  #takeConflicts(node: string, record: FileRecord, seen: readonly Seen[]): boolean {
    const versions = seen.map(({ version }) => version).filter((version) => covers(record.version, version));
    let found = false;
    for (const [index, a] of versions.entries()) {
      for (const b of versions.slice(index + 1)) {
        if (compareVersions(a, b) !== 'concurrent') continue;
        const pair = `${node} ${record.name} ${versionText(a)} ${versionText(b)}`;
        if (this.#resolved.has(pair)) continue;
        this.#resolved.add(pair);
        found = true;
      }
    }
    return found;
  }
}

function nothingAround(): Around {
  return { peers: [], isCovered: false };
}

function isMadeHere(short: bigint, record: FileRecord, seen: readonly Seen[]): boolean {
  const own = counterOf(record.version, short);
  return own > 0n && seen.every(({ version }) => counterOf(version, short) < own);
}

function add(acts: Map<string, number[]>, key: string, atMs: number): void {
  const timesMs = acts.get(key);
  if (timesMs === undefined) acts.set(key, [atMs]);
  else timesMs.push(atMs);
}

/** A version answers what people did. @returns false when that was nothing. */
function take(acts: Map<string, number[]>, key: string, atMs: number): boolean {
  const timesMs = acts.get(key) ?? [];
  const recent = timesMs.filter((actMs) => actMs > atMs - IN_FLIGHT_MS);
  // Older ones are used up: the version has seen them. Of recent ones each serves for one version.
  const left = recent.length === timesMs.length ? recent.slice(1) : recent;
  if (left.length > 0) acts.set(key, left);
  else acts.delete(key);
  return timesMs.length > 0;
}

/** @param alsoUnheard counts also what the version has not seen: where nothing else can be its reason. */
function takeDelete(node: string, record: FileRecord, seen: readonly Seen[], alsoUnheard: boolean): boolean {
  // It was made again since, and this is built on that: then the delete is no reason for another version.
  const isOver = (ended: VersionVector): boolean =>
    seen.some(
      ({ endsDirectory, version }) => !endsDirectory && covers(version, ended) && covers(record.version, version),
    );
  const deletes = seen.filter(({ endsDirectory, version, undoneBy }) => {
    // Concurrent with what took its place: then that is set aside, as the loser of a conflict.
    const isOpen = endsDirectory && compareVersions(record.version, version) !== 'older' && !undoneBy.has(node);
    return isOpen && !isOver(version);
  });
  // Those that it has seen; of others it may have heard of one, and answer the next ones later.
  const heard = deletes.filter(({ version }) => covers(record.version, version));
  const taken = heard.length > 0 || !alsoUnheard ? heard : deletes.slice(0, 1);
  for (const { undoneBy } of taken) undoneBy.add(node);
  return taken.length > 0;
}
