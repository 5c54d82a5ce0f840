/**
 * Whom to meet in the middle now: hosts that do not answer. Behind a firewall that refuses what comes in they may be dialling
 * us at this very moment, in vain, too; when both connect from and to the same port at the same time, both firewalls take it
 * for an answer (TCP simultaneous open).
 *
 * A host that refuses has no such firewall, and is forgotten for a while. Time and chance are arguments.
 * @module
 */
import { meetingWaitMs } from './schedules.ts';

/** The port that everybody meets from and at; nobody listens there. */
export const MEETING_PORT = 1112;

/** Not before the cheaper layers have had their time. */
const FIRST_AFTER_MS = 500;
/**
 * So long one attempt follows the other, from when the far end may have started on. Longer than the longest wait between two
 * rare attempts: so who has just started meets who has tried for hours, though neither hears of the other.
 */
const OFTEN_MS = 40_000;
/** A host without that firewall may get one, but not every minute. */
const REFUSED_MS = 10 * 60_000;
/**
 * A host that answers no dial but refuses a meeting has tried to meet us a moment ago: its firewall still takes our SYN for an
 * answer, but nobody waits for it any more. So it is tried again soon.
 */
const MISSED_AGAIN_MS = 300;
/** Whoever says again and again that it is there is not met more often. */
const CAME_UP_EVERY_MS = 500;
const UNDER_WAY_MAX = 8;
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
  | { readonly is: 'missed' };

interface Attempts {
  readonly startedMs: number;
  readonly oftenUntilMs: number;
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
    for (const [host, attempts] of this.#hosts) {
      if (attempts.underWay) this.#hosts.set(host, { ...attempts, oftenUntilMs: nowMs + OFTEN_MS });
      else this.#hosts.delete(host);
    }
  }

  /** A host came up or spoke up a moment ago, perhaps to look for us: meet it often again. */
  cameUp(host: string, nowMs: number): void {
    const before = this.#hosts.get(host);
    if (before === undefined) return;
    const notBeforeMs = Math.min(before.notBeforeMs, Math.max(nowMs, before.startedMs + CAME_UP_EVERY_MS));
    this.#hosts.set(host, { ...before, oftenUntilMs: nowMs + OFTEN_MS, notBeforeMs });
  }

  /** A dial was refused: nobody is filtered there, for the system of that host answers where nobody listens. */
  refused(host: string, nowMs: number): void {
    const before = this.#hosts.get(host) ?? fresh(nowMs);
    this.#set(host, { ...before, notBeforeMs: nowMs + REFUSED_MS });
  }

  /** Whom to meet now; each is to be answered by {@link Meetings.ended}. @param fraction of chance, in [0, 1). */
  next<Host extends SilentHost>(silent: readonly Host[], nowMs: number, fraction: number): Meeting<Host>[] {
    if (nowMs - this.#beganMs < FIRST_AFTER_MS) return [];
    let room = UNDER_WAY_MAX - [...this.#hosts.values()].filter((attempts) => attempts.underWay).length;
    const meetings: Meeting<Host>[] = [];
    for (const candidate of silent) {
      if (room <= 0) break;
      const before = this.#hosts.get(candidate.host) ?? fresh(nowMs);
      if (before.underWay || nowMs < before.notBeforeMs) continue;
      const notBeforeMs = nowMs + meetingWaitMs(nowMs < before.oftenUntilMs, fraction);
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
    if (result.is === 'missed') {
      const notBeforeMs = Math.min(before.notBeforeMs, nowMs + MISSED_AGAIN_MS);
      const oftenUntilMs = nowMs + OFTEN_MS;
      this.#hosts.set(host, { ...before, underWay: false, notBeforeMs, oftenUntilMs });
      return notBeforeMs - nowMs;
    }
    this.#hosts.set(host, { ...before, underWay: false, found: result.found });
    return before.notBeforeMs - nowMs;
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
    oftenUntilMs: nowMs + OFTEN_MS,
    count: 0,
    underWay: false,
    notBeforeMs: 0,
    found: undefined,
  };
}
