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
}

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
  /** True if this side dialled. */
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

export interface StreamHandlers {
  /** Chunks may start and stop anywhere; valid only during the call unless copied. */
  data(chunk: Uint8Array): void;
  /** Exactly once, last. */
  closed(reason: string): void;
}
