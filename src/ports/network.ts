/**
 * Secured conversations between devices.
 *
 * Every {@link Stream} that comes out of here is TLS 1.3, and its far end has proven the device ID in `device`: identity is
 * checked before one byte of the protocol is read. Who is not in `accepts` gets nothing but a closed connection.
 */
export interface Network {
  /** Starts listening; every accepted stream goes to `onStream`. Throws a LanfoldError when the port is taken. */
  listen(options: ListenOptions): Promise<Listener>;
  /**
   * Connects to `address` and proves that `device` is there.
   * @throws LanfoldError E_PEER_UNREACHABLE when nobody answers in time; E_PEER_WRONG_DEVICE when somebody else does, with an
   *   OtherDevice (core/discovery/try-result.ts) as its cause that tells who; the signal's reason when it is aborted.
   */
  dial(address: Address, device: Uint8Array, signal: AbortSignal): Promise<Stream>;
  /**
   * Is somebody at this address who waits to be paired?
   * @returns `waiting`: the connection, to pair over it (the far end may still close it, when it is busy with others);
   *   `present`: somebody who speaks the protocol and does not wait. That connection is closed again.
   * @throws as `dial`; E_PEER_WRONG_DEVICE when nobody proved an identity, or this device itself did.
   */
  knock(address: Address, signal: AbortSignal): Promise<Knocked>;
  /**
   * Meets somebody in the middle: both connect to each other, from the port that the other connects to, at the same time
   * (TCP simultaneous open). That passes two firewalls that silently drop whatever comes in; nobody need listen. Where one end
   * refuses (RST), a dial gets there, and a meeting only by luck. In memory nobody refuses.
   *
   * Both must call within the time of an attempt of each other; who came has MEETING_MS (core/discovery/meeting.ts) to prove who
   * it is. An attempt that lasts costs hardly a packet, and a pause between two is when the far end is missed: so whoever tries
   * again and again leaves none. Attempts toward different hosts may share a local port.
   * Of the two streams of a meeting, that of the higher address counts as dialled.
   * @param from where this end connects from; without a host, whatever leads to `address`.
   * @throws as `dial`; E_PEER_UNREACHABLE also when the far end wants something else, and when this end is taken: EADDRINUSE,
   *   or EADDRNOTAVAIL when an attempt or a connection from here to there is under way.
   */
  meet(address: Address, from: MeetingPlace, expects: Expected, signal: AbortSignal): Promise<Met>;
}

export interface MeetingPlace {
  /** An address of this machine. */
  readonly host?: string;
  /** Not 0: the far end has to know it. */
  readonly port: number;
  /** How long the far end is waited for. Default: MEETING_MS. */
  readonly windowMs?: number;
}

/**
 * Who is hoped for at a meeting: the device with this raw ID; somebody `waiting` with an open code, to be joined; or somebody
 * `joining`, when the open code is ours.
 */
export type Expected = Uint8Array | 'waiting' | 'joining';

export type Knocked =
  | { readonly is: 'waiting'; readonly stream: PairingStream }
  /** `device`: its raw ID. */
  | { readonly is: 'present'; readonly device: Uint8Array };

/**
 * Who came: `connected` is the expected device, and `joining` somebody who wants to join, each only to who expected that;
 * `waiting` and `present`, as to a knock, only to who expected `waiting`.
 */
export type Met =
  | { readonly is: 'connected'; readonly stream: Stream }
  | { readonly is: 'joining'; readonly stream: PairingStream }
  | Knocked;

export interface Address {
  /** An IPv4 or IPv6 address (with a zone for link-local ones), or a host name. */
  readonly host: string;
  readonly port: number;
}

export interface ListenOptions {
  /** Undefined: all interfaces, IPv4 and IPv6. */
  readonly host?: string;
  /** Tried in order; 0 lets the system choose. */
  readonly ports: readonly number[];
  readonly onStream: (stream: Stream) => void;
  /** Asked with a raw device ID (32 bytes) when a certificate is proven, before anything is read. */
  readonly accepts: (device: Uint8Array) => boolean;
  /** A stranger was turned away. */
  readonly onStranger?: (device: Uint8Array, from: Address) => void;
  /** Lets strangers in, for pairing alone. */
  readonly pairing?: PairingDoor;
}

export interface PairingDoor {
  /** Asked at each new connection; while it is open, whoever wants to pair may. */
  isOpen(): boolean;
  /** Not more than PAIRING_STREAMS_MAX (core/limits.ts) at once are handed over. Whom to trust is up to the receiver. */
  onStream(stream: PairingStream): void;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface Stream {
  /** Raw device ID of the far end: SHA-256 of its certificate, 32 bytes. */
  readonly device: Uint8Array;
  readonly remote: Address;
  /** The own address that it is held from, without a zone; undefined where there is no such thing. */
  readonly local?: string;
  /** True if this side dialled. Of the two ends of a connection one did. */
  readonly dialled: boolean;
  /** Starts delivery. Called once. */
  receive(handlers: StreamHandlers): void;
  /**
   * Sends bytes in order. The caller must not change them afterwards.
   * @returns false when the far end is slow: wait for {@link Stream.drained} before sending more bulk.
   */
  send(parts: readonly Uint8Array[]): boolean;
  /** Resolves when the send buffer is short again, or the stream is closed. */
  drained(): Promise<void>;
  /** Stops and restarts delivery, so that a flood waits in the far end's buffers and not in ours. */
  pause(): void;
  resume(): void;
  /** Sends what is buffered, then closes. Idempotent. */
  end(): void;
  /** Closes at once. Idempotent. */
  destroy(reason: string): void;
}

/**
 * A connection whose far end has proven a certificate, and nothing about whether it may be trusted: for pairing alone.
 * Spoken under a protocol name of its own on the same port as everything else, so that neither is ever taken for the other.
 */
export interface PairingStream extends Stream {
  /** 32 bytes that both ends of this connection have in common, and no other connection has (RFC 9266). */
  readonly binding: Uint8Array;
}

export interface StreamHandlers {
  /** Chunks may start and stop anywhere; valid only during the call unless copied. */
  data(chunk: Uint8Array): void;
  /** Exactly once, last. */
  closed(reason: string): void;
}
