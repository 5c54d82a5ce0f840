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
/** A host without that firewall may get one, but not every minute. */
const REFUSED_MS = 10 * 60_000;
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

interface Attempts {
  readonly beganMs: number;
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

  /** A host came up a moment ago, perhaps to look for us: meet it often again. */
  cameUp(host: string): void {
    if (this.#hosts.get(host)?.underWay === false) this.#hosts.delete(host);
  }

  /** Nobody is filtered there: the system of that host answers for ports where nobody listens. */
  refused(host: string, nowMs: number): void {
    const before = this.#hosts.get(host);
    this.#set(host, {
      beganMs: before?.beganMs ?? nowMs,
      count: before?.count ?? 0,
      underWay: before?.underWay ?? false,
      notBeforeMs: nowMs + REFUSED_MS,
      found: before?.found,
    });
  }

  /** Whom to meet now; each is to be answered by {@link Meetings.ended}. @param fraction of chance, in [0, 1). */
  next<Host extends SilentHost>(silent: readonly Host[], nowMs: number, fraction: number): Meeting<Host>[] {
    if (nowMs - this.#beganMs < FIRST_AFTER_MS) return [];
    let room = UNDER_WAY_MAX - [...this.#hosts.values()].filter((attempts) => attempts.underWay).length;
    const meetings: Meeting<Host>[] = [];
    for (const candidate of silent) {
      const before = this.#hosts.get(candidate.host);
      if (room <= 0) break;
      if (before?.underWay === true || nowMs < (before?.notBeforeMs ?? 0)) continue;
      const beganMs = before?.beganMs ?? nowMs;
      const count = before?.count ?? 0;
      const notBeforeMs = nowMs + meetingWaitMs(nowMs - beganMs, fraction);
      this.#set(candidate.host, { beganMs, count: count + 1, underWay: true, notBeforeMs, found: before?.found });
      const device = before?.found ?? candidate.devices[count % Math.max(1, candidate.devices.length)];
      meetings.push({ silent: candidate, device });
      room--;
    }
    return meetings;
  }

  /** @param found who proved to be there, if it is one that is looked for. */
  ended(host: string, found?: Uint8Array): void {
    const before = this.#hosts.get(host);
    if (before !== undefined) this.#hosts.set(host, { ...before, underWay: false, found });
  }

  #set(host: string, attempts: Attempts): void {
    if (this.#hosts.size >= HOSTS_MAX && !this.#hosts.has(host)) {
      const oldest = [...this.#hosts].find(([, other]) => !other.underWay)?.[0];
      if (oldest !== undefined) this.#hosts.delete(oldest);
    }
    this.#hosts.set(host, attempts);
  }
}
