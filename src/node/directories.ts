/**
 * Directories that stand in the way: missing above a name that arrives, or full where one has to go.
 * @module
 */
import { NO_BYTES, type FileRecord } from '../core/model/file-record.ts';
import { isInternalName, joinName, parentOf } from '../core/model/folder-path.ts';
import { lacks } from '../core/index/newest.ts';
import { revival } from '../core/scan/changes.ts';
import { NO_VERSION } from '../core/model/version-vector.ts';
import { isTrouble, type Change } from '../ports/file-tree.ts';
import type { Versions } from '../ports/record-store.ts';
import type { Committer } from './committer.ts';
import type { FolderContext } from './folder-context.ts';

/**
 * `done`: nothing left of it. `again`: something moved, another round will get further. `left`: it waits for an event (a
 * peer, a look at the disk, space, a person).
 */
export type Handled = 'done' | 'again' | 'left';

const DIRECTORY_PERMISSIONS = 0o755;
/** For content of a directory that nobody has told of. */
const PARENT_WAIT_MS = 5000;

export class Directories {
  readonly #context: FolderContext;
  readonly #committer: Committer;
  /** Directories that nobody has told of, and since when content for them is here (monotonic milliseconds). */
  readonly #awaited = new Map<string, number>();

  constructor(context: FolderContext, committer: Committer) {
    this.#context = context;
    this.#committer = committer;
  }

  /**
   * A name arrived below a directory that is not here: deleted on this side, say, while a peer put something into it. The
   * directory comes back, as a change of ours that all peers hear of (SPEC P5).
   */
  async makeParents(name: string): Promise<Handled> {
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
      return parentOf(parent) === '' ? 'left' : this.#retryAbove(parent);
    }
    const newest = records.newest(parent);
    if (newest !== undefined && !newest.deleted && newest.type !== 'directory') {
      problems.set(name, 'parent', `"${parent}" is not a directory here`);
      return 'left';
    }
    if (newest === undefined) {
      // Nobody has told of it yet: it may be in the next part of an index.
      const nowMs = this.#context.clock.monotonicMs();
      const sinceMs = this.#awaited.get(parent) ?? nowMs;
      this.#awaited.set(parent, sinceMs);
      if (nowMs - sinceMs < PARENT_WAIT_MS) return 'left';
    }
    this.#awaited.delete(parent);
    // Where others have the directory it is theirs; only one that all have deleted comes back as a change of ours.
    const record = newest?.deleted === false ? newest : this.#comeback(parent, versions);
    const change: Change = {
      change: 'directory',
      name: parent,
      permissions: record.permissions,
      expected: mine?.look,
      displace: { to: 'history' },
    };
    const made = await this.#committer.commit({ change, record, basis: mine?.record });
    if (!isTrouble(made)) return 'again';
    if (made.trouble === 'parent') return this.makeParents(parent);
    this.#context.suspect([parent]);
    return 'left';
  }

  #comeback(name: string, { local, remotes }: Versions): FileRecord {
    const known = [...(local === undefined ? [] : [local.record]), ...remotes.map((remote) => remote.record)];
    const like = known.find((record) => record.type === 'directory');
    return revival(directoryRecord(name, like), known, this.#context.author());
  }

  async #retryAbove(parent: string): Promise<Handled> {
    const above = this.#context.records.local(parentOf(parent));
    return above === undefined || above.record.deleted ? this.makeParents(parent) : 'left';
  }

  /**
   * A directory is to go (or to become something else) and is not empty. What the user marked as deletable goes with it; if
   * anything in it lives on, so does the directory, and peers are told (SPEC P6). Never more than that is removed.
   */
  async clear(name: string, versions: Versions): Promise<Handled> {
    const { tree, records, problems } = this.#context;
    const listing = await tree.list(name);
    if (listing === undefined || isTrouble(listing)) {
      this.#context.suspect([name]);
      return 'left';
    }
    const unknown: string[] = [];
    let removed = 0;
    let waits = false;
    for (const entry of listing.entries) {
      const child = joinName(name, entry.base);
      const match = this.#context.ignores().match(child);
      if (match.ignored) {
        if (match.deletable || isInternalName(child)) removed += (await this.#removeIgnored(child)) ? 1 : 0;
        else waits = true;
        continue;
      }
      const own = records.local(child);
      if (own === undefined || own.record.deleted || own.record.invalid) unknown.push(child);
      else if (lacks(own.record, records.newest(child))) waits = true;
      else return this.#revive(versions);
    }
    if (unknown.length > 0) {
      this.#context.suspect(unknown);
      return 'left';
    }
    if (removed > 0 && !waits) return 'again';
    problems.set(name, 'not-empty', 'It was deleted elsewhere, but there are files in it here that are not synced');
    return 'left';
  }

  async #removeIgnored(name: string): Promise<boolean> {
    const [look] = await this.#context.tree.look([name]);
    if (look === undefined || isTrouble(look)) return false;
    const [applied] = await this.#context.tree.apply([
      { change: 'delete', name, expected: look, displace: { to: 'history' } },
    ]);
    return applied !== undefined && !isTrouble(applied);
  }

  #revive(versions: Versions): Handled {
    const { local } = versions;
    if (local === undefined) return 'left';
    const others = versions.remotes.map((remote) => remote.record);
    this.#context.save([{ record: revival(local.record, others, this.#context.author()), look: local.look }]);
    return 'done';
  }
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
