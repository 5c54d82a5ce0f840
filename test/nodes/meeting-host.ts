/**
 * What runs inside one host of meeting.test.ts: meets others, again and again, and prints one JSON line for each meeting.
 * In `MEETING_PLAN` is a {@link MeetingPlan}. When it is through it prints what it still holds, and has nothing more to do.
 * @module
 */
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { KeyAndCertificate } from '../../src/edges/net/certificate.ts';
import { identityOf } from '../../src/edges/net/identity.ts';
import { TlsNetwork } from '../../src/edges/net/tls-network.ts';
import { LanfoldError } from '../../src/core/errors.ts';
import type { Met, PairingStream, Stream } from '../../src/ports/network.ts';
import { Received } from '../contract/received.ts';

export interface MeetingPlan {
  readonly identity: KeyAndCertificate;
  /** Whom to meet at the same time. `expects`: "waiting", "joining" or a device in hex. */
  readonly meetings: readonly { readonly host: string; readonly expects: string }[];
  readonly rounds: number;
}

/** What one meeting came to. */
export interface MeetingReport {
  readonly host: string;
  readonly tookMs: number;
  /** What it is, or the error's code. */
  readonly is: string;
  readonly cause?: string;
  readonly dialled?: boolean;
  readonly device?: string;
  readonly binding?: string;
  /** What the far end said. */
  readonly heard?: string;
}

/** What is left at the end. */
export interface MeetingRest {
  /** More open descriptors than at the start. */
  readonly descriptors: number;
  readonly resources: readonly string[];
}

export const MEETING_PORT = 1112;
const GREETING = 'good day';
/** Both ends pause for a random time, so that either comes first and the other still waits. */
const PAUSE_MS_MAX = 700;

async function meet(network: TlsNetwork, { host, expects }: MeetingPlan['meetings'][number]): Promise<MeetingReport> {
  const startMs = performance.now();
  const took = () => ({ host, tookMs: performance.now() - startMs });
  const expected = expects === 'waiting' || expects === 'joining' ? expects : Buffer.from(expects, 'hex');
  try {
    const address = { host, port: MEETING_PORT };
    const met = await network.meet(address, { port: MEETING_PORT }, expected, new AbortController().signal);
    if (met.is === 'present') return { ...took(), is: met.is, device: Buffer.from(met.device).toString('hex') };
    return { ...took(), ...(await talk(met)) };
  } catch (error) {
    if (!(error instanceof LanfoldError)) throw error;
    const { code = String(error.cause) } = error.cause as NodeJS.ErrnoException;
    return { ...took(), is: error.code, cause: code };
  }
}

async function talk({ is, stream }: Exclude<Met, { is: 'present' }>): Promise<Omit<MeetingReport, 'host' | 'tookMs'>> {
  const received = Received.of(stream);
  stream.send([Buffer.from(GREETING)]);
  const heard = await Promise.race([received.bytes(GREETING.length), received.closed]);
  stream.end();
  await received.closed;
  const device = Buffer.from(stream.device).toString('hex');
  const binding = isPairing(stream) ? Buffer.from(stream.binding).toString('hex') : '';
  return { is, dialled: stream.dialled, device, binding, heard: String(heard) };
}

function isPairing(stream: Stream): stream is PairingStream {
  return 'binding' in stream;
}

function tell(what: MeetingReport | MeetingRest): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

if (import.meta.main) {
  const { identity, meetings, rounds } = JSON.parse(process.env['MEETING_PLAN'] ?? '') as MeetingPlan;
  const network = new TlsNetwork(identityOf(identity));
  void process.stdout; // opens what it writes to
  const before = descriptors();
  for (let round = 0; round < rounds; round++) {
    await delay(Math.random() * PAUSE_MS_MAX);
    for (const report of await Promise.all(meetings.map((meeting) => meet(network, meeting)))) tell(report);
  }
  await delay(0); // what was just closed is counted until then
  tell({ descriptors: descriptors() - before, resources: process.getActiveResourcesInfo() });
}
