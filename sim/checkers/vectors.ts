/**
 * I5: what a node has of a name only moves forward in the order that all nodes share, and no two contents ever have the same
 * version.
 *
 * Forward: the new version has seen the old one, or the two are concurrent and the new one wins (its vector is taken over
 * as it is, not merged).
 * @module
 */
import { hash } from 'node:crypto';
import { compareRecords } from '../../src/core/index/newest.ts';
import type { FileRecord } from '../../src/core/model/file-record.ts';
import { compareVersions, type VersionVector } from '../../src/core/model/version-vector.ts';
import type { Report } from './violation.ts';
import { versionText } from './version-text.ts';

export class Vectors {
  readonly #report: Report;
  /** By name: every version that any node has saved. */
  readonly #made = new Map<string, VersionVector[]>();
  /** By `<node> <name>`: the node's own record. */
  readonly #own = new Map<string, FileRecord>();
  /** Nodes that need not keep the order, ever: only the meaning of their versions counts. */
  readonly #ownOrder = new Set<string>();
  /** Nodes that need not keep it just now. */
  readonly #free = new Set<string>();
  /** By `<name> <version>`: what it stands for, and who said so first. */
  readonly #meanings = new Map<string, { readonly meaning: string; readonly node: string }>();

  constructor(report: Report) {
    this.#report = report;
  }

  saved(node: string, record: FileRecord): void {
    // What is damaged is out of the race: what lost against it may win now.
    if (record.invalid || record.version.length === 0) this.#own.delete(`${node} ${record.name}`);
    // A record without a version has no claim to anything: it was found, and nobody made it.
    if (record.version.length === 0 || record.invalid) return;
    const made = this.#made.get(record.name) ?? [];
    this.#made.set(record.name, [...made, record.version]);
    this.#checkForward(node, record);
    this.#checkMeaning(node, record);
  }

  /** The node forgot its own records of these names. */
  forgot(node: string, names: readonly string[]): void {
    for (const name of names) this.#own.delete(`${node} ${name}`);
  }

  /**
   * The node lost its records, or has older ones now. What it makes of its disk alone it takes back as soon as a peer knows
   * better, so until all is at rest only the meaning of its versions counts.
   */
  lostRecords(node: string): void {
    this.#free.add(node);
  }

  /** The node has rules of its own for which of two versions wins. */
  hasOwnOrder(node: string): void {
    this.#ownOrder.add(node);
  }

  /** Nothing moves any more: everybody knows what there is to know. */
  atRest(): void {
    this.#free.clear();
  }

  #checkForward(node: string, record: FileRecord): void {
    const key = `${node} ${record.name}`;
    const before = this.#own.get(key);
    this.#own.set(key, record);
    if (this.#free.has(node) || this.#ownOrder.has(node)) return;
    if (before === undefined || compareVersions(record.version, before.version) === 'newer') return;
    if (compareVersions(record.version, before.version) !== 'older' && compareRecords(record, before) >= 0) return;
    // Somebody has gone on from the version before, so that it is out of the race; a concurrent one may win now.
    if (compareVersions(record.version, before.version) === 'concurrent' && this.#isOutdated(record.name, before))
      return;
    const [from, to] = [versionText(before.version), versionText(record.version)];
    this.#report({ rule: 'I5', text: `${record.name} on ${node} went back from ${from} to ${to}` });
  }

  #isOutdated(name: string, before: FileRecord): boolean {
    return (this.#made.get(name) ?? []).some((version) => compareVersions(version, before.version) === 'newer');
  }

  #checkMeaning(node: string, record: FileRecord): void {
    const key = `${record.name} ${versionText(record.version)}`;
    const meaning = meaningOf(record);
    const known = this.#meanings.get(key);
    if (known === undefined) this.#meanings.set(key, { meaning, node });
    else if (known.meaning !== meaning) {
      const text = `${key} is ${known.meaning} for ${known.node} and ${meaning} for ${node}`;
      this.#report({ rule: 'I5', text });
    }
  }
}

function meaningOf(record: FileRecord): string {
  if (record.deleted) return 'a delete';
  const permissions = record.noPermissions ? '' : record.permissions.toString(8);
  switch (record.type) {
    case 'file': {
      const blocks = hash('sha1', record.blocks, 'hex');
      return `a file of ${record.size} bytes ${blocks} ${permissions} ${record.modifiedNs}`;
    }
    case 'symlink':
      return `a symlink to ${Buffer.from(record.symlinkTarget).toString()}`;
    case 'directory':
    default:
      return `a directory ${permissions}`;
  }
}
