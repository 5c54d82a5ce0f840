/**
 * A link with two hosts, each with a lanfold that knows nothing of the other but its ID.
 * @module
 */
import type { BuiltLanfold } from '../harness/built.ts';
import { Lan, type Host } from '../harness/namespaces.ts';
import { Station } from './station.ts';

export class StationPair implements AsyncDisposable {
  readonly first: Station;
  readonly second: Station;
  readonly #ends: AsyncDisposableStack;

  private constructor(first: Station, second: Station, ends: AsyncDisposableStack) {
    this.first = first;
    this.second = second;
    this.#ends = ends;
  }

  /** They trust each other, and do not run yet. */
  static async create(built: BuiltLanfold): Promise<StationPair> {
    await using ends = new AsyncDisposableStack();
    const lan = ends.use(new Lan(2));
    const first = ends.use(await Station.create(built, lan.host(1)));
    const second = ends.use(await Station.create(built, lan.host(2)));
    await first.trust(second);
    await second.trust(first);
    return new StationPair(first, second, ends.move());
  }

  get hosts(): readonly [Host, Host] {
    return [this.first.host, this.second.host];
  }

  /** Starts both, and waits until each says that it is connected with the other. */
  async connect(...options: readonly string[]): Promise<void> {
    for (const station of [this.first, this.second]) station.start(...options);
    await this.connected();
  }

  /** Waits until each says that it is connected with the other. */
  async connected(timeoutMs?: number): Promise<void> {
    const { first, second } = this;
    await Promise.all([second.connected(first, timeoutMs), first.connected(second, timeoutMs)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ends.disposeAsync();
  }
}
