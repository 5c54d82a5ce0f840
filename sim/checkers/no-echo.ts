/**
 * I3: a node makes a new version of a name only for a change that a person made on that node, or to resolve a conflict.
 *
 * A version is new when its counter for the saving device is higher than any seen before for that name. It is justified by
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
  /** A delete, or something else in the place of a directory. */
  readonly endsDirectory: boolean;
  /** Nodes that answered this by bringing the directory back. */
  readonly undoneBy: Set<string>;
}

export class NoEcho {
  readonly #report: Report;
  /** By `<node> <name>`: when people changed it there and no version has answered yet. */
  readonly #changes = new Map<string, number[]>();
  /** By name: every version ever saved. */
  readonly #seen = new Map<string, Seen[]>();
  /** `<node> <name> <version> <version>`: pairs that a node has resolved. */
  readonly #resolved = new Set<string>();

  constructor(report: Report) {
    this.#report = report;
  }

  /** A person changed the name on this node, or the node set a conflict copy aside under it. */
  changed(node: string, name: string, atMs: number): void {
    const key = `${node} ${name}`;
    const changes = this.#changes.get(key);
    if (changes === undefined) this.#changes.set(key, [atMs]);
    else changes.push(atMs);
  }

  /** As {@link changed}, for all names below that were ever heard of: a directory was moved back, say. */
  changedBelow(node: string, directory: string, atMs: number): void {
    for (const name of this.#seen.keys()) if (isBelow(name, directory)) this.changed(node, name, atMs);
  }

  /** The node gave a name that people have changed another spelling, and with it all below: what they did there is told by that. */
  respelled(node: string, from: string, to: string): void {
    for (const [key, changes] of [...this.#changes]) {
      const name = key.slice(node.length + 1);
      if (!key.startsWith(`${node} `) || (name !== from && !isBelow(name, from))) continue;
      for (const atMs of changes) this.changed(node, `${to}${name.slice(from.length)}`, atMs);
    }
  }

  /**
   * The node knows nothing any more, or less than before: what it finds it may take for a change, once for each name, and what it
   * has answered it may answer once more.
   */
  lostRecords(node: string, names: Iterable<string>, atMs: number): void {
    for (const name of new Set([...this.#seen.keys(), ...names])) this.changed(node, name, atMs);
    for (const { undoneBy } of [...this.#seen.values()].flat()) undoneBy.delete(node);
    for (const pair of this.#resolved) if (pair.startsWith(`${node} `)) this.#resolved.delete(pair);
  }

  /** A node saved an own record. `short`: the node's short ID. */
  saved(node: string, short: bigint, record: FileRecord, atMs: number): void {
    const seen = this.#seen.get(record.name) ?? [];
    this.#seen.set(record.name, seen);
    const isKnown = seen.some(({ version }) => compareVersions(version, record.version) === 'equal');
    if (isKnown || record.version.length === 0) return;
    if (this.#isMadeHere(short, record, seen) && !this.#isJustified(node, record, seen, atMs)) {
      const what = record.deleted ? 'a delete' : `a ${record.type}`;
      const text = `${node} made version ${versionText(record.version)} of ${record.name} (${what}) and nobody changed it there`;
      this.#report({ rule: 'I3', text });
    }
    seen.push({
      version: record.version,
      endsDirectory: record.deleted || record.type !== 'directory',
      undoneBy: new Set(),
    });
  }

  #isMadeHere(short: bigint, record: FileRecord, seen: readonly Seen[]): boolean {
    const own = counterOf(record.version, short);
    return own > 0n && seen.every(({ version }) => counterOf(version, short) < own);
  }

  #isJustified(node: string, record: FileRecord, seen: readonly Seen[], atMs: number): boolean {
    // A person's change is used up last: a conflict may be answered while the look at that change is still under way.
    const byConflict = this.#takeConflicts(node, record, seen);
    const isReturn = record.type === 'directory' && !record.deleted;
    const byReturn = isReturn && takeDelete(node, record, seen, !this.#changes.has(`${node} ${record.name}`));
    return byConflict || byReturn || this.#takeChanges(node, record.name, atMs);
  }

  #takeChanges(node: string, name: string, atMs: number): boolean {
    const key = `${node} ${name}`;
    const changes = this.#changes.get(key) ?? [];
    const recent = changes.filter((changeMs) => changeMs > atMs - IN_FLIGHT_MS);
    // Older ones are used up: the version has seen them. Of recent ones each serves for one version.
    const left = recent.length === changes.length ? recent.slice(1) : recent;
    if (left.length > 0) this.#changes.set(key, left);
    else this.#changes.delete(key);
    return changes.length > 0;
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
