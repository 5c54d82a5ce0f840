/**
 * The index exchange of one conversation: of every folder that both ends share, this device tells its index and keeps what the far end
 * tells of its own (bep.md §4.1, R14).
 * @module
 */
import type { FileRecord } from '../../core/model/file-record.ts';
import type { ClusterConfig, Index } from '../../core/wire/messages.ts';
import type { Edges } from '../edges.ts';
import type { Folder } from '../folder/folder.ts';
import { IndexJoints } from './index-joints.ts';
import { bodyOf, endOf, IndexSender, type IndexPart, type SharedIndex } from './index-sender.ts';
import { agree, isSame, toldIn, type Parties, type Told } from './index-terms.ts';
import { keepInParts } from './keeping.ts';
import type { Link } from './link.ts';
import type { Silence } from './silence.ts';
import { toldRecords } from './told-records.ts';

/** What the exchange needs of its conversation. */
export interface ExchangeHost {
  readonly edges: Pick<Edges, 'clock' | 'log' | 'device'>;
  /** Raw ID of the far end's device. */
  readonly device: Uint8Array;
  /** Its short ID. */
  readonly peer: bigint;
  readonly link: Pick<Link, 'send'>;
  readonly silence: Pick<Silence, 'watch'>;
  /** Has the far end said that it is a lanfold? */
  isLanfold(): boolean;
  /** Folders that are shared with the far end and open. */
  folders(): Folder[];
  sendConfig(): void;
  /** Resolves when the far end can take more. */
  drained(): Promise<void>;
  /** Of a folder that is shared no longer, or anew, nothing that was asked for is waited for. */
  giveUp(folderId: string): void;
  /** Our index of a folder has a new ID. */
  renewed(folderId: string): void;
  /** Something failed here: the conversation ends. */
  fail(cause: unknown): void;
  /** What the far end says is malformed: the conversation ends. */
  refuse(fault: string): void;
  guarded(run: () => void): void;
}

export class IndexExchange {
  readonly #host: ExchangeHost;
  readonly #shared = new Map<string, SharedIndex>();
  readonly #joints = new IndexJoints();
  /** Folders that the last cluster config we sent has named; undefined before the first. */
  #offered: ReadonlySet<string> | undefined;
  /** What the far end said last of the indexes. */
  #told: readonly Told[] = [];
  /** This conversation carries the indexes. */
  #isActive = false;

  constructor(host: ExchangeHost) {
    this.#host = host;
  }

  /** True once a cluster config was sent. */
  get hasOffered(): boolean {
    return this.#offered !== undefined;
  }

  /** True when both sides share the folder on this conversation. */
  serves(folderId: string): boolean {
    return this.#shared.has(folderId);
  }

  /** A cluster config that names these folders is about to be sent. */
  offers(folderIds: ReadonlySet<string>): void {
    this.#joints.offers(this.#offered, folderIds);
    this.#offered = folderIds;
  }

  /** The far end has sent its cluster config. @returns whether it says something new, so that each exchange begins anew. */
  hears(config: ClusterConfig): boolean {
    const before = this.#told;
    this.#isActive = true;
    this.#told = toldIn(config, this.#parties);
    return !isSame(before, this.#told) || [...this.#shared.values()].some(({ sender }) => sender.hasTold);
  }

  /** There may be more to tell of a folder. */
  wake(folderId: string): void {
    this.#shared.get(folderId)?.sender.wake();
  }

  /** Another conversation carries the indexes from now on. */
  stop(): void {
    this.#isActive = false;
    this.#told = [];
    for (const id of [...this.#shared.keys()]) this.unshare(id);
  }

  /** The conversation has ended. @param tell runs what must not fail. */
  end(tell: (run: () => void) => void): void {
    for (const { folder } of this.#shared.values()) tell(() => folder.admission.peerLeft(this.#host.peer));
    this.stop();
  }

  /** The far end tells no more for now. */
  heardAll(): void {
    for (const { isHeard, folder } of this.#shared.values())
      if (!isHeard) this.#host.guarded(() => folder.admission.saysNoMore(this.#host.peer));
  }

  /**
   * Starts the exchange of every folder that both sides share by now, and ends that of those that they no longer do.
   * @param isFresh the far end has just said something new.
   */
  match(isFresh: boolean): void {
    if (!this.#isActive) return;
    const open = new Map(this.#host.folders().map((folder) => [folder.id, folder]));
    const both = this.#told.filter(({ id, isRunning }) => isRunning && open.has(id) && this.#offered?.has(id));
    const before = [...this.#shared.values()];
    for (const { folder, indexId } of before) {
      const isBoth = both.some(({ id }) => id === folder.id);
      // Who hears of a new index hears all of it at once, and never what comes next in it alone.
      const isRenewed = isBoth && indexId !== folder.records.indexId();
      if (!isBoth || isFresh || isRenewed) this.unshare(folder.id);
    }
    for (const theirs of both) {
      const folder = open.get(theirs.id);
      if (folder !== undefined && !this.#shared.has(theirs.id)) this.#share(folder, theirs, isFresh);
    }
    // Also those of the conversation before, which this one has taken the place of.
    for (const folder of new Set([...before.map((shared) => shared.folder), ...open.values()]))
      if (!this.#shared.has(folder.id)) folder.admission.peerLeft(this.#host.peer);
  }

  unshare(folderId: string): void {
    if (!this.#shared.has(folderId)) return;
    this.#shared.get(folderId)?.sender.stop();
    this.#shared.delete(folderId);
    this.#host.giveUp(folderId);
  }

  get #parties(): Parties {
    const { edges, device } = this.#host;
    return { own: edges.device, peer: device, log: edges.log };
  }

  #share(folder: Folder, told: Told, isFresh: boolean): void {
    const { peer } = this.#host;
    const terms = agree(folder, told, this.#parties, isFresh);
    if (terms === undefined) return;
    const isForgotten = this.#joints.isForgotten(folder.id, this.#held(folder));
    if (terms.isRenewed || terms.isDropped || isForgotten) this.#host.sendConfig();
    const { completeAt } = terms;
    const isHeard = this.#held(folder) >= completeAt;
    const sender = new IndexSender(folder, peer, terms.from, this.#host.isLanfold(), (part) => this.#send(part));
    this.#shared.set(folder.id, { folder, sender, indexId: folder.records.indexId(), completeAt, isHeard });
    if (terms.isRenewed) this.#host.renewed(folder.id);
    if (isHeard) folder.admission.peerHeard(peer);
    else this.#host.silence.watch();
    // Not before what was told last has left: each time that the far end has all told anew, a part more would wait to be sent.
    const telling = this.#host.drained().then(() => sender.run());
    telling.catch((cause: unknown) => this.#host.fail(cause));
    folder.pullSoon();
  }

  async #send(part: IndexPart): Promise<void> {
    this.#host.link.send(part.isFirst ? 'Index' : 'IndexUpdate', bodyOf(part));
    await this.#host.drained();
  }

  /**
   * Keeps what the far end tells.
   * @param replace it begins a full index.
   * @returns when it is taken, if that has to wait: a name of it is being put in place.
   */
  take(index: Index, replace: boolean): Promise<void> | undefined {
    const { edges, peer } = this.#host;
    // Also of a folder that the peer has paused: it may go on to tell before it says so, and it tells each thing only once.
    const isOffered = this.#isActive && this.#offered?.has(index.folder) === true;
    const folder = this.#host.folders().find(({ id }) => isOffered && id === index.folder);
    if (folder === undefined) return undefined; // told before it heard that we stopped sharing; of no use now
    if (replace) this.#joints.begins(index.folder);
    else if (this.#joints.isRest(index.folder, this.#held(folder))) return undefined;
    const told = toldRecords(index, edges.log);
    if ('fault' in told) {
      this.#host.refuse(told.fault);
      return undefined;
    }
    const kept = keepInParts(told, {
      clock: edges.clock,
      untilFree: (part) => folder.untilFree(part),
      isWanted: () => this.#isActive && this.#host.folders().includes(folder),
      held: () => folder.records.remoteIndex(peer),
      keep: (part, isFirst) => this.#keep(folder, part, replace && isFirst, endOf(index)),
    });
    return kept?.catch((cause: unknown) => this.#host.fail(cause));
  }

  #held({ records }: Folder): number {
    return records.remoteIndex(this.#host.peer).maxSequence;
  }

  /** @param end nothing is told up to this number any more. */
  #keep(folder: Folder, records: readonly FileRecord[], replace: boolean, end: number): void {
    const { peer } = this.#host;
    if (replace) folder.admission.tellsAnew(peer);
    folder.receiveIndex(peer, records, replace);
    const shared = this.#shared.get(folder.id);
    if (shared === undefined) this.#joints.tellsEarly(folder.id);
    if (shared === undefined || (shared.isHeard && !replace)) return;
    shared.isHeard = Math.max(this.#held(folder), end) >= shared.completeAt;
    if (shared.isHeard) folder.admission.peerHeard(peer);
    else this.#host.silence.watch();
  }
}
