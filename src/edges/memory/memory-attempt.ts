/**
 * One attempt of a member of the network to reach an address: it ends once, by an answer, its time or its signal.
 * @module
 */
import { OtherDevice } from '../../core/discovery/try-result.ts';
import { LanfoldError } from '../../core/errors.ts';
import type { Timer } from '../../ports/clock.ts';
import type { Address } from '../../ports/network.ts';
import type { Life } from './life.ts';

/** One process on one host. */
export interface Member {
  readonly host: string;
  readonly device: Uint8Array;
  readonly life: Life;
}

export class MemoryAttempt<Result> {
  readonly #outcome = Promise.withResolvers<Result>();
  readonly #signal: AbortSignal;
  readonly #timeout: Timer;
  readonly #onOver: () => void;
  #isOver = false;

  /** `onOver`: told when the attempt ends, however it does. */
  constructor(member: Member, address: Address, limitMs: number, signal: AbortSignal, onOver: () => void = () => {}) {
    this.#signal = signal;
    this.#onOver = onOver;
    this.#timeout = member.life.after(limitMs, () => this.fail(unreachable(address, 'ETIMEDOUT')));
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get result(): Promise<Result> {
    return this.#outcome.promise;
  }

  /** An answer came: the attempt ends as `judge` does, unless it is over. */
  settle(judge: () => Result): void {
    if (this.#isOver) return;
    try {
      const result = judge();
      this.#end();
      this.#outcome.resolve(result);
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#end();
    this.#outcome.reject(error);
  }

  #end(): void {
    this.#isOver = true;
    this.#timeout.cancel();
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#onOver();
  }

  readonly #onAbort = (): void => this.fail(this.#signal.reason);
}

export function unreachable(address: Address, code: string): LanfoldError {
  const cause = Object.assign(new Error(code), { code });
  return new LanfoldError('E_PEER_UNREACHABLE', { subject: textOf(address), cause });
}

export function wrongDevice(address: Address, found: Uint8Array): LanfoldError {
  return new LanfoldError('E_PEER_WRONG_DEVICE', { subject: textOf(address), cause: new OtherDevice(found) });
}

function textOf({ host, port }: Address): string {
  return `${host}:${port}`;
}
