/**
 * Disks that are mounted inside the folder. An unmounted one leaves an empty directory, or none, and everything on it looks
 * deleted. So the mount points that were ever seen are remembered (in the folder's notes, for a disk that is not there at the
 * next start), and while one of them is no mount point nothing at or below it is recorded or changed, until it is mounted
 * again or a person says of it, by its name, that it is gone (SPEC F2): who allows deletes that are held has not meant a disk.
 *
 * A mount point is a directory on another device than its parent; a directory of the same disk that is bound into the folder
 * is none, and its disappearance is that of its files.
 * @module
 */
import type { FileRecord } from '../../core/model/file-record.ts';
import { isBelow, parentOf } from '../../core/model/folder-path.ts';
import type { FileTree } from '../../ports/file-tree.ts';
import type { FolderRecords } from '../../ports/record-store.ts';
import type { Problem } from './problems.ts';

export const MOUNTS = 'mounts';
/** Disks that are gone for good, and up to which sequence number of ours that counts: what is recorded later is no longer on them. */
const GIVEN_UP = 'disks given up';
/** Of more the first are forgotten. */
const GIVEN_UP_MAX = 100;
const TEXT =
  'The disk that was mounted here is not. Nothing on it is taken for deleted. Mount it, or say "lanfold approve --disk", with its path, if it is gone for good';

export interface MountsContext {
  readonly tree: FileTree;
  readonly records: FolderRecords;
  /** One is mounted again, or is not waited for any more: what is below the directory is to be looked at. */
  readonly onChange: (directory: string) => void;
}

export class Mounts {
  readonly #context: MountsContext;
  readonly #known: Set<string>;
  readonly #away = new Set<string>();
  readonly #givenUp: Map<string, number>;
  readonly #listeners: ((directory: string) => void)[] = [];

  constructor(context: MountsContext) {
    this.#context = context;
    this.#known = new Set(JSON.parse(context.records.note(MOUNTS) ?? '[]') as string[]);
    this.#givenUp = new Map(JSON.parse(context.records.note(GIVEN_UP) ?? '[]') as [string, number][]);
  }

  /** Calls `listener` right before {@link MountsContext.onChange}. */
  whenBack(listener: (directory: string) => void): void {
    this.#listeners.push(listener);
  }

  /** A listing shows a mount point. */
  seen(name: string): void {
    if (this.#known.has(name)) return;
    // It was not gone for good after all: what is missing from it from now on is judged as on any disk.
    if (this.#givenUp.delete(name)) this.#saveGivenUp();
    this.#known.add(name);
    this.#save();
  }

  /** Asks whether one of the directories, or of those above them, is a mount point, for who comes to it by no listing. */
  async learn(directories: Iterable<string>): Promise<void> {
    const asked = new Set<string>();
    for (const directory of directories)
      for (let name = directory; name !== '' && !asked.has(name); name = parentOf(name)) asked.add(name);
    const names = [...asked].filter((name) => !this.#known.has(name));
    if (names.length === 0) return;
    const mounted = await this.#context.tree.mounted(names);
    for (const [index, name] of names.entries()) if (mounted[index] === true) this.seen(name);
  }

  /**
   * Asks which of them are mounted now. What was seen before and after it holds for what was seen in between, too: so deletes
   * are believed if the name was absent before, and is still.
   */
  async refresh(): Promise<void> {
    const names = [...this.#known];
    if (names.length === 0) return;
    const mounted = await this.#context.tree.mounted(names);
    for (const [index, name] of names.entries()) {
      if (!this.#known.has(name)) continue;
      if (mounted[index] === true) this.#isBack(name);
      else this.#isGone(name);
    }
  }

  /** Is the name on a disk that is not mounted, or the mount point itself? */
  isAway(name: string): boolean {
    return [...this.#away].some((mount) => name === mount || isBelow(name, mount));
  }

  /** Would the name's absence take something with it that is on a disk that is not mounted? */
  holds(name: string): boolean {
    return this.isAway(name) || [...this.#away].some((mount) => isBelow(mount, name));
  }

  /** Is the name a mount point, mounted or not, or is one below it? */
  hasIn(name: string): boolean {
    return [...this.#known].some((mount) => mount === name || isBelow(mount, name));
  }

  /** What waits for a person, or for a disk. */
  waiting(): Problem[] {
    return [...this.#away].sort().map((name) => ({ name, reason: 'not-mounted', text: TEXT }));
  }

  /**
   * A person says that the disk that was mounted here is gone for good.
   * @returns false when there is none that is missing.
   */
  approve(name: string): boolean {
    if (!this.#away.has(name)) return false;
    // In this order: killed in between, what was on it comes back, and is not deleted.
    this.#forget(name);
    this.#giveUp(name);
    this.#tell('');
    return true;
  }

  #giveUp(name: string): void {
    this.#givenUp.delete(name); // the last one comes last
    this.#givenUp.set(name, this.#context.records.maxSequence());
    this.#saveGivenUp();
  }

  #saveGivenUp(): void {
    const noted = [...this.#givenUp].slice(-GIVEN_UP_MAX);
    this.#context.records.setNote(GIVEN_UP, noted.length === 0 ? undefined : JSON.stringify(noted));
  }

  /** Was it on a disk of which a person has said that it is gone? Then that is why it is missing. */
  isGivenUp({ name, sequence }: FileRecord): boolean {
    return [...this.#givenUp].some(([mount, upTo]) => sequence <= upTo && (name === mount || isBelow(name, mount)));
  }

  #isBack(name: string): void {
    if (!this.#away.delete(name)) return;
    this.#tell(name);
  }

  #tell(directory: string): void {
    for (const listener of this.#listeners) listener(directory);
    this.#context.onChange(directory);
  }

  #isGone(name: string): void {
    const { records } = this.#context;
    if (this.#away.has(name)) return;
    const isOurs = records.local(name)?.record.deleted === false || records.below(name, '', 1).length > 0;
    if (isOurs) {
      this.#away.add(name);
    } else {
      this.#forget(name); // nothing of it was ever synced, or all was deleted while it was mounted
    }
  }

  #forget(name: string): void {
    this.#known.delete(name);
    this.#away.delete(name);
    this.#save();
  }

  #save(): void {
    const { records } = this.#context;
    records.setNote(MOUNTS, this.#known.size === 0 ? undefined : JSON.stringify([...this.#known].sort()));
  }
}
