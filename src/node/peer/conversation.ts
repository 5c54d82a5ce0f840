/**
 * One conversation with one trusted device, on one connection.
 *
 *   hello ⇄ hello → cluster config ⇄ cluster config → indexes and their updates, requests and responses, pings
 *
 * A connection may turn out to be a further one beside the main one (`secondary`): then only requests are served on it. The
 * far end is trusted with the content of the folders, and with nothing else: everything it sends is bounded and checked, and
 * what is malformed ends this conversation and nothing more.
 * @module
 */
import type { FileRecord } from '../../core/model/file-record.ts';
import { shortId } from '../../core/model/device-id.ts';
import type { ClusterConfig, Hello, Index } from '../../core/wire/messages.ts';
import { sleep } from '../../ports/clock.ts';
import type { Address, Stream } from '../../ports/network.ts';
import type { Folder } from '../folder/folder.ts';
import type { ConversationHost } from './conversation-host.ts';
import { CLIENT_NAME, helloOf, type Greeting } from './greeting.ts';
import { HeldTeller } from './held-elsewhere.ts';
import { bodyOf, IndexSender, type IndexPart, type SharedIndex } from './index-sender.ts';
import { agree, isSame, toldIn, type Parties, type Told } from './index-terms.ts';
import { Introduction } from './introduction.ts';
import { KEEP_ALIVE, KeepAlive } from './keep-alive.ts';
import { keepInParts } from './keeping.ts';
import { Link, type Received } from './link.ts';
import { withWords, type FolderDraft } from './own-config.ts';
import { costOfConfig, costOfIndex, type Pace } from './pace.ts';
import { Requests } from './requests.ts';
import { Server } from './server.ts';
import { Silence } from './silence.ts';
import type { BlockWanted, Source } from './sources.ts';
import { unfailing } from '../unfailing.ts';
import { toldRecords } from './told-records.ts';

export class Conversation implements Source {
  readonly device: Uint8Array;
  readonly peer: bigint;
  readonly startedMs: number;
  readonly #host: ConversationHost<Conversation>;
  readonly #stream: Stream;
  readonly #link: Link;
  readonly #requests: Requests;
  readonly #server: Server;
  readonly #held: HeldTeller;
  readonly #shared = new Map<string, SharedIndex>();
  /** Folders that were not shared for a while: of the exchange before something may still be on its way. */
  readonly #brokenOff = new Set<string>();
  /** Folders that the last cluster config we sent has named; undefined before the first. */
  #offered: ReadonlySet<string> | undefined;
  #greeting: Greeting | undefined;
  /** The far end sent a cluster config, of whatever kind. */
  #isConfigured = false;
  #isSecondary = false;
  /** Carries the indexes. */
  #isActive = false;
  /** What the far end said last of the indexes. */
  #told: readonly Told[] = [];
  #ended = false;
  #hasFarewell = false;
  readonly #introduction: Introduction;
  readonly #keepAlive: KeepAlive;
  readonly #silence: Silence;

  constructor(stream: Stream, host: ConversationHost<Conversation>) {
    this.device = stream.device;
    this.peer = shortId(stream.device);
    this.#host = host;
    this.#stream = stream;
    this.startedMs = host.edges.clock.monotonicMs();
    this.#requests = new Requests(host.edges.clock);
    this.#link = new Link(stream, host.edges.clock, {
      heard: (bytes) => this.#hear(bytes),
      received: (message) => this.#guarded(() => this.#receive(message)),
      closed: (reason) => this.#end(reason),
    });
    this.#server = new Server({
      link: this.#link,
      stream,
      folder: (folderId) => host.foldersFor(this.device).find(({ id }) => id === folderId),
      isEnded: () => this.#ended,
    });
    this.#held = new HeldTeller(this.#link);
    this.#link.sendHello(helloOf(host.name, host.twins.runId, host.stamps.next(host.edges.clock.nowMs())));
    this.#introduction = new Introduction(host.edges.clock, (reason) => stream.destroy(reason));
    this.#silence = new Silence(host.edges.clock, this.#link, () => this.#heardAll());
    this.#keepAlive = new KeepAlive(
      host.edges.clock,
      () => this.#link.send('Ping', {}),
      () => stream.destroy('the peer is silent'),
    );
  }

  get remote(): Address {
    return this.#stream.remote;
  }

  get isDialled(): boolean {
    return this.#stream.dialled;
  }

  /** True once the far end has said what it shares. */
  get isConfigured(): boolean {
    return this.#isConfigured;
  }

  /** Undefined until the far end has said who it is. */
  get greeting(): Greeting | undefined {
    return this.#greeting;
  }

  get farStamp(): bigint {
    return this.#greeting?.timestamp ?? 0n;
  }

  /** True when the far end said that it is a lanfold. */
  get isLanfold(): boolean {
    return this.#greeting?.clientName === CLIENT_NAME;
  }

  /** True while the far end keeps this conversation for requests only. */
  get isSecondary(): boolean {
    return this.#isSecondary;
  }

  get pendingBytes(): number {
    return this.#requests.pendingBytes;
  }

  /** True when both sides share the folder on this conversation. */
  serves(folderId: string): boolean {
    return this.#shared.has(folderId);
  }

  request(folderId: string, { record, index, offset, bytes, hash }: BlockWanted): Promise<Uint8Array | undefined> {
    if (this.#ended) return Promise.resolve(undefined);
    return this.#requests.open(folderId, bytes, (id) => {
      const { name } = record;
      this.#link.send('Request', { id, folder: folderId, name, offset, size: bytes, hash, blockNumber: index });
    });
  }

  /** A folder has new records, or another state. */
  announce(folderId: string): void {
    this.#shared.get(folderId)?.sender.wake();
    this.#tellHeld();
  }

  /** Says anew which folders are shared; the far end answers with an index exchange where something changed. */
  sendClusterConfig(): void {
    if (this.#ended || (this.#offered === undefined && !this.#isSecondary)) return;
    this.#sendConfig();
    if (this.#isActive) this.#match(false);
    this.#tellHeld();
  }

  /** A folder's index has a new ID: says so, and tells all of it. */
  retell(folderId: string): void {
    if (this.#shared.has(folderId)) this.#unshare(folderId);
    this.sendClusterConfig();
  }

  /** Tells the far end that it, or this device, is a member of a folder no longer. Only a lanfold knows what that is. */
  sendFarewell(folder: FolderDraft): void {
    if (this.#ended || this.#offered === undefined || !this.isLanfold) return;
    this.#link.send('ClusterConfig', withWords(this.#host.configFor(this), [folder]));
    this.#hasFarewell = true;
  }

  /** What waits for a person here, if that has changed. */
  #tellHeld(): void {
    if (!this.#ended && this.#isActive && this.isLanfold) this.#held.tell(this.#host.foldersFor(this.device));
  }

  /** Another conversation carries the indexes from now on. */
  stopIndexes(): void {
    this.#isActive = false;
    this.#told = [];
    for (const id of [...this.#shared.keys()]) this.#unshare(id);
  }

  /** Says why and goes. */
  close(reason: string): void {
    if (this.#ended) return;
    this.#link.close(reason, this.#hasFarewell);
    this.#end(reason);
  }

  /** Also part of a message is a sign of life: a large block takes its time on a slow network. */
  #hear(bytes: number): void {
    this.#keepAlive.heard();
    this.#silence.heard();
    this.#requests.heard(bytes);
  }

  /** What fails here (a full disk under the records, say) ends this conversation, never the process. */
  #guarded<T>(run: () => T): T | undefined {
    try {
      return run();
    } catch (cause) {
      this.#fail(cause);
      return undefined;
    }
  }

  #receive(message: Received): Promise<void> | undefined {
    if (this.#ended) return undefined;
    if (message.type === 'Hello') {
      this.#greet(message.body);
      return undefined;
    }
    if (!this.#isConfigured && message.type !== 'ClusterConfig' && message.type !== 'Close') {
      this.#stream.destroy('the peer did not begin with its cluster config');
      return undefined;
    }
    switch (message.type) {
      case 'ClusterConfig':
        return this.#inTurn(this.#host.paces.configs, costOfConfig(message.body, !this.#isConfigured), () =>
          this.#configure(message.body),
        );
      case 'Index':
        return this.#indexInTurn(message.body, true);
      case 'IndexUpdate':
        return this.#indexInTurn(message.body, false);
      case 'Request':
        void this.#server.serve(message.body).catch((cause: unknown) => this.#fail(cause));
        break;
      case 'Response':
        this.#requests.answer(message.body.id, message.body.code === 0 ? message.body.data : undefined);
        break;
      case 'Close':
        this.#stream.destroy(`the peer closed: ${message.body.reason}`);
        break;
      case 'Ping':
        this.#host.pinged(this, message.body);
        break;
    }
    return undefined;
  }

  #greet(hello: Hello): void {
    this.#greeting = hello;
    this.#introduction.greeted();
    if (this.#host.greeted(this, hello) && !this.#ended) this.#sendConfig();
  }

  /** @returns when it is taken, if it comes faster than it may. */
  #inTurn(pace: Pace, cost: number, take: () => Promise<void> | undefined): Promise<void> | undefined {
    const { clock } = this.#host.edges;
    const waitMs = pace.waitMs(this.peer, cost, clock.monotonicMs());
    if (waitMs === 0) return take();
    this.#requests.excuse(waitMs);
    return sleep(clock, waitMs).then(() => (this.#ended ? undefined : this.#guarded(take)));
  }

  #indexInTurn(index: Index, replace: boolean): Promise<void> | undefined {
    const take = (): Promise<void> | undefined => this.#takeIndex(index, replace);
    return this.#silence.taking(this.#inTurn(this.#host.paces.indexes, costOfIndex(index), take));
  }

  #configure(config: ClusterConfig): undefined {
    if (!this.#isConfigured) {
      this.#isConfigured = true;
      this.#link.raiseLimits();
      this.#introduction.done();
      this.#keepAlive.start(this.isLanfold ? KEEP_ALIVE.lanfold : KEEP_ALIVE.other);
    }
    this.#isSecondary = config.secondary;
    if (config.secondary) {
      this.#link.send('ClusterConfig', { secondary: true });
      return;
    }
    this.#isActive = true;
    this.#host.configured(this, config);
    if (this.#ended) return;
    const before = this.#told;
    this.#told = toldIn(config, this.#parties);
    if (this.#offered === undefined) this.#sendConfig();
    const isNews = !isSame(before, this.#told) || [...this.#shared.values()].some(({ sender }) => sender.hasTold);
    this.#match(isNews);
    this.#tellHeld();
    // Anything but silence: an answer spares the far end the wait for our delayed acknowledgement (bep.md §1.4).
    this.#link.send('Ping', {});
  }

  /** Starts the index exchange of every folder that both sides share by now, and ends that of those that they no longer do. */
  #match(isFresh: boolean): void {
    const open = new Map(this.#host.foldersFor(this.device).map((folder) => [folder.id, folder]));
    const both = this.#told.filter(({ id, isRunning }) => isRunning && open.has(id) && this.#offered?.has(id));
    const before = [...this.#shared.values()].map(({ folder }) => folder);
    // Of a new word of the far end each index exchange begins anew.
    for (const { id } of before) {
      const isBoth = both.some((theirs) => theirs.id === id);
      if (!isBoth) this.#brokenOff.add(id);
      if (!isBoth || isFresh) this.#unshare(id);
    }
    for (const theirs of both) {
      const folder = open.get(theirs.id);
      if (folder !== undefined && !this.#shared.has(theirs.id)) this.#share(folder, theirs, isFresh);
    }
    // Also those of the conversation before, which this one has taken the place of.
    for (const folder of new Set([...before, ...open.values()]))
      if (!this.#shared.has(folder.id)) folder.admission.peerLeft(this.peer);
  }

  get #parties(): Parties {
    return { own: this.#host.edges.device, peer: this.device, log: this.#host.edges.log };
  }

  #share(folder: Folder, told: Told, isFresh: boolean): void {
    const terms = agree(folder, told, this.#parties, isFresh);
    if (terms === undefined) return;
    if (terms.isRenewed || terms.isDropped) this.#sendConfig();
    const isHeard = folder.records.remoteIndex(this.peer).maxSequence >= terms.completeAt;
    const sender = new IndexSender(folder, this.peer, terms.from, (part) => this.#sendPart(part));
    this.#shared.set(folder.id, { folder, sender, completeAt: terms.completeAt, isHeard });
    if (terms.isRenewed) this.#host.renewed(folder.id, this);
    if (isHeard) folder.admission.peerHeard(this.peer);
    else this.#silence.watch();
    // Not before what was told last has left: each time that the far end has all told anew, a part more would wait to be sent.
    const telling = this.#stream.drained().then(() => sender.run());
    telling.catch((cause: unknown) => this.#fail(cause));
    folder.pullSoon();
  }

  #unshare(folderId: string): void {
    this.#shared.get(folderId)?.sender.stop();
    this.#shared.delete(folderId);
    this.#requests.giveUp(folderId);
  }

  async #sendPart(part: IndexPart): Promise<void> {
    if (this.#ended) return;
    this.#link.send(part.isFirst ? 'Index' : 'IndexUpdate', bodyOf(part));
    await this.#stream.drained();
  }

  /** @returns when it is taken, if that has to wait: a name of it is being put in place. */
  #takeIndex(index: Index, replace: boolean): Promise<void> | undefined {
    // Also of a folder that the peer has paused: it may go on to tell before it says so, and it tells each thing only once.
    const isOffered = this.#isActive && this.#offered?.has(index.folder) === true;
    const folder = this.#host.foldersFor(this.device).find(({ id }) => isOffered && id === index.folder);
    if (folder === undefined) return undefined; // told before it heard that we stopped sharing; of no use now
    // Of an exchange that ended before this one began: all of it is told anew, and what comes later must not pass for all (R14).
    if (replace) this.#brokenOff.delete(index.folder);
    else if (this.#brokenOff.has(index.folder) && folder.records.remoteIndex(this.peer).maxSequence === 0)
      return undefined;
    const told = toldRecords(index, this.#host.edges.log);
    if ('fault' in told) {
      this.#stream.destroy(told.fault);
      return undefined;
    }
    const kept = keepInParts(told, {
      clock: this.#host.edges.clock,
      untilFree: (part) => folder.untilFree(part),
      isWanted: () => !this.#ended && this.#isActive && this.#host.foldersFor(this.device).includes(folder),
      held: () => folder.records.remoteIndex(this.peer),
      keep: (part, isFirst) => this.#keepIndex(folder, part, replace && isFirst),
    });
    return kept?.catch((cause: unknown) => this.#fail(cause));
  }

  #keepIndex(folder: Folder, records: readonly FileRecord[], replace: boolean): void {
    if (replace) folder.admission.tellsAnew(this.peer);
    folder.receiveIndex(this.peer, records, replace);
    const shared = this.#shared.get(folder.id);
    if (shared === undefined || (shared.isHeard && !replace)) return;
    shared.isHeard = folder.records.remoteIndex(this.peer).maxSequence >= shared.completeAt;
    if (shared.isHeard) folder.admission.peerHeard(this.peer);
    else this.#silence.watch();
  }

  #heardAll(): void {
    for (const { isHeard, folder } of this.#shared.values())
      if (!isHeard) this.#guarded(() => folder.admission.saysNoMore(this.peer));
  }

  #sendConfig(): void {
    this.#offered = new Set(this.#host.foldersFor(this.device).map((folder) => folder.id));
    this.#link.send('ClusterConfig', this.#host.configFor(this));
  }

  #fail(cause: unknown): void {
    if (this.#ended) return;
    this.#host.edges.log.warn({ cause: String(cause) }, 'a conversation failed');
    this.#stream.destroy('an error here');
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#introduction.done();
    this.#keepAlive.stop();
    this.#silence.stop();
    const tell = (run: () => void): void => unfailing(this.#host.edges.log, 'not all heard of the end', run);
    for (const { folder } of this.#shared.values()) tell(() => folder.admission.peerLeft(this.peer));
    for (const id of this.#shared.keys()) this.#unshare(id);
    this.#requests.giveUp();
    tell(() => this.#host.ended(this, reason));
  }
}
