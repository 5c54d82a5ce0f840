/**
 * Files whose bytes changed although no look shows it: a disk that forgets, or a program that sets all times back (R4).
 *
 * Such a file stays as it is, and is not announced: it may be the only copy, and is no edit. It stays listed until it is mended
 * or something else ({@link DamageList}). Once a peer has the recorded version, our record gives up its claim, and the
 * puller brings the good content as it brings any other: whole, and with what stood here moved into the history.
 * @module
 */
import { sameBytes, sameLook, type LocalRecord } from '../../core/model/file-record.ts';
import { damaged, type Sighting } from '../../core/scan/changes.ts';
import { isTrouble } from '../../ports/file-tree.ts';
import type { Damaged } from './damage-list.ts';
import type { FolderContext } from './folder-context.ts';

/** What it needs of the folder; `save` is not there while nothing runs, and then no record gives up its claim. */
export type DamageContext = Pick<
  FolderContext,
  'id' | 'log' | 'tree' | 'records' | 'problems' | 'damageList' | 'busy'
> &
  Partial<Pick<FolderContext, 'save' | 'pullSoon'>>;

const CHANGED = 'Its bytes changed although nothing wrote to it: the disk may be failing';
const FOUND = `${CHANGED}. Where another computer has it whole, "lanfold repair" brings that`;
export const ALONE = `${CHANGED}. No other computer has it whole. Put a good copy in its place, or save it again to keep it as it is`;
const REPLACED = `${CHANGED}. It waits for a good copy from another computer; what is here goes to the history`;

export class Damage {
  readonly #context: DamageContext;

  constructor(context: DamageContext) {
    this.#context = context;
  }

  /**
   * A read showed other bytes than are recorded. Lists the file if that is damage.
   * @returns false for an edit, or a change of ours, that came in between.
   */
  async doubt(local: LocalRecord): Promise<boolean> {
    return typeof (await this.#doubt(local)) !== 'string';
  }

  /** Lists what is damaged, gives up what a peer has whole, and forgets what is something else by now. */
  async judge(): Promise<void> {
    const { records, problems, damageList } = this.#context;
    for (const { name } of damageList.all()) {
      const found = damageList.of(name); // another, if it was found anew meanwhile
      const local = records.local(name);
      if (found === undefined || (local !== undefined && damageList.isGivenUp(local.record))) continue;
      const content = local === undefined ? 'right' : isAsFound(found, local) ? 'known' : await this.#doubt(local);
      // Where it cannot be told just now, it stays listed if its record is about the same bytes.
      const isOver = content === 'right' || (content === 'unsure' && local?.record.sequence !== found.sequence);
      if (local === undefined || isOver) this.#forget(name);
      else if (content === 'unsure') continue;
      else if (records.holders(local.record).length === 0) problems.set(name, 'damaged', ALONE, 'told');
      else await this.#giveUp(local);
    }
  }

  /** Is a listed file still damaged? One that is something else by now is forgotten, an edit by who records it. */
  async isStill(name: string): Promise<boolean> {
    const found = this.#context.damageList.of(name);
    const local = this.#context.records.local(name);
    const isListed = local !== undefined && found?.sequence === local.record.sequence;
    const content = isListed ? await this.#content(local) : 'right';
    if (content === 'right') this.#forget(name);
    return typeof content !== 'string';
  }

  /** Lets a listed file be replaced by the good copy that a peer has. @returns false when it is something else by now. */
  async giveUp(name: string): Promise<boolean> {
    const local = this.#context.records.local(name);
    return local !== undefined && (await this.#giveUp(local));
  }

  async #doubt(local: LocalRecord): Promise<Sighting | 'right' | 'unsure'> {
    const { name, sequence } = local.record;
    const content = await this.#content(local);
    if (typeof content === 'string') return content;
    this.#context.log.warn({ folder: this.#context.id, name }, 'a file has other bytes than were recorded');
    this.#context.problems.set(name, 'damaged', FOUND, 'told');
    this.#context.damageList.add([{ name, sequence, changedNs: changedNsOf(local) }]);
    return content;
  }

  async #giveUp(local: LocalRecord): Promise<boolean> {
    const { name } = local.record;
    const found = await this.#content(local);
    if (found === 'right') this.#forget(name);
    if (typeof found === 'string' || this.#context.save === undefined) return false;
    this.#context.save([{ record: damaged(local.record, found), look: local.look }]);
    this.#context.damageList.addGivenUp([name]);
    this.#context.problems.set(name, 'damaged', REPLACED, 'told');
    this.#context.pullSoon?.();
    return true;
  }

  /**
   * What is there instead, if no look and no record tells of it. `unsure`: it cannot be read, or shows another look than is recorded:
   * it may be an edit, a delete, or no more than other permissions. Who records that judges it, and needs to know what was found.
   */
  async #content({ record, look }: LocalRecord): Promise<Sighting | 'right' | 'unsure'> {
    const { records, tree, busy } = this.#context;
    const [hashed] = await tree.hash([{ name: record.name, blockSizeBefore: record.blockSize }]);
    if (hashed === undefined || isTrouble(hashed)) return 'unsure';
    if (sameBytes(hashed.blocks, record.blocks)) return 'right';
    const isStill = records.local(record.name)?.record.sequence === record.sequence && !busy.has(record.name);
    if (!isStill || !sameLook(look, hashed.before) || !sameLook(look, hashed.after)) return 'unsure';
    return { look: { ...hashed.after, type: 'file' }, blockSize: hashed.blockSize, blocks: hashed.blocks };
  }

  #forget(name: string): void {
    const { problems, damageList } = this.#context;
    damageList.remove([name]);
    if (problems.of(name)?.reason === 'damaged') problems.clear(name);
  }
}

function isAsFound(found: Damaged, local: LocalRecord): boolean {
  return local.record.sequence === found.sequence && changedNsOf(local) === found.changedNs;
}

function changedNsOf({ look }: LocalRecord): string {
  return String(look?.changedNs);
}
