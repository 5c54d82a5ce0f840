/**
 * The input that is being run, in memory that another thread reads when this one does not answer any more.
 * @module
 */

/** What the thread gets to do. */
export interface Job {
  readonly target: string;
  readonly seed: number;
  readonly inputsMax: number;
  readonly budgetMs: number;
}

/** What a thread is started with. */
export interface Equipment {
  readonly memory: SharedArrayBuffer;
  /** A directory of its own. */
  readonly scratch: string;
}

const HEAD_BYTES = 8;
const INPUT_BYTES_MAX = 4 * 1024 * 1024;

export class Watched {
  /** How many inputs were begun, and the length of the current one. */
  readonly #head: Int32Array;
  readonly #input: Uint8Array;

  constructor(memory = new SharedArrayBuffer(HEAD_BYTES + INPUT_BYTES_MAX)) {
    this.memory = memory;
    this.#head = new Int32Array(memory, 0, 2);
    this.#input = new Uint8Array(memory, HEAD_BYTES);
  }

  readonly memory: SharedArrayBuffer;

  write(bytes: Uint8Array): void {
    const length = Math.min(bytes.length, INPUT_BYTES_MAX);
    this.#input.set(bytes.subarray(0, length));
    this.#head[1] = length;
    Atomics.add(this.#head, 0, 1);
  }

  /** Rises with each input. */
  get begun(): number {
    return Atomics.load(this.#head, 0);
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#input.subarray(0, this.#head[1] ?? 0));
  }
}
