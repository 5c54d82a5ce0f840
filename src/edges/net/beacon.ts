/**
 * Packets to everyone on the own links, in the way of Syncthing's local discovery v4: IPv4 to the broadcast address of each
 * own network, IPv6 to the group ff12::8384 on each interface, both to UDP port 21027.
 *
 * What is sent and heard is bytes; who wrote them is unknown. Nothing here throws after it was called: a link that is down, a
 * port that a Syncthing on this machine holds (it does not share IPv4's) only mean that less is sent or heard.
 * @module
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { directedBroadcast, usableLinks, type InterfaceAddress } from '../../core/discovery/prefix.ts';
import type { Beacon, Beacons, HearPacket, Interfaces } from '../../ports/discovery.ts';
import { limited } from './rate-limit.ts';

export interface BeaconOptions {
  readonly interfaces: Interfaces;
  /** Default: 21027, where every Syncthing listens. */
  readonly port?: number;
  /** Also on the interfaces of containers and tunnels. Default: false. */
  readonly virtualToo?: boolean;
  /** How many packets a second are taken; more are dropped unread. Default: 200. */
  readonly packetsPerSecondMax?: number;
}

const PORT = 21027;
const GROUP = 'ff12::8384';
/** An announcement with a hundred addresses; larger packets are dropped unread. */
const PACKET_BYTES_MAX = 8 * 1024;
const PACKETS_PER_SECOND_MAX = 200;

export class UdpBeacons implements Beacons {
  readonly #options: BeaconOptions;

  constructor(options: BeaconOptions) {
    this.#options = options;
  }

  async open(hear: HearPacket, { isQuiet = false }: { readonly isQuiet?: boolean } = {}): Promise<Beacon> {
    const { port = PORT, packetsPerSecondMax: perSecondMax = PACKETS_PER_SECOND_MAX } = this.#options;
    const hearSome = limited((packet, from) => hear(packet, { host: from.address, port: from.port }), {
      bytesMax: PACKET_BYTES_MAX,
      perSecondMax,
    });
    const [sender4, sender6, receiver4, receiver6] = await Promise.all([
      // Sent from a port of their own, so that sending works where hearing does not.
      bound(createSocket('udp4'), 0),
      bound(createSocket({ type: 'udp6', ipv6Only: true }), 0),
      bound(createSocket({ type: 'udp4', reuseAddr: true }), port),
      bound(createSocket({ type: 'udp6', ipv6Only: true, reuseAddr: true }), port),
    ]);
    sender4?.setBroadcast(true);
    receiver4?.on('message', hearSome);
    receiver6?.on('message', hearSome);
    const beacon = new UdpBeacon({ sender4, sender6, receiver4, receiver6 }, () => this.#links(), port);
    if (!isQuiet) beacon.joinLinks();
    return beacon;
  }

  #links(): readonly InterfaceAddress[] {
    return usableLinks(this.#options.interfaces.list(), this.#options.virtualToo ?? false);
  }
}

interface Sockets {
  readonly sender4: Socket | undefined;
  readonly sender6: Socket | undefined;
  readonly receiver4: Socket | undefined;
  readonly receiver6: Socket | undefined;
}

class UdpBeacon implements Beacon {
  readonly #sockets: Sockets;
  readonly #links: () => readonly InterfaceAddress[];
  readonly #port: number;
  #isClosed = false;

  constructor(sockets: Sockets, links: () => readonly InterfaceAddress[], port: number) {
    this.#sockets = sockets;
    this.#links = links;
    this.#port = port;
  }

  send(packet: Uint8Array): void {
    if (this.#isClosed) return;
    this.joinLinks();
    const { sender4, sender6 } = this.#sockets;
    for (const broadcast of new Set(this.#links().map(directedBroadcast))) {
      if (broadcast !== undefined) sender4?.send(packet, this.#port, broadcast, ignoreFailure);
    }
    // The zone picks the link; hop limit 1 is what systems use for groups by themselves.
    for (const name of this.#ipv6Interfaces()) sender6?.send(packet, this.#port, `${GROUP}%${name}`, ignoreFailure);
  }

  /** Hears the group on every link there is now. Done anew with each packet sent, since links come and go. */
  joinLinks(): void {
    for (const name of this.#ipv6Interfaces()) {
      try {
        this.#sockets.receiver6?.addMembership(GROUP, `::%${name}`);
      } catch {
        // Joined already, or just gone: there is nothing to do about either.
      }
    }
  }

  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    const closing = Object.values(this.#sockets).map((socket: Socket | undefined) => closed(socket));
    return Promise.all(closing).then(() => {});
  }

  #ipv6Interfaces(): ReadonlySet<string> {
    const links = this.#links().filter((own) => isIPv6(own.address));
    return new Set(links.map((own) => own.interfaceName));
  }
}

/** A socket that is bound to `port`, or undefined if it may not be. */
function bound(socket: Socket, port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(undefined);
    });
    // Later errors are one packet's or one link's.
    socket.on('error', ignoreFailure);
    socket.once('listening', () => {
      socket.removeAllListeners('error').on('error', ignoreFailure);
      // What is heard must not keep a process alive that has nothing else to do.
      socket.unref();
      resolve(socket);
    });
    socket.bind(port);
  });
}

function closed(socket: Socket | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (socket === undefined) resolve();
    else socket.close(() => resolve());
  });
}

function ignoreFailure(): void {
  // A packet that is lost is sent again with the next announcement.
}
