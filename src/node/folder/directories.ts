/**
 * Directories that stand in the way: missing above a name that arrives, or full where one has to go.
 * @module
 */
import { NO_BYTES, type FileRecord, type LocalRecord } from '../../core/model/file-record.ts';
import { isInternalName, joinName, parentOf } from '../../core/model/folder-path.ts';
import { lacks } from '../../core/index/newest.ts';
import { conflictName, isConflictCopy } from '../../core/reconcile/conflict-name.ts';
import { revival } from '../../core/scan/changes.ts';
import type { IgnoreVerdict } from '../../core/scan/ignore.ts';
import { NO_VERSION } from '../../core/model/version-vector.ts';
import { isTrouble, type Change, type Displace, type ListedEntry } from '../../ports/file-tree.ts';
import type { Versions } from '../../ports/record-store.ts';
import type { Committer } from './committer.ts';
import type { FolderContext } from './folder-context.ts';
import { TAKEN_TEXT, type TakenNames } from './taken-names.ts';

/**
 * `done`: nothing left of it. `again`: something moved, another round will get further. `left`: it waits for an event (a
 * peer, a look at the disk, space, a person).
 */
export type Handled = 'done' | 'again' | 'left';

const DIRECTORY_PERMISSIONS = 0o755;
const CONFLICT_NAMES_MAX = 20;
/** Ignored names that are removed together. */
const PAGE = 500;
/** Peers may tell of a directory before or after its content, in parts: Syncthing, for one, tells of a parent's end first. */
const QUIET_MS = 2000;
/** Peers that tell of other things without end must not put a decision off without end. */
const PATIENCE_MS = 60_000;
/** Longer than between two tries: what is in the way after so long a silence is so for another reason. */
const OTHER_TIME_MS = 5 * 60_000;

interface Awaited {
  /** Sequence numbers heard of all peers together. */
  readonly told: number;
  /** Since when it is so many, and since when the name is in the way; monotonic milliseconds. */
  readonly sinceMs: number;
  readonly firstMs: number;
  /** When it was last in the way. */
  readonly askedMs: number;
}

export class Directories {
  readonly #context: FolderContext;
  readonly #committer: Committer;
  readonly #taken: TakenNames;
  readonly #awaited = new Map<string, Awaited>();

  constructor(context: FolderContext, committer: Committer, taken: TakenNames) {
    this.#context = context;
    this.#taken = taken;
    this.#committer = committer;
  }

  /**
   * A name arrived below a directory that is not here: deleted on this side, say, while a peer put something into it. The
   * directory comes back, as a change of ours that all peers hear of (SPEC P5). A file that somebody put in its place
   * meanwhile is set aside.
   * @param wanted for which all of it is done.
   */
  async makeParents(name: string, wanted = name): Promise<Handled> {
    const { records, problems } = this.#context;
    const parent = parentOf(name);
    if (parent === '') {
      this.#context.suspect([name]);
      return 'left';
    }
    const versions = records.versions(parent);
    const mine = versions.local;
    if (mine?.record.type === 'directory' && !mine.record.deleted && !mine.record.invalid) {
      // By the records it is here: the disk changed, or something above it is missing.
      this.#context.suspect([parent]);
      return parentOf(parent) === '' ? 'left' : this.#retryAbove(parent, wanted);
    }
    const newest = records.newest(parent);
    const isTaken = newest !== undefined && !newest.deleted && newest.type !== 'directory';
    if (isTaken && lacks(mine?.record, newest)) {
      problems.set(wanted, 'parent', `"${parent}" is not a directory here`, 'wanted');
      return 'left';
    }
    // Nobody has told of the directory, or what it gave way to is told and that its content is gone is not: more may come.
    if ((newest === undefined || isTaken) && !this.#isPatienceOver(parent)) return 'left';
    this.#awaited.delete(parent);
    // Where others have the directory it is theirs; one that nobody has any more comes back as a change of ours.
    const isTheirs = newest?.deleted === false && !isTaken;
    // What stands in its place here is judged by itself, in the next round: it may have to stay beside (SPEC M3).
    if (isTheirs && mine?.look !== undefined && mine.record.type !== 'directory') return 'left';
    const record = isTheirs ? newest : this.#comeback(parent, versions);
    for (let attempt = 1; attempt <= CONFLICT_NAMES_MAX; attempt += 1) {
      const displace: Displace = isTaken ? setAside(newest, attempt) : { to: 'history' };
      const { permissions } = record;
      const change: Change = { change: 'directory', name: parent, permissions, expected: mine?.look, displace };
      const made = await this.#committer.commit({ change, record, basis: mine?.record });
      if (!isTrouble(made)) {
        if (displace.to === 'set-aside') this.#context.suspect([displace.name]);
        return 'again';
      }
      if (made.trouble === 'parent') return this.makeParents(parent, wanted);
      if (made.trouble !== 'exists') break;
      if (displace.to === 'set-aside') continue;
      // All that is to be in it waits with it.
      this.#taken.add(parent);
      problems.set(parent, made.trouble, TAKEN_TEXT, 'wanted');
      return 'left';
    }
    // A look at what is ignored tells nothing.
    if (this.#context.ignores().match(parent).ignored)
      problems.set(wanted, 'parent', `"${parent}" is not a directory here, and is not synced`, 'wanted');
    this.#context.suspect([parent]);
    return 'left';
  }

  #comeback(name: string, { local, remotes }: Versions): FileRecord {
    const known = [...(local === undefined ? [] : [local.record]), ...remotes.map((remote) => remote.record)];
    const like = known.find((record) => record.type === 'directory');
    return revival(directoryRecord(name, like), known, this.#context.author(name));
  }

  async #retryAbove(parent: string, wanted: string): Promise<Handled> {
    const above = this.#context.records.local(parentOf(parent));
    return above === undefined || above.record.deleted ? this.makeParents(parent, wanted) : 'left';
  }

  /**
   * A directory is to go (or to become something else) and is not empty. What the user marked as deletable goes with it; if
   * anything in it lives on, so does the directory, and peers are told (SPEC P6). Never more than that is removed.
   * @param before what that was decided on.
   */
  async clear(name: string, before: Versions): Promise<Handled> {
    const { tree, records, problems } = this.#context;
    const listing = await tree.list(name);
    if (listing === undefined || isTrouble(listing)) {
      this.#context.suspect([name]);
      return 'left';
    }
    const children = await this.#namesOf(name, listing.entries);
    const versions = records.versions(name);
    // Somebody has changed it meanwhile, or a peer told of it: that is decided anew.
    if (placesOf(versions) !== placesOf(before)) return 'again';
    const unknown: string[] = [];
    const deletable: string[] = [];
    let waits = false;
    let isKept = listing.unusable.length > 0;
    for (const [index, child] of children.entries()) {
      const match = this.#context.ignores().match(child);
      if (match.ignored) {
        // A disk that is mounted here is none of it.
        if (isDeletable(child, match) && listing.entries[index]?.isMount !== true) deletable.push(child);
        else isKept = true;
        continue;
      }
      const own = records.local(child);
      const newest = records.newest(child);
      if (own === undefined || own.record.deleted || own.record.invalid) unknown.push(child);
      else if (newest?.deleted === true && lacks(own.record, newest)) waits = true;
      else if (this.#isPatienceOver(name)) return this.#revive(name, versions);
      else waits = true; // that it is gone as well may be in the next part of an index
    }
    if (unknown.length > 0) {
      this.#context.suspect(unknown);
      return 'left';
    }
    // Only if nothing else keeps the directory.
    if (deletable.length > 0 && !waits && !isKept) {
      if ((await this.#mayGo(deletable)) && (await this.#removeIgnored(deletable))) return 'again';
      isKept = true;
    }
    if (isKept) {
      const text = 'It was deleted elsewhere, but there are files in it here that are not synced';
      problems.set(name, 'not-empty', text, 'wanted');
    }
    return 'left';
  }

  /** As the records have them: some disks list names in a form of their own, and find all forms (SPEC N6). */
  async #namesOf(directory: string, entries: readonly ListedEntry[]): Promise<string[]> {
    const listed = entries.map(({ base }) => joinName(directory, base));
    const normal = entries.map(({ base }) => joinName(directory, base.normalize('NFC')));
    const others = normal.filter((name, at) => name !== listed[at]);
    const looks = others.length === 0 ? [] : await this.#context.tree.look(others);
    const found = new Set(others.filter((_, at) => looks[at] !== undefined && !isTrouble(looks[at])));
    return listed.map((name, at) => (found.has(normal[at] ?? name) ? (normal[at] ?? name) : name));
  }

  /** May all that is in these go with them? Asked before anything goes: what keeps a directory may be far down in another. */
  async #mayGo(names: readonly string[]): Promise<boolean> {
    for (let start = 0; start < names.length; start += PAGE) {
      const page = names.slice(start, start + PAGE);
      for (const [index, look] of (await this.#context.tree.look(page)).entries()) {
        if (isTrouble(look)) return false;
        if (look?.type !== 'directory') continue;
        const inside = await this.#deletableIn(page[index] ?? '');
        if (inside === undefined || !(await this.#mayGo(inside))) return false;
      }
    }
    return true;
  }

  /** Directories with all that is in them. @returns true when all are gone. */
  async #removeIgnored(names: readonly string[]): Promise<boolean> {
    let areGone = true;
    for (let start = 0; start < names.length; start += PAGE)
      if (!(await this.#removeSome(names.slice(start, start + PAGE)))) areGone = false;
    return areGone;
  }

  async #removeSome(names: readonly string[]): Promise<boolean> {
    const { tree } = this.#context;
    const looks = await tree.look(names);
    const changes: Change[] = [];
    for (const [index, name] of names.entries()) {
      const look = looks[index];
      if (look === undefined || isTrouble(look)) continue;
      if (look.type === 'directory') {
        // Anew: it may have got something since.
        const inside = await this.#deletableIn(name);
        if (inside === undefined || !(await this.#removeIgnored(inside))) continue;
      }
      changes.push({ change: 'delete', name, expected: look, displace: { to: 'history' } });
    }
    const applied = changes.length === 0 ? [] : await tree.apply(changes);
    return applied.length === names.length && !applied.some((result) => isTrouble(result));
  }

  /** @returns what is in it; undefined when something of that is not marked as deletable, or nobody knows. */
  async #deletableIn(directory: string): Promise<string[] | undefined> {
    const listing = await this.#context.tree.list(directory);
    if (listing === undefined || isTrouble(listing) || listing.unusable.length > 0) return undefined;
    if (listing.entries.some(({ isMount }) => isMount)) return undefined;
    const inside = await this.#namesOf(directory, listing.entries);
    return inside.every((name) => isDeletable(name, this.#context.ignores().match(name))) ? inside : undefined;
  }

  #revive(name: string, { local, remotes }: Versions): Handled {
    this.#awaited.delete(name);
    if (local === undefined) return 'left';
    const others = remotes.map((remote) => remote.record);
    // Who has put something else in its place has not been here: that one loses the conflict, and is set aside over there.
    const rivals = others.filter((other) => !other.deleted && other.type !== 'directory');
    const seen = others.filter((other) => !rivals.includes(other));
    const record = revival(asItStands(local), seen, this.#context.author(name));
    const modifiedNs = rivals.reduce(
      (latest, rival) => (rival.modifiedNs < latest ? latest : rival.modifiedNs + 1n),
      record.modifiedNs,
    );
    this.#context.save([{ record: { ...record, modifiedNs }, look: local.look }]);
    return 'done';
  }

  /** True once nobody has told anything more for a while since the name was first in the way. */
  #isPatienceOver(name: string): boolean {
    const { records, clock } = this.#context;
    const nowMs = clock.monotonicMs();
    const told = records.remotes().reduce((sum, peer) => sum + records.remoteIndex(peer).maxSequence, 0);
    const last = this.#awaited.get(name);
    const known = last !== undefined && nowMs - last.askedMs < OTHER_TIME_MS ? last : undefined;
    const awaited = known?.told === told ? known : { told, sinceMs: nowMs, firstMs: known?.firstMs ?? nowMs };
    this.#awaited.set(name, { ...awaited, askedMs: nowMs });
    return nowMs - awaited.sinceMs >= QUIET_MS || nowMs - awaited.firstMs >= PATIENCE_MS;
  }
}

function isDeletable(name: string, { ignored, deletable }: IgnoreVerdict): boolean {
  return ignored && (deletable || isInternalName(name));
}

/** Where each version stands in the index of who has it: another one gets another place. */
function placesOf({ local, remotes }: Versions): string {
  return [local?.record.sequence, ...remotes.map(({ peer, record }) => `${peer} ${record.sequence}`)].join();
}

/** What has no claim has the permissions that a peer's version wants, and the disk was not asked for them. */
function asItStands({ record, look }: LocalRecord): FileRecord {
  if (record.version.length > 0 || look === undefined) return record;
  return { ...record, permissions: look.permissions };
}

/** As when any version loses: a file stays beside, a link or a copy that is one already goes into the history. */
function setAside(loser: FileRecord, attempt: number): Displace {
  if (loser.type !== 'file' || isConflictCopy(loser.name)) return { to: 'history' };
  return { to: 'set-aside', name: conflictName(loser, attempt) };
}

function directoryRecord(name: string, like: FileRecord | undefined): FileRecord {
  const known = like?.type === 'directory';
  return {
    name,
    type: 'directory',
    size: 0,
    permissions: known ? like.permissions : DIRECTORY_PERMISSIONS,
    noPermissions: false,
    modifiedNs: like?.modifiedNs ?? 0n,
    modifiedBy: 0n,
    deleted: false,
    invalid: false,
    version: NO_VERSION,
    sequence: 0,
    blockSize: 0,
    blocks: NO_BYTES,
    symlinkTarget: NO_BYTES,
    previousBlocksHash: NO_BYTES,
  };
}
