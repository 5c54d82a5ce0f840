/**
 * One trusted device: where it may be, what it is, and the conversations with it.
 * @module
 */
import type { Endpoint, Hint } from '../../core/discovery/candidates.ts';
import type { Found, Via } from '../../core/discovery/layers.ts';
import { CONVERSATIONS_PER_PEER_MAX, HINTS_MAX } from '../../core/limits.ts';
import { deviceIdText, shortId } from '../../core/model/device-id.ts';
import type { HeldFact } from '../../core/wire/held.ts';
import { surplusOf } from '../../core/session/rivals.ts';
import { isTwice, NO_RUNS, sawBoth, showRun, type RunId, type Runs } from '../../core/session/run-identity.ts';
import type { Conversation } from './conversation.ts';
import type { Words } from './told-members.ts';

export type PeerKind = 'lanfold' | 'syncthing' | 'unknown';

const LISTEN_PORTS: Readonly<Record<PeerKind, number>> = { lanfold: 1111, syncthing: 22_000, unknown: 1111 };

/** An announced address is believed for this long (bep.md §10.1). */
const ANNOUNCED_MS = 90_000;
const ADDRESSES_MAX = 32;
const REFUSED_MS = { first: 500, max: 30_000 } as const;
/** A timer may ring so much before its time; what it rang for must not be put off then, for nobody rings again. */
const TIMER_SLACK_MS = 5;

export class Peer {
  readonly device: Uint8Array;
  /** Text form of the device ID. */
  readonly id: string;
  readonly short: bigint;
  name: string | undefined;
  kind: PeerKind = 'unknown';
  /** When it connected or was lost, milliseconds since 1970; undefined before the first time. */
  sinceMs: number | undefined;
  /** Where it is connected, or was last. */
  address: Endpoint | undefined;
  /** How it was found, this time or the last. */
  found: Found | undefined;
  readonly conversations = new Set<Conversation>();
  /** The conversation that carries the indexes: the last one that brought a full cluster config. */
  active: Conversation | undefined;
  /** Who shares its folders, as it said last; undefined while it is not connected. */
  words: Words | undefined;
  /** A Syncthing whose lists of devices are followed. */
  isIntroducer = false;
  /** Of a device that is alive twice: the run whose records are held. */
  toldBy: RunId | undefined;
  #held: readonly HeldFact[] = [];
  #runs: Runs = NO_RUNS;
  #configured: readonly Endpoint[];
  #hinted: readonly Endpoint[] = [];
  #refusals = 0;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  readonly #announced = new Map<string, { hint: Hint; untilMs: number }>();

  constructor(device: Uint8Array, name: string | undefined, addresses: readonly Endpoint[]) {
    this.device = device;
    this.id = deviceIdText(device);
    this.short = shortId(device);
    this.name = name;
    this.#configured = addresses;
  }

  get configuredAddresses(): readonly Endpoint[] {
    return this.#configured;
  }

  configure(addresses: readonly Endpoint[]): void {
    this.#configured = addresses;
  }

  /**
   * It said that it is there. Nobody vouches for that but the dial that follows.
   * @returns the first place of which it had not said so, or too long ago.
   */
  announced(hints: readonly Hint[], nowMs: number): Hint | undefined {
    let news: Hint | undefined;
    for (const hint of hints) {
      const key = `${hint.host} ${hint.port}`;
      if ((this.#announced.get(key)?.untilMs ?? 0) <= nowMs) news ??= hint;
      this.#announced.delete(key); // the newest is the last, and the oldest makes room
      this.#announced.set(key, { hint, untilMs: nowMs + ANNOUNCED_MS });
      const oldest = this.#announced.keys().next();
      if (this.#announced.size > ADDRESSES_MAX && oldest.done !== true) this.#announced.delete(oldest.value);
    }
    return news;
  }

  /** Another member of a folder says where it may be; kept apart, so that a wrong word never displaces a good one. */
  hint(endpoints: readonly Endpoint[]): void {
    if (endpoints.length > 0) this.#hinted = endpoints.slice(0, HINTS_MAX);
  }

  /** The port that it is dialled at on this host, as far as anybody knows. */
  listenPort(host: string, nowMs: number): number {
    const known = this.addresses(nowMs).find((hint) => hint.host === host)?.port;
    return known ?? LISTEN_PORTS[this.kind];
  }

  /** Where it may be now: as configured, as announced, as other members say. */
  addresses(nowMs: number): Hint[] {
    return [...hints(this.#configured, 'configured'), ...this.#announcedNow(nowMs), ...hints(this.#hinted, 'member')];
  }

  /** Where we know it to be: what we tell others. Hearsay is not passed on, or it would go round for ever. */
  whereabouts(nowMs: number): Endpoint[] {
    const proven = this.active?.isDialled === true ? [this.active.remote] : [];
    return [...this.#configured, ...this.#announcedNow(nowMs), ...proven];
  }

  #announcedNow(nowMs: number): Hint[] {
    return [...this.#announced.values()].filter(({ untilMs }) => untilMs > nowMs).map(({ hint }) => hint);
  }

  /**
   * A conversation that we began ended before the far end said what it shares: it does not trust us yet, say. Dialling it
   * again waits, longer each time; that it dials us is welcome at any moment.
   * @returns when to look again, in milliseconds from now.
   */
  refused(nowMs: number): number {
    const waitMs = Math.min(REFUSED_MS.first * 2 ** Math.min(this.#refusals, 10), REFUSED_MS.max);
    this.#refusals += 1;
    this.#notBeforeMs = nowMs + waitMs;
    return waitMs;
  }

  /** The conversation that carried the indexes has ended. */
  lost(nowMs: number): void {
    this.active = undefined;
    this.words = undefined;
    this.sinceMs = nowMs;
  }

  agreed(): void {
    this.#refusals = 0;
  }

  /** @param nowMs monotonic milliseconds. */
  mayBeDialled(nowMs: number): boolean {
    return nowMs >= this.#notBeforeMs - TIMER_SLACK_MS;
  }

  /** What waits for a person there, as it said last; nothing while it is not connected. */
  get held(): readonly HeldFact[] {
    return this.isConnected ? this.#held : [];
  }

  set held(facts: readonly HeldFact[]) {
    this.#held = facts;
  }

  /** True once a conversation is past its greeting. */
  get isConnected(): boolean {
    return this.active !== undefined;
  }

  /**
   * A conversation showed which run of the device it is with.
   * @returns true if that proves, for the first time, that the device is alive twice.
   */
  shows(fresh: Conversation, nowMs: number): boolean {
    const wasTwice = isTwice(this.#runs, nowMs);
    this.#runs = showRun(this.#runs, fresh.greeting?.runId ?? 0n, fresh.startedMs, nowMs);
    return !wasTwice && isTwice(this.#runs, nowMs);
  }

  /** Two computers say that they are this device. @param nowMs monotonic milliseconds. */
  isTwice(nowMs: number): boolean {
    return isTwice(this.#runs, nowMs);
  }

  /** Of a device that is alive twice: conversations with another run than this one is with. */
  withOtherRuns(fresh: Conversation, nowMs: number): Conversation[] {
    const runId = fresh.greeting?.runId;
    const others = [...this.conversations].filter(({ greeting }) => greeting !== undefined && greeting.runId !== runId);
    if (others.length > 0) this.#runs = sawBoth(this.#runs, nowMs);
    return others;
  }

  /** Is there another conversation that is past its hello? */
  isGreetedBeside(conversation: Conversation): boolean {
    return [...this.conversations].some((other) => other !== conversation && other.greeting !== undefined);
  }

  /** One more conversation begins: if there are too many, the oldest makes room (R19). */
  makeRoom(): void {
    const [oldest] = this.conversations;
    if (this.conversations.size >= CONVERSATIONS_PER_PEER_MAX) oldest?.close('too many connections');
  }

  /** Of its conversations, with this one that has just come past its hello: too many. Syncthing has rules of its own: all stay. */
  surplus(fresh: Conversation, ownDevice: Uint8Array, nowMs: number): Conversation[] {
    if (this.kind !== 'lanfold') return [];
    const others = [...this.conversations].filter((other) => other !== fresh && other.greeting !== undefined);
    return surplusOf(others, fresh, compareBytes(ownDevice, this.device) < 0, nowMs);
  }
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return (a[i] ?? 0) - (b[i] ?? 0);
  return 0;
}

function hints(endpoints: readonly Endpoint[], via: Via): Hint[] {
  return endpoints.map(({ host, port }) => ({ host, port, via }));
}
