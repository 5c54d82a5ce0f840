/**
 * This device and others by multicast DNS (`_lanfold._tcp`): the one group that customary firewalls let in. So even a node
 * that nobody can dial hears of others at once, and dials them.
 *
 * The package `multicast-dns` reads and writes the packets. The sockets are made here, one for each own IPv4 address: the
 * package's own keep the process alive, choose one interface, and take packets without bound. What is heard is a hint: host is
 * where the packet came from, whatever addresses it names.
 * @module
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import { isIPv4 } from 'node:net';
import type { MulticastDNS, QueryPacket, ResponsePacket } from 'multicast-dns';
import { usableLinks, type InterfaceAddress } from '../../core/discovery/prefix.ts';
import type { Interfaces, Service, Services, ServiceVoice } from '../../ports/discovery.ts';
import { concernsUs, isQuestionForUs, QUESTION, recordsOf, servicesIn } from './mdns-packet.ts';
import { limited } from './rate-limit.ts';

export interface MdnsOptions {
  readonly interfaces: Interfaces;
  /** Also on the interfaces of containers and tunnels. Default: false. */
  readonly virtualToo?: boolean;
  /** Default: 5353. */
  readonly port?: number;
}

const PORT = 5353;
const GROUP = '224.0.0.251';
/** A packet of multicast DNS fits into one Ethernet frame, and never has more than this (RFC 6762 §17). */
const PACKET_LIMITS = { bytesMax: 9_000, perSecondMax: 200 };
/** Whoever floods the link with questions must not make us answer each. */
const ANSWER_EVERY_MS = 250;

type Hear = (service: Service, host: string) => void;

export class MdnsServices implements Services {
  readonly #options: MdnsOptions;

  constructor(options: MdnsOptions) {
    this.#options = options;
  }

  async open(own: () => Service, hear: Hear): Promise<ServiceVoice> {
    const { interfaces, virtualToo = false, port = PORT } = this.#options;
    const { default: makeMdns } = await import('multicast-dns');
    const links = (): readonly InterfaceAddress[] =>
      usableLinks(interfaces.list(), virtualToo).filter(({ address }) => isIPv4(address));
    const make = (socket: Socket): MulticastDNS => makeMdns({ socket, bind: false, multicast: false, ip: GROUP, port });
    const voice = new MdnsVoice({ own, hear, links, port, make });
    await voice.follow();
    return voice;
  }
}

interface VoiceOptions {
  own(): Service;
  readonly hear: Hear;
  links(): readonly InterfaceAddress[];
  readonly port: number;
  make(socket: Socket): MulticastDNS;
}

/** One socket for each own address, as they come and go. */
class MdnsVoice implements ServiceVoice {
  readonly #options: VoiceOptions;
  readonly #ends = new Map<string, { readonly socket: Socket; readonly mdns: MulticastDNS }>();
  readonly #opening = new Set<string>();
  #answeredMs = -Infinity;
  #hasTold = false;
  #isClosed = false;

  constructor(options: VoiceOptions) {
    this.#options = options;
  }

  tell(): void {
    this.#hasTold = true;
    void this.follow();
    for (const { mdns } of this.#ends.values()) mdns.respond({ answers: recordsOf(this.#options.own()) });
  }

  ask(): void {
    for (const { mdns } of this.#ends.values()) mdns.query({ questions: [QUESTION] });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const ends = [...this.#ends.values()];
    this.#ends.clear();
    await Promise.all(ends.map(({ socket }) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  }

  /** Opens what is new and closes what is gone. */
  async follow(): Promise<void> {
    const now = new Set(this.#options.links().map(({ address }) => address));
    for (const [address, { socket }] of this.#ends) {
      if (now.has(address)) continue;
      this.#ends.delete(address);
      socket.close();
    }
    await Promise.all([...now].map((address) => this.#open(address)));
  }

  async #open(address: string): Promise<void> {
    if (this.#ends.has(address) || this.#opening.has(address)) return;
    this.#opening.add(address);
    const socket = await memberSocket(address, this.#options.port);
    this.#opening.delete(address);
    if (socket === undefined) return;
    if (this.#isClosed) {
      socket.close();
      return;
    }
    const mdns = this.#options.make(behindLimit(socket));
    mdns.on('error', ignoreFailure);
    mdns.on('warning', ignoreFailure);
    mdns.on('query', (query) => this.#answer(query));
    mdns.on('response', (response, from) => this.#hear(response, from));
    this.#ends.set(address, { socket, mdns });
    // A link that has come up since: nobody there has heard of this device.
    if (this.#hasTold) mdns.respond({ answers: recordsOf(this.#options.own()) });
  }

  #answer(query: QueryPacket): void {
    const nowMs = performance.now();
    if (!isQuestionForUs(query) || nowMs - this.#answeredMs < ANSWER_EVERY_MS) return;
    this.#answeredMs = nowMs;
    this.tell();
  }

  #hear(response: ResponsePacket, from: RemoteInfo): void {
    if (from.port !== this.#options.port) return; // RFC 6762 §6: not from a multicast responder
    for (const service of servicesIn(response)) this.#options.hear(service, from.address);
  }
}

/** A socket that hears the group on one link and sends to it there; undefined where that is not possible. */
function memberSocket(address: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    const giveUp = (): void => {
      socket.close();
      resolve(undefined);
    };
    socket.once('error', giveUp);
    // Bound to everything: bound to its own address it would hear nothing that is sent to the group.
    socket.bind(port, () => {
      socket.off('error', giveUp).on('error', ignoreFailure);
      socket.unref();
      try {
        socket.addMembership(GROUP, address);
        socket.setMulticastInterface(address);
        socket.setMulticastTTL(255);
      } catch {
        giveUp();
        return;
      }
      resolve(socket);
    });
  });
}

/** The socket, as the package sees it: it hears only what is within bounds and may be ours. */
function behindLimit(socket: Socket): Socket {
  const filtered = new EventEmitter();
  socket.on(
    'message',
    limited((packet, from) => {
      if (concernsUs(packet)) filtered.emit('message', packet, from);
    }, PACKET_LIMITS),
  );
  // The package sends a moment after it is told to, when the socket may be closed: no error of one packet may be thrown then.
  const send = (...words: Parameters<Socket['send']>): void => {
    try {
      socket.send(...words);
    } catch {
      ignoreFailure();
    }
  };
  return Object.assign(filtered, { send }) as unknown as Socket;
}

function ignoreFailure(): void {
  // One packet, or one link. mDNS is a second channel: the other layers go on.
}
