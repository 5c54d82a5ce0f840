/**
 * A person's wish to join, as the library's users hold it: hosts that wait are found, one is chosen and its code tried, its
 * folders accepted.
 *
 *   hosts ─→ tryCode ─→ offer ─→ accept ─→ peer trusted, folders shared
 *
 * Who waits is known by its own word only; the code decides, and three wrong ones in all end the wish.
 * @module
 */
import { LanfoldError } from '../../core/errors.ts';
import { deviceIdText } from '../../core/model/device-id.ts';
import { readCode } from '../../core/pairing/code.ts';
import { JoinerTries } from '../../core/pairing/joiner.ts';
import type { Via } from '../../core/discovery/layers.ts';
import type { Offer } from '../../core/wire/pairing.ts';
import type { Log } from '../../ports/log.ts';
import type { PairingStream } from '../../ports/network.ts';
import { printAddress } from '../address.ts';
import type { WaitingHost } from '../discovery/waiting-search.ts';
import type { HostJoined, PairingJoiner, Tried } from './pairing-joiner.ts';
import type { PeerStatus } from '../peer-status.ts';

/** A host that waits to be joined. */
export interface HostSeen {
  /** Its device ID, proven. */
  readonly id: string;
  /** In its own words, as is `system`. */
  readonly name: string;
  readonly system: string;
  /** `host:port`. */
  readonly address: string;
  /** How it was found, and how long that took. */
  readonly via: Via;
  readonly foundMs: number;
}

export interface JoiningOptions {
  readonly log: Log;
  search(found: (host: WaitingHost) => void): () => void;
  /** Another connection with a host, for the next try. */
  reach(host: WaitingHost, signal: AbortSignal): Promise<PairingStream>;
  begin(stream: PairingStream, tries: JoinerTries, signal: AbortSignal): Promise<PairingJoiner>;
  /** Trusts the host. `address`: where it was found, if it can be dialled there. */
  agreed(joined: HostJoined, address: string | undefined): Promise<PeerStatus>;
  closed(): void;
}

interface Candidate {
  readonly waiting: WaitingHost;
  readonly seen: HostSeen;
  /** Open, and no code was tried on it; undefined after a try. */
  joiner: PairingJoiner | undefined;
}

/** Whoever is on the link may claim to wait; a person reads no longer list than that. */
const HOSTS_MAX = 32;

export class Joining implements Disposable {
  readonly #options: JoiningOptions;
  readonly #tries = new JoinerTries();
  readonly #candidates = new Map<string, Candidate>();
  readonly #closing = new AbortController();
  readonly #stopSearch: () => void;
  #news = Promise.withResolvers<void>();
  #agreed: Candidate | undefined;

  /** Made by {@link Node.join}. */
  constructor(options: JoiningOptions) {
    this.#options = options;
    this.#stopSearch = options.search((host) => void this.#found(host));
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Hosts found by now, in the order in which they were found. */
  hosts(): HostSeen[] {
    return [...this.#candidates.values()].map(({ seen }) => seen);
  }

  /**
   * Resolves as soon as a host is known.
   * @throws the signal's reason; LanfoldError `E_CLOSED` when the node closes.
   */
  async found(signal?: AbortSignal): Promise<HostSeen[]> {
    const aborted = Promise.withResolvers<never>();
    const signals = AbortSignal.any([this.#closing.signal, ...(signal === undefined ? [] : [signal])]);
    const onAbort = (): void => aborted.reject(signals.reason);
    signals.addEventListener('abort', onAbort, { once: true });
    try {
      while (this.#candidates.size === 0) {
        signals.throwIfAborted();
        await Promise.race([this.#news.promise, aborted.promise]);
      }
      return this.hosts();
    } finally {
      signals.removeEventListener('abort', onAbort);
    }
  }

  /**
   * Tries the code that a host shows.
   * @param typed as a person types it: with spaces or dashes, in any digits.
   * @returns what came of it. After `wrong` the same may be called again.
   * @throws LanfoldError `E_NO_HOST` when it is not (or no longer) there; `E_CODE_FORM` when these are not six digits.
   */
  async tryCode(hostId: string, typed: string): Promise<Tried> {
    const code = readCode(typed);
    if (code === undefined) throw new LanfoldError('E_CODE_FORM', { subject: typed });
    const candidate = this.#candidates.get(hostId);
    if (candidate === undefined) throw new LanfoldError('E_NO_HOST', { subject: hostId });
    let tried = await this.#try(candidate, code);
    // A connection that was open for long may be gone by now; no code was tried then.
    if (tried.is === 'closed') tried = await this.#try(candidate, code);
    if (tried.is === 'offer') this.#agreed = candidate;
    return tried;
  }

  /**
   * Accepts some of the offered folders, and trusts the host. The folders are not shared yet: {@link Node.folder} does that.
   * @throws LanfoldError `E_NO_HOST` when the host has gone meanwhile.
   */
  async accept(
    folderIds: readonly string[],
  ): Promise<{ readonly peer: PeerStatus; readonly folders: Offer['folders'] }> {
    const candidate = this.#agreed;
    const joined = await candidate?.joiner?.accept(folderIds);
    if (candidate === undefined || joined === undefined) throw new LanfoldError('E_NO_HOST', { subject: 'the host' });
    candidate.joiner = undefined;
    const address = candidate.seen.via === 'meeting' ? undefined : candidate.seen.address;
    const peer = await this.#options.agreed(joined, address);
    this.close();
    return { peer, folders: joined.folders };
  }

  /** Ends the wish. Idempotent. */
  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new LanfoldError('E_CLOSED', { subject: 'the search' }));
    this.#stopSearch();
    for (const { joiner } of this.#candidates.values()) joiner?.decline();
    this.#options.closed();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #found(waiting: WaitingHost): Promise<void> {
    const id = deviceIdText(waiting.device);
    const known = this.#candidates.get(id);
    if (this.#closing.signal.aborted || (known === undefined && this.#candidates.size >= HOSTS_MAX)) {
      waiting.stream.destroy('nobody wants to join it');
      return;
    }
    try {
      const joiner = await this.#begin(waiting.stream);
      const { name, system } = joiner.host;
      const { address, via, foundMs } = waiting;
      known?.joiner?.decline();
      const seen = { id, name, system, address: printAddress(address), via, foundMs };
      this.#candidates.set(id, { waiting, seen, joiner });
      this.#news.resolve();
      this.#news = Promise.withResolvers();
    } catch (cause) {
      this.#options.log.debug({ peer: id, cause: String(cause) }, 'a host did not say who it is');
    }
  }

  async #try(candidate: Candidate, code: string): Promise<Tried> {
    candidate.joiner ??= await this.#begin(await this.#options.reach(candidate.waiting, this.#closing.signal));
    const { joiner } = candidate;
    const tried = await joiner.tryCode(code);
    if (tried.is !== 'offer') candidate.joiner = undefined;
    return tried;
  }

  #begin(stream: PairingStream): Promise<PairingJoiner> {
    return this.#options.begin(stream, this.#tries, this.#closing.signal);
  }
}
