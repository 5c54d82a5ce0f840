/**
 * The watched directories, as a tree, so that letting go of a directory costs what is below it and not the whole tree.
 *
 * A directory never moves in here: a renamed one is dropped and armed anew under its new name. Moving it would be quicker
 * and wrong, because a directory made below it just before the rename is not watched yet, and its old path is gone.
 * @module
 */
import { baseName, joinName } from '../../core/model/folder-path.ts';

/** `Handle` is what the back end needs to end the watch. */
export class WatchedDirectory<Handle> {
  /** Relative to the root; the root is ''. */
  readonly name: string;
  readonly handle: Handle;
  readonly parent: WatchedDirectory<Handle> | undefined;
  /** By their own names. Undefined while there are none: most directories are leaves, and a Map is not small. */
  #children: Map<string, WatchedDirectory<Handle>> | undefined;

  constructor(name: string, handle: Handle, parent?: WatchedDirectory<Handle>) {
    this.name = name;
    this.handle = handle;
    this.parent = parent;
  }

  child(base: string): WatchedDirectory<Handle> | undefined {
    return this.#children?.get(base);
  }

  /** What stood under that name must be taken out before. */
  add(base: string, handle: Handle): WatchedDirectory<Handle> {
    const child = new WatchedDirectory(joinName(this.name, base), handle, this);
    this.#children ??= new Map();
    this.#children.set(base, child);
    return child;
  }

  /** Takes this directory out of the tree; hands out the handles of it and of all below it. */
  takeOut(): Handle[] {
    const siblings = this.parent === undefined ? undefined : this.parent.#children;
    const base = baseName(this.name);
    if (siblings?.get(base) === this) siblings.delete(base);
    const handles: Handle[] = [];
    const stack: WatchedDirectory<Handle>[] = [this];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      handles.push(next.handle);
      for (const child of next.#children?.values() ?? []) stack.push(child);
    }
    return handles;
  }

  /** The directory under a name relative to this one. */
  find(name: string): WatchedDirectory<Handle> | undefined {
    if (name === '') return this;
    return name.split('/').reduce<WatchedDirectory<Handle> | undefined>((at, base) => at?.child(base), this);
  }

  /** True for the other itself too. */
  isAtOrAbove(other: WatchedDirectory<Handle>): boolean {
    for (let at: WatchedDirectory<Handle> | undefined = other; at !== undefined; at = at.parent) {
      if (at === this) return true;
    }
    return false;
  }
}
