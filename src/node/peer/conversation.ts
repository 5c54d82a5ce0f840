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
import { shortId } from '../../core/model/device-id.ts';
import type { ClusterConfig, Hello, Index } from '../../core/wire/messages.ts';
import { sleep } from '../../ports/clock.ts';
import type { Address, Stream } from '../../ports/network.ts';
import type { ConversationHost } from './conversation-host.ts';
import { IndexExchange, type ExchangeHost } from './index-exchange.ts';
import { CLIENT_NAME, helloOf, type Greeting } from './greeting.ts';
import { HeldTeller } from './held-elsewhere.ts';
import { Introduction } from './introduction.ts';
import { KEEP_ALIVE, KeepAlive } from './keep-alive.ts';
import { Link, type Received } from './link.ts';
import { withWords, type FolderDraft } from './own-config.ts';
import { costOfConfig, costOfIndex, type Pace } from './pace.ts';
import { Requests } from './requests.ts';
import { Server } from './server.ts';
import { Silence } from './silence.ts';
import type { BlockWanted, Source } from './sources.ts';
import { unfailing } from '../unfailing.ts';

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
  readonly #exchange: IndexExchange;
  #greeting: Greeting | undefined;
  /** The far end sent a cluster config, of whatever kind. */
  #isConfigured = false;
  #isSecondary = false;
  /** Carries the indexes. */
  #isActive = false;
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
    this.#silence = new Silence(host.edges.clock, this.#link, () => this.#exchange.heardAll());
    this.#exchange = new IndexExchange(this.#exchangeHost());
    this.#keepAlive = new KeepAlive(
      host.edges.clock,
      () => this.#link.send('Ping', {}),
      () => stream.destroy('the peer is silent'),
    );
  }

  #exchangeHost(): ExchangeHost {
    return {
      edges: this.#host.edges,
      device: this.device,
      peer: this.peer,
      link: this.#link,
      silence: this.#silence,
      isLanfold: () => this.isLanfold,
      folders: () => this.#host.foldersFor(this.device),
      sendConfig: () => this.#sendConfig(),
      drained: () => this.#stream.drained(),
      giveUp: (folderId) => this.#requests.giveUp(folderId),
      renewed: (folderId) => this.#host.renewed(folderId, this),
      fail: (cause) => this.#fail(cause),
      refuse: (fault) => this.#stream.destroy(fault),
      guarded: (run) => this.#guarded(run),
    };
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
    return this.#exchange.serves(folderId);
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
    this.#exchange.wake(folderId);
    this.#tellHeld();
  }

  /** Says anew which folders are shared; the far end answers with an index exchange where something changed. */
  sendClusterConfig(): void {
    // Where only requests are served, the far end says when it tells of indexes here: before that they would not be wanted.
    if (this.#ended || !this.#exchange.hasOffered || this.#isSecondary) return;
    this.#sendConfig();
    this.#exchange.match(false);
    this.#tellHeld();
  }

  /** A folder's index has a new ID: says so, and tells all of it. */
  retell(folderId: string): void {
    this.#exchange.unshare(folderId);
    this.sendClusterConfig();
  }

  /** Tells the far end that it, or this device, is a member of a folder no longer. Only a lanfold knows what that is. */
  sendFarewell(folder: FolderDraft): void {
    if (this.#ended || !this.#exchange.hasOffered || !this.isLanfold) return;
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
    this.#exchange.stop();
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
    const take = (): Promise<void> | undefined => this.#exchange.take(index, replace);
    return this.#silence.taking(this.#inTurn(this.#host.paces.indexes, costOfIndex(index), take));
  }

  #configure(config: ClusterConfig): undefined {
    if (!this.#isConfigured) {
      this.#isConfigured = true;
      this.#link.raiseLimits();
      this.#introduction.done();
      this.#keepAlive.start(this.isLanfold ? KEEP_ALIVE.lanfold : KEEP_ALIVE.other);
    }
    const wasSecondary = this.#isSecondary;
    this.#isSecondary = config.secondary;
    if (config.secondary) {
      this.#link.send('ClusterConfig', { secondary: true });
      return;
    }
    this.#isActive = true;
    this.#host.configured(this, config);
    if (this.#ended) return;
    const isNews = this.#exchange.hears(config);
    if (!this.#exchange.hasOffered || wasSecondary) this.#sendConfig();
    this.#exchange.match(isNews);
    this.#tellHeld();
    // Anything but silence: an answer spares the far end the wait for our delayed acknowledgement (bep.md §1.4).
    this.#link.send('Ping', {});
  }

  #sendConfig(): void {
    this.#exchange.offers(new Set(this.#host.foldersFor(this.device).map((folder) => folder.id)));
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
    this.#exchange.end(tell);
    this.#requests.giveUp();
    tell(() => this.#host.ended(this, reason));
  }
}
