/**
 * A time in which one device that nobody trusts yet may be accepted, as the node's end of `lanfold pair --syncthing` keeps it.
 *
 *   open ─→ a stranger ─→ request ─ yes ─→ accepted ─→ its folders come as offers
 *                           └─ no ─→ the next stranger may ask
 *
 * Never two requests at a time, and none after one was accepted: who comes meanwhile is named and nothing more.
 * @module
 */
import { LanfoldError, type FolderOffer, type Node, type PairRequest, type PeerStatus } from '../../index.ts';

export type DeviceNews =
  /** To be answered. */
  | { readonly is: 'request'; readonly id: string; readonly address: string }
  /** Another one, which is not asked about. */
  | { readonly is: 'other'; readonly id: string; readonly address: string }
  | { readonly is: 'offer'; readonly offer: FolderOffer }
  /** The last. */
  | { readonly is: 'closed' };

export interface DeviceSessionOptions {
  /** IDs of the folders that are shared with the device. */
  readonly folders: readonly string[];
  /** Only this one may ask. */
  readonly device?: string;
}

const OPEN_MS = 120_000;
/** More strangers than that are somebody's game. */
const OTHERS_MAX = 20;

export class DeviceSession {
  readonly #node: Node;
  readonly #options: DeviceSessionOptions;
  readonly #news: DeviceNews[] = [];
  readonly #refused = new Set<string>();
  readonly #others = new Set<string>();
  #request: PairRequest | undefined;
  #accepted: string | undefined;
  #isOffered = false;
  #isClosed = false;
  #untilMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #wake: () => void = () => {};
  readonly #onRequest = (request: PairRequest): void => this.#consider(request);
  readonly #onOffer = (offer: FolderOffer): void => this.#hear(offer);

  constructor(node: Node, options: DeviceSessionOptions) {
    this.#node = node;
    this.#options = options;
    node.on('pair-request', this.#onRequest);
    node.on('offer', this.#onOffer);
    this.#extend();
  }

  /** When it ends by itself, milliseconds since 1970. */
  get untilMs(): number {
    return this.#untilMs;
  }

  /** @returns what happened since `after` pieces of news; none when nothing did for so long. */
  async next(after: number, waitMs: number): Promise<readonly DeviceNews[]> {
    // Whoever is being asked something need not hurry, as long as somebody waits for the answer.
    if (!this.#isClosed && (this.#request !== undefined || this.#isOffered)) this.#extend();
    if (this.#news.length <= after && !this.#isClosed) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, waitMs);
      this.#wake = resolve;
      await promise;
      clearTimeout(timer);
    }
    return this.#news.slice(after);
  }

  /** A person's word on the request. @returns the device, trusted now; undefined after a no. */
  async answer(id: string, isYes: boolean): Promise<PeerStatus | undefined> {
    const request = this.#request;
    if (request?.id !== id) throw new LanfoldError('E_PAIRING_CLOSED', { subject: `${id} does not ask any more` });
    this.#request = undefined;
    if (!isYes) {
      this.#refused.add(id);
      return undefined;
    }
    this.#accepted = id; // before anything is awaited: the next stranger must not ask meanwhile, nor its first offer be missed
    this.#extend();
    return await request.accept({ folders: this.#options.folders });
  }

  /** Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#request = undefined;
    clearTimeout(this.#timer);
    this.#node.off('pair-request', this.#onRequest);
    this.#node.off('offer', this.#onOffer);
    this.#tell({ is: 'closed' });
  }

  #consider(request: PairRequest): void {
    const { id, address } = request;
    if (this.#refused.has(id) || id === this.#accepted) return;
    if (this.#request?.id === id) return; // it tries again and again
    const { device = id } = this.#options;
    if (this.#request === undefined && this.#accepted === undefined && id === device) {
      this.#request = request;
      this.#extend();
      this.#tell({ is: 'request', id, address });
      return;
    }
    if (this.#others.has(id) || this.#others.size >= OTHERS_MAX) return;
    this.#others.add(id);
    this.#tell({ is: 'other', id, address });
  }

  #hear(offer: FolderOffer): void {
    if (offer.peer !== this.#accepted) return;
    this.#isOffered = true;
    this.#tell({ is: 'offer', offer });
  }

  #tell(news: DeviceNews): void {
    this.#news.push(news);
    this.#wake();
  }

  #extend(): void {
    clearTimeout(this.#timer);
    this.#untilMs = Date.now() + OPEN_MS;
    this.#timer = setTimeout(() => this.close(), OPEN_MS).unref();
  }
}
