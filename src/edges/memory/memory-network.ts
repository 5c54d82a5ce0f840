/**
 * A network in memory: hosts, and links between them that are slow, cut and healed.
 *
 * Who is at the far end needs no proof here: the network was told when the device joined. All else is as the port says.
 * @module
 */
import { LanfoldError } from '../../core/errors.ts';
import { sameBytes } from '../../core/model/file-record.ts';
import { PAIRING_STREAMS_MAX } from '../../core/limits.ts';
import type { Address, Knocked, Listener, ListenOptions, Network, Stream } from '../../ports/network.ts';
import type { Life } from './life.ts';
import { MemoryAttempt, unreachable, wrongDevice, type Member } from './memory-attempt.ts';
import { MemoryLink } from './memory-link.ts';
import { MemoryMeetings, type End } from './memory-meetings.ts';
import { connectStreams, type MemoryStream } from './memory-stream.ts';
import type { Scheduler } from './scheduler.ts';
import { SeededChance } from './seeded-chance.ts';

export interface MemoryNetworkOptions {
  readonly scheduler: Scheduler;
  /** Each link draws from a stream of its own: `<seed>/link <host> <host>`. */
  readonly seed: string;
  /** Bytes under way in one direction above which the sender is told that the far end is slow. Default: 4 MiB. */
  readonly bufferBytes?: number;
  /** Told of each send, as the sender hands it over. */
  readonly onSend?: (from: string, to: string, bytes: number) => void;
}

interface Listening extends End {
  readonly options: ListenOptions;
  /** Who is pairing here just now. */
  pairing: number;
}

const DIAL_TIMEOUT_MS = 10_000;
const BUFFER_BYTES = 4 * 1024 * 1024;
const FIRST_FREE_PORT = 40_000;
const BINDING_BYTES = 32;

export class MemoryNetwork {
  readonly #options: MemoryNetworkOptions;
  /** By "host port". */
  readonly #listening = new Map<string, Listening>();
  /** By both hosts, in order. */
  readonly #links = new Map<string, MemoryLink>();
  readonly #bindings: SeededChance;
  readonly #meetings: MemoryMeetings;
  #nextPort = FIRST_FREE_PORT;

  constructor(options: MemoryNetworkOptions) {
    this.#options = options;
    this.#bindings = new SeededChance(`${options.seed}/bindings`);
    this.#meetings = new MemoryMeetings({
      link: (a, b) => this.link(a, b),
      connect: (dialling, listening, link) => this.#streams(dialling, listening, link),
      binding: () => this.#bindings.bytes(BINDING_BYTES),
    });
  }

  /** The network as one process on a host sees it; with the end of its life all that it has open is reset. */
  join(host: string, device: Uint8Array, life: Life): Network {
    const member: Member = { host, device, life };
    return {
      listen: (options) => this.#listen(member, options),
      dial: (address, wanted, signal) =>
        this.#reach(member, address, signal, (link) => this.#dial(member, address, wanted, link)),
      knock: (address, signal) => this.#reach(member, address, signal, (link) => this.#knock(member, address, link)),
      meet: (address, from, expects, signal) => this.#meetings.meet(member, address, from, expects, signal),
    };
  }

  /** The link between two hosts, in any order. */
  link(a: string, b: string): MemoryLink {
    const name = [a, b].sort().join(' ');
    let link = this.#links.get(name);
    if (link === undefined) {
      link = new MemoryLink(this.#options.scheduler, new SeededChance(`${this.#options.seed}/link ${name}`));
      this.#links.set(name, link);
    }
    return link;
  }

  // eslint-disable-next-line require-await -- a refusal has to be a rejection
  async #listen(member: Member, options: ListenOptions): Promise<Listener> {
    const host = options.host ?? member.host;
    const wanted = options.ports.map((port) => (port === 0 ? this.#nextPort++ : port));
    const port = wanted.find((candidate) => !this.#listening.has(`${host} ${candidate}`));
    if (port === undefined) {
      throw new LanfoldError('E_PORT_IN_USE', { subject: `${host}:${options.ports.join(', ')}` });
    }
    const key = `${host} ${port}`;
    const listening = { member, address: { host, port }, options, pairing: 0 };
    this.#listening.set(key, listening);
    const stop = (): void => {
      if (this.#listening.get(key) === listening) this.#listening.delete(key);
    };
    member.life.onEnd(stop);
    return { host, port, close: () => Promise.resolve(stop()) };
  }

  /** What is sent to an address arrives there, if the link lets it, and the answer comes back. */
  #reach<Result>(
    member: Member,
    address: Address,
    signal: AbortSignal,
    arrive: (link: MemoryLink) => Result,
  ): Promise<Result> {
    const link = this.link(member.host, address.host);
    const attempt = new MemoryAttempt<Result>(member, address, DIAL_TIMEOUT_MS, signal);
    member.life.after(link.delayMs() + link.delayMs(), () => {
      if (link.letsThrough()) attempt.settle(() => arrive(link)); // else no answer: the timeout speaks
    });
    return attempt.result;
  }

  #dial(member: Member, address: Address, wanted: Uint8Array, link: MemoryLink): Stream {
    const listening = this.#listeningAt(address, member);
    const found = listening.member.device;
    if (!sameBytes(found, wanted)) throw wrongDevice(address, found);
    const { dialled, accepted } = this.#streams(this.#caller(member), listening, link);
    if (listening.options.accepts(member.device)) listening.options.onStream(accepted);
    else {
      listening.options.onStranger?.(member.device, accepted.remote);
      accepted.destroy('not accepted'); // as in TLS 1.3, the dialler learns of it only after it believed to be connected
    }
    return dialled;
  }

  #knock(member: Member, address: Address, link: MemoryLink): Knocked {
    const listening = this.#listeningAt(address, member);
    const { pairing } = listening.options;
    if (pairing?.isOpen() !== true) return { is: 'present', device: listening.member.device };
    listening.pairing++;
    const onClosed = (): void => void listening.pairing--;
    const { dialled, accepted } = this.#streams(this.#caller(member), listening, link, onClosed);
    const binding = this.#bindings.bytes(BINDING_BYTES);
    if (listening.pairing > PAIRING_STREAMS_MAX) accepted.destroy('too many are pairing');
    else pairing.onStream(Object.assign(accepted, { binding }));
    return { is: 'waiting', stream: Object.assign(dialled, { binding }) };
  }

  /** @throws LanfoldError if nobody is there, or the member itself */
  #listeningAt(address: Address, member: Member): Listening {
    const listening = this.#listening.get(`${address.host} ${address.port}`);
    if (listening === undefined) throw unreachable(address, 'ECONNREFUSED');
    if (sameBytes(listening.member.device, member.device)) throw wrongDevice(address, member.device);
    return listening;
  }

  #caller(member: Member): End {
    return { member, address: { host: member.host, port: this.#nextPort++ } };
  }

  #streams(
    dialling: End,
    listening: End,
    link: MemoryLink,
    onAcceptedClosed: () => void = () => {},
  ): { dialled: MemoryStream; accepted: MemoryStream } {
    const { onSend, bufferBytes = BUFFER_BYTES } = this.#options;
    const [from, to] = [dialling.member, listening.member];
    return connectStreams(
      link,
      bufferBytes,
      {
        device: to.device,
        remote: listening.address,
        dialled: true,
        life: from.life,
        onSend: (bytes) => onSend?.(from.host, to.host, bytes),
      },
      {
        device: from.device,
        remote: dialling.address,
        dialled: false,
        life: to.life,
        onSend: (bytes) => onSend?.(to.host, from.host, bytes),
        onClosed: onAcceptedClosed,
      },
    );
  }
}
