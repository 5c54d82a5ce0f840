/**
 * Takes what peers say of their records, and says at once what has to be said to it.
 * @module
 */
import { lacks } from '../core/index/newest.ts';
import type { FileRecord, LocalRecord } from '../core/model/file-record.ts';
import { counterOf } from '../core/model/version-vector.ts';
import { mustRevive } from '../core/reconcile/decide.ts';
import { disowned, revival } from '../core/scan/changes.ts';
import { isLeftover } from '../core/scan/provisional.ts';
import type { PeerKey } from '../ports/record-store.ts';
import type { FolderContext } from './folder-context.ts';

const DAY_S = 86_400;

export class IndexReceiver {
  readonly #context: FolderContext;
  readonly #device: bigint;

  /** @param device short ID of this device. */
  constructor(context: FolderContext, device: bigint) {
    this.#context = context;
    this.#device = device;
  }

  receive(peer: PeerKey, told: readonly FileRecord[], replace: boolean): void {
    const believed = told.filter((record) => this.#isBelievable(record));
    this.#context.records.saveRemote(peer, believed, replace);
    const answers = believed.flatMap((theirs) => this.#answerTo(theirs));
    if (answers.length > 0) this.#context.save(answers);
  }

  /** A counter of ours that we never gave out would make our later edits lose for ever: not believed (R10). */
  #isBelievable(record: FileRecord): boolean {
    const { clock, records, problems } = this.#context;
    const claimed = counterOf(record.version, this.#device);
    if (claimed <= BigInt(Math.floor(clock.nowMs() / 1000) + DAY_S)) return true;
    const own = records.local(record.name)?.record;
    if (own !== undefined && counterOf(own.version, this.#device) >= claimed) return true;
    problems.set(record.name, 'false-version', 'A peer announced it with a version that this computer never made');
    return false;
  }

  #answerTo(theirs: FileRecord): LocalRecord[] {
    const local = this.#context.records.local(theirs.name);
    if (local?.look === undefined) return [];
    if (this.#context.isProvisional()) {
      const hash = this.#context.digest(local.record.blocks);
      if (isLeftover(local.record, local.look, theirs, hash)) {
        return [{ record: disowned(local.record), look: local.look }];
      }
    }
    // Only for the version that wins: for an outdated one its successor speaks, where that is.
    if (!mustRevive(local.record, theirs) || lacks(local.record, this.#context.records.newest(theirs.name))) return [];
    return [{ record: revival(local.record, [theirs], this.#context.author()), look: local.look }];
  }
}
