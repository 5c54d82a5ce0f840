/**
 * Meetings in the middle, in memory: two members that attempt to meet each other while the other's attempt lasts. Nobody
 * refuses here: who is not met is silent, as behind a firewall.
 * @module
 */
import { isMeetingServer, MEETING_MS, meetingOffers } from '../../core/discovery/meeting.ts';
import { sameBytes } from '../../core/model/file-record.ts';
import { BEP } from '../../core/session/protocol-names.ts';
import type { Address, Expected, MeetingPlace, Met } from '../../ports/network.ts';
import { MemoryAttempt, unreachable, wrongDevice, type Member } from './memory-attempt.ts';
import type { MemoryLink } from './memory-link.ts';
import type { MemoryStream } from './memory-stream.ts';

/** What a meeting needs of the network. */
export interface MeetingWires {
  link(a: string, b: string): MemoryLink;
  connect(dialling: End, listening: End, link: MemoryLink): { dialled: MemoryStream; accepted: MemoryStream };
  /** Fresh bytes for both ends of a connection. */
  binding(): Uint8Array;
}

export interface End {
  readonly member: Member;
  readonly address: Address;
}

interface Waiting extends End {
  readonly far: Address;
  readonly expects: Expected;
  readonly attempt: MemoryAttempt<Met>;
}

export class MemoryMeetings {
  readonly #wires: MeetingWires;
  /** By both places: whose attempt is under way, "from to". */
  readonly #waiting = new Map<string, Waiting>();

  constructor(wires: MeetingWires) {
    this.#wires = wires;
  }

  meet(member: Member, far: Address, from: MeetingPlace, expects: Expected, signal: AbortSignal): Promise<Met> {
    const address = { host: from.host ?? member.host, port: from.port };
    const key = keyOf(address, far);
    if (this.#waitingAt(key) !== undefined) return Promise.reject(unreachable(far, 'EADDRNOTAVAIL'));
    const leave = (): void => void this.#waiting.delete(key);
    const attempt = new MemoryAttempt<Met>(member, far, from.windowMs ?? MEETING_MS, signal, leave);
    if (!signal.aborted) this.#waiting.set(key, { member, address, far, expects, attempt });
    const link = this.#wires.link(member.host, far.host);
    member.life.after(link.delayMs(), () => this.#arrive(key, keyOf(far, address), link));
    return attempt.result;
  }

  /** What this end sent is at the far end; if nobody is there yet, what that one sends will find us. */
  #arrive(here: string, there: string, link: MemoryLink): void {
    const [one, other] = [this.#waitingAt(here), this.#waitingAt(there)];
    if (one === undefined || other === undefined || !link.letsThrough()) return;
    const isServer = isMeetingServer(one.address, other.address);
    if (isServer === undefined) one.attempt.fail(unreachable(one.far, 'EADDRNOTAVAIL'));
    else if (isServer) this.#join(other, one, link);
    else this.#join(one, other, link);
  }

  #waitingAt(key: string): Waiting | undefined {
    const waiting = this.#waiting.get(key);
    return waiting?.member.life.alive === true ? waiting : undefined;
  }

  #join(client: Waiting, server: Waiting, link: MemoryLink): void {
    const offered = meetingOffers(client.expects, false);
    const protocol = meetingOffers(server.expects, true).find((name) => offered.includes(name));
    if (protocol === undefined) {
      for (const { attempt, far } of [client, server]) attempt.fail(unreachable(far, 'ECONNRESET'));
      return;
    }
    const { dialled, accepted } = this.#wires.connect(client, server, link);
    const binding = this.#wires.binding();
    client.attempt.settle(() => judge(client, protocol, dialled, binding));
    server.attempt.settle(() => judge(server, protocol, accepted, binding));
  }
}

function judge({ member, far, expects }: Waiting, protocol: string, stream: MemoryStream, binding: Uint8Array): Met {
  const { device } = stream;
  const isWanted = typeof expects === 'string' || sameBytes(device, expects);
  if (!isWanted || sameBytes(device, member.device)) {
    stream.destroy('another device');
    throw wrongDevice(far, device);
  }
  if (typeof expects !== 'string') return { is: 'connected', stream };
  if (protocol !== BEP) return { is: expects, stream: Object.assign(stream, { binding }) };
  stream.destroy('it does not wait');
  return { is: 'present', device };
}

function keyOf(from: Address, to: Address): string {
  return `${from.host} ${from.port} ${to.host} ${to.port}`;
}
