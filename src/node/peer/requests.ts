/**
 * Blocks asked of one peer and not answered yet.
 *
 * A peer that lives and does not answer (its disk hangs, it is broken, it is hostile) must not hold up what others could
 * give, nor the whole folder: after a while what it was asked counts as refused, and for a longer one it is asked nothing more.
 */
import type { Clock, Timer } from '../../ports/clock.ts';

interface Pending {
  readonly folder: string;
  readonly bytes: number;
  readonly askedMs: number;
  readonly resolve: (data: Uint8Array | undefined) => void;
}

/**
 * Neither an answer nor a good part of one for so long: the peer does not answer. All that is asked of it, and with it all that may
 * be asked of anybody, waits so long; one whose disk only has to wake up is asked again as soon as it answers.
 */
const SILENT_MS = 10_000;
/** From then on it is asked nothing, unless it answers. */
const UNASKED_MS = 60_000;
/** A part of an answer: a block of 16 MiB takes its time on a slow network. Pings are far smaller. */
const PART_BYTES = 64 * 1024;
/** No single answer may take longer, however many bytes come meanwhile. */
const ANSWER_MS_MAX = 10 * 60_000;

export class Requests {
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #bytes = 0;
  /** When the peer last gave an answer or a good part of one, or was first asked. */
  #givenMs = 0;
  #partBytes = 0;
  #silentUntilMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get pendingBytes(): number {
    return this.#bytes;
  }

  /** @param ask sends the request with the ID that it is given. */
  open(folder: string, bytes: number, ask: (id: number) => void): Promise<Uint8Array | undefined> {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.#silentUntilMs) return Promise.resolve(undefined);
    if (this.#pending.size === 0) this.#given(nowMs);
    const id = this.#nextId;
    this.#nextId = id >= 0x7fff_fffe ? 1 : id + 1;
    return new Promise((resolve) => {
      this.#pending.set(id, { folder, bytes, askedMs: nowMs, resolve });
      this.#bytes += bytes;
      this.#timer ??= this.#clock.after(SILENT_MS, () => this.#check());
      ask(id);
    });
  }

  /** An answer to nothing that was asked is passed over, as Syncthing does. */
  answer(id: number, data: Uint8Array | undefined): void {
    this.#silentUntilMs = Number.NEGATIVE_INFINITY;
    this.#given(this.#clock.monotonicMs());
    this.#settle(id, data);
  }

  /** So many bytes came in, of whatever kind. */
  heard(bytes: number): void {
    this.#partBytes += bytes;
    if (this.#partBytes >= PART_BYTES) this.#given(this.#clock.monotonicMs());
  }

  /** Nothing of it is read here for so long: that is no silence of the peer. */
  excuse(pauseMs: number): void {
    this.#given(this.#clock.monotonicMs() + pauseMs);
  }

  /** No answer will come any more for this folder, or for any. */
  giveUp(folder?: string): void {
    for (const [id, pending] of [...this.#pending]) {
      if (folder === undefined || pending.folder === folder) this.#settle(id, undefined);
    }
    if (this.#pending.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #given(nowMs: number): void {
    this.#givenMs = nowMs;
    this.#partBytes = 0;
  }

  #settle(id: number, data: Uint8Array | undefined): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    this.#bytes -= pending.bytes;
    pending.resolve(data);
  }

  #check(): void {
    this.#timer = undefined;
    const [oldest] = this.#pending.values();
    if (oldest === undefined) return;
    const nowMs = this.#clock.monotonicMs();
    const dueMs = Math.min(this.#givenMs + SILENT_MS, oldest.askedMs + ANSWER_MS_MAX);
    if (nowMs < dueMs) {
      this.#timer = this.#clock.after(dueMs - nowMs, () => this.#check());
      return;
    }
    this.#silentUntilMs = nowMs + UNASKED_MS;
    this.giveUp();
  }
}
