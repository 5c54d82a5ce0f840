/**
 * Whom to meet in the middle now: hosts that do not answer. Behind a firewall that drops what comes in they may be dialling us
 * at this very moment, in vain, too; when both connect from and to the same port at the same time, both firewalls take it for
 * an answer (TCP simultaneous open).
 *
 * One attempt follows the other without a pause. While an attempt lasts, whatever the far end sends at any moment meets it; in
 * a pause it would be refused by our own system, and the firewalls' memory of that stands in the way of later attempts
 * (measured: two that paused between short attempts, and could not hear each other otherwise, did not meet within a minute).
 * An attempt of half a minute costs five packets.
 *
 * A host that refuses dials has no such firewall, and is forgotten for a while. Time is an argument.
 * @module
 */

/** The port that everybody meets from and at; nobody listens there. */
export const MEETING_PORT = 1112;

/** Not before the cheaper layers have had their time. */
const FIRST_AFTER_MS = 500;
/** How long one attempt lasts. Less than firewalls remember a SYN that nobody has answered: Linux does so for 120 s. */
export const MEETING_WINDOW_MS = 28_000;
/** A host without that firewall may get one, but not every minute. */
const REFUSED_MS = 10 * 60_000;
/**
 * After a host that answers no dial has refused a meeting: it has tried to meet us a moment ago, since its firewall takes our SYN
 * for an answer, but nobody waits for it just now. Or after another was there than we expected, as it may have gone there, too.
 */
const AGAIN_MS = 300;
/** Whoever joins by a meeting hangs up after a wrong code, and comes again. Until then an attempt ends here, without a packet. */
const BUSY_AGAIN_MS = 1_000;
/** Whoever says again and again that it is there is not met more often. */
const CAME_UP_EVERY_MS = 500;
/** One socket each, and hardly a packet. */
const UNDER_WAY_MAX = 64;
/** Refusals and waits kept; beyond, the oldest goes. */
const HOSTS_MAX = 256;

/** A host that does not answer, and who may be there. */
export interface SilentHost {
  readonly host: string;
  readonly devices: readonly Uint8Array[];
}

export interface Meeting<Host extends SilentHost> {
  readonly silent: Host;
  /** Whom to expect: each that may be there, in turn, until one has proven to be there. */
  readonly device: Uint8Array | undefined;
}

export type MeetingResult =
  /** `found`: who proved to be there instead, if it is one that is looked for. */
  | { readonly is: 'over'; readonly found?: Uint8Array | undefined }
  /** The far end's system refused, while its host answers no dial. */
  | { readonly is: 'missed' }
  /** A connection from here to there is in the way: a meeting that has succeeded, and lasts. */
  | { readonly is: 'busy' };

interface Attempts {
  readonly startedMs: number;
  readonly count: number;
  readonly underWay: boolean;
  readonly notBeforeMs: number;
  readonly found: Uint8Array | undefined;
}

export class Meetings {
  readonly #hosts = new Map<string, Attempts>();
  #beganMs = 0;

  /** Somebody is looked for from now on, or the network has changed: begin with all. */
  restart(nowMs: number): void {
    this.#beganMs = nowMs;
    for (const [host, attempts] of this.#hosts) if (!attempts.underWay) this.#hosts.delete(host);
  }

  /** A host came up or spoke up a moment ago, perhaps to look for us: whatever was tried before means nothing. */
  cameUp(host: string, nowMs: number): void {
    const before = this.#hosts.get(host);
    if (before === undefined || before.underWay) return;
    const notBeforeMs = Math.min(before.notBeforeMs, Math.max(nowMs, before.startedMs + CAME_UP_EVERY_MS));
    this.#hosts.set(host, { ...before, notBeforeMs });
  }

  /** A dial was refused: nobody is filtered there, for the system of that host answers where nobody listens. */
  refused(host: string, nowMs: number): void {
    const before = this.#hosts.get(host) ?? fresh(nowMs);
    this.#set(host, { ...before, notBeforeMs: nowMs + REFUSED_MS });
  }

  /** Whom to meet now, for {@link MEETING_WINDOW_MS}; each is to be answered by {@link Meetings.ended}. */
  next<Host extends SilentHost>(silent: readonly Host[], nowMs: number): Meeting<Host>[] {
    if (nowMs - this.#beganMs < FIRST_AFTER_MS) return [];
    let room = UNDER_WAY_MAX - [...this.#hosts.values()].filter((attempts) => attempts.underWay).length;
    const meetings: Meeting<Host>[] = [];
    for (const candidate of silent) {
      if (room <= 0) break;
      const before = this.#hosts.get(candidate.host) ?? fresh(nowMs);
      if (before.underWay || nowMs < before.notBeforeMs) continue;
      const notBeforeMs = nowMs + MEETING_WINDOW_MS;
      this.#set(candidate.host, { ...before, startedMs: nowMs, count: before.count + 1, underWay: true, notBeforeMs });
      const device = before.found ?? candidate.devices[before.count % Math.max(1, candidate.devices.length)];
      meetings.push({ silent: candidate, device });
      room--;
    }
    return meetings;
  }

  /** @returns how long until this host is due again. */
  ended(host: string, result: MeetingResult, nowMs: number): number {
    const before = this.#hosts.get(host);
    if (before === undefined) return 0;
    const isSoon = result.is === 'missed' || (result.is === 'over' && result.found !== undefined);
    const againMs = isSoon ? AGAIN_MS : result.is === 'busy' ? BUSY_AGAIN_MS : Infinity;
    const notBeforeMs = Math.min(before.notBeforeMs, nowMs + againMs);
    const found = result.is === 'over' ? result.found : before.found;
    this.#hosts.set(host, { ...before, underWay: false, notBeforeMs, found });
    return Math.max(0, notBeforeMs - nowMs);
  }

  #set(host: string, attempts: Attempts): void {
    if (this.#hosts.size >= HOSTS_MAX && !this.#hosts.has(host)) {
      const oldest = [...this.#hosts].find(([, other]) => !other.underWay)?.[0];
      if (oldest !== undefined) this.#hosts.delete(oldest);
    }
    this.#hosts.set(host, attempts);
  }
}

function fresh(nowMs: number): Attempts {
  return {
    startedMs: nowMs,
    count: 0,
    underWay: false,
    notBeforeMs: 0,
    found: undefined,
  };
}
