/**
 * A peer as strict as Syncthing 2.x, of which no program can be had here: it speaks lanfold's wire over the real network, and
 * writes down each thing for which a 2.x would close the connection (bep.md §0, §1.5, §4).
 * @module
 */
import { createHash } from 'node:crypto';
import { encodeHello, finishCompressedFrame, FrameDecoder } from '../../src/core/wire/frame.ts';
import {
  decodeFrame,
  encodeMessage,
  type BodyDraft,
  type BodyOf,
  type MessageType,
} from '../../src/core/wire/message-frame.ts';
import {
  Response,
  type ClusterConfig,
  type FileInfo,
  type FileInfoDraft,
  type Index,
} from '../../src/core/wire/messages.ts';
import { Writer } from '../../src/core/wire/writer.ts';
import { createCertificate } from '../../src/edges/net/certificate.ts';
import { identityOf, type Identity } from '../../src/edges/net/identity.ts';
import { TlsNetwork } from '../../src/edges/net/tls-network.ts';
import type { Stream } from '../../src/ports/network.ts';
import { until } from '../harness/process.ts';

/** Above it 2.x closes. */
const REQUEST_BYTES_MAX = 32 << 20;
const RESPONSE = 4;
const FILE = 0;
const DIRECTORY = 1;

type Heard = { [T in MessageType]: { readonly type: T; readonly body: BodyOf<T> } }[MessageType];

export class StrictPeer {
  readonly heard: Heard[] = [];
  /** Why a 2.x would have closed the connection. */
  readonly faults: string[] = [];
  readonly identity: Identity;
  readonly #lanfold: Uint8Array;
  readonly #stream: Stream;
  readonly #decoder = new FrameDecoder();
  readonly #raw: Buffer[] = [];
  #lastSequence = 0;
  #closed: string | undefined;

  private constructor(identity: Identity, stream: Stream, clientName: string) {
    this.identity = identity;
    this.#lanfold = stream.device;
    this.#stream = stream;
    stream.receive({ data: (chunk) => this.#take(chunk), closed: (reason) => (this.#closed = reason) });
    stream.send([
      encodeHello({ deviceName: 'strict', clientName, clientVersion: 'v2.1.3', connections: 3, timestamp: 1n }),
    ]);
  }

  static newIdentity(): Identity {
    return identityOf(createCertificate(new Date()));
  }

  /** Connects to a lanfold. Several connections of one identity are what 2.x calls a primary and its secondaries. */
  static async connect(
    identity: Identity,
    lanfold: { address: string; device: Uint8Array },
    clientName = 'syncthing',
  ): Promise<StrictPeer> {
    const [host = '', port] = lanfold.address.split(':');
    const signal = AbortSignal.timeout(10_000);
    const stream = await new TlsNetwork(identity).dial({ host, port: Number(port) }, lanfold.device, signal);
    return new StrictPeer(identity, stream, clientName);
  }

  /** Why the connection is closed; undefined while it is open. */
  get closed(): string | undefined {
    return this.#closed;
  }

  send<T extends MessageType>(type: T, body: BodyDraft<T>): void {
    this.#stream.send(encodeMessage(type, body));
  }

  /** As a Syncthing does whose user chose to compress all. */
  sendCompressedResponse(body: BodyDraft<'Response'>): void {
    const writer = new Writer();
    Response.write(writer, body);
    this.#stream.send(finishCompressedFrame(writer, RESPONSE));
  }

  sendRaw(bytes: Uint8Array): void {
    this.#stream.send([bytes]);
  }

  /** Shares a folder: this peer's index and what it has of lanfold's. */
  shareFolder(
    id: string,
    index: { indexId: bigint; maxSequence: number },
    has = { indexId: 0n, maxSequence: 0 },
  ): void {
    const devices = [
      { id: this.identity.device, ...index },
      { id: this.#lanfold, ...has },
    ];
    this.send('ClusterConfig', { folders: [{ id, label: id, devices }] });
  }

  /** The first message of a type that `wanted` accepts, of those that came and those to come. */
  async next<T extends MessageType>(type: T, wanted: (body: BodyOf<T>) => boolean = () => true): Promise<BodyOf<T>> {
    return await until(`the strict peer hears a ${type}`, () => this.bodies(type).find(wanted), {
      timeoutMs: 20_000,
      everyMs: 5,
      detail: () => `closed: ${this.#closed}; heard: ${this.heard.map((m) => m.type).join()}`,
    });
  }

  /** All messages of a type so far. */
  bodies<T extends MessageType>(type: T): BodyOf<T>[] {
    return this.heard.flatMap((message) => (message.type === type ? [message.body as BodyOf<T>] : []));
  }

  /** Whether bytes came over the wire, in whatever message. */
  hasHeardBytes(bytes: Buffer): boolean {
    return Buffer.concat(this.#raw).includes(bytes);
  }

  close(): void {
    this.#stream.destroy('the test is over');
  }

  #take(chunk: Uint8Array): void {
    this.#raw.push(Buffer.from(chunk));
    for (const frame of this.#decoder.feed(chunk)) {
      const message = decodeFrame(frame);
      if (message.type === 'Hello') continue;
      if (message.type === 'Unknown') {
        this.faults.push(`message of unknown type ${message.number}`);
        continue;
      }
      if (this.heard.length === 0 && message.type !== 'ClusterConfig') this.faults.push(`first came a ${message.type}`);
      this.heard.push(message);
      this.#check(message);
    }
  }

  #check({ type, body }: Heard): void {
    if (type === 'ClusterConfig') this.#checkConfig(body);
    else if (type === 'Index' || type === 'IndexUpdate') this.#checkIndex(body);
    else if (type === 'Request') {
      if (body.hash.length !== 32) this.faults.push(`request of "${body.name}" without a hash`);
      if (body.size > REQUEST_BYTES_MAX || body.size < 0) this.faults.push(`request of ${body.size} bytes`);
    }
  }

  #checkConfig({ folders }: ClusterConfig): void {
    for (const { id, devices } of folders) {
      const ids = devices.map((device) => Buffer.from(device.id).toString('hex'));
      const both = [this.identity.device, this.#lanfold].map((device) => Buffer.from(device).toString('hex'));
      if (!both.every((device) => ids.includes(device))) this.faults.push(`folder "${id}" does not name both devices`);
      if (devices.some((device) => device.id.length !== 32)) this.faults.push(`folder "${id}" names a short device ID`);
    }
  }

  #checkIndex({ files, lastSequence }: Index): void {
    for (const file of files) {
      if (file.sequence <= this.#lastSequence)
        this.faults.push(`sequence ${file.sequence} after ${this.#lastSequence}`);
      this.#lastSequence = file.sequence;
      const fault = faultOf(file);
      if (fault !== undefined) this.faults.push(`"${file.name}" ${fault}`);
    }
    if (lastSequence !== this.#lastSequence) this.faults.push(`last sequence is said to be ${lastSequence}`);
  }
}

function faultOf(file: FileInfo): string | undefined {
  const isPlain = file.type === FILE && !file.deleted && !file.invalid;
  if (isPlain && file.blocks.length === 0) return 'is a file without blocks';
  if (!isPlain && file.blocks.length > 0) return 'has blocks and is no file';
  if (file.type !== FILE && file.size !== 0 && !(file.type === DIRECTORY && file.size === 128))
    return `has ${file.size} bytes`;
  const ids = (file.version?.counters ?? []).map(({ device }) => device);
  if (ids.length === 0 || ids.some((id, index) => index > 0 && id <= (ids[index - 1] ?? 0n)))
    return 'has an unsorted version';
  return undefined;
}

/** An entry for a file of a strict peer's own, in one block. */
export function fileInfo(peer: StrictPeer, name: string, content: Uint8Array, sequence: number): FileInfoDraft {
  const device = Buffer.from(peer.identity.device).readBigUInt64BE();
  const hash = createHash('sha256').update(content).digest();
  return {
    name,
    size: content.length,
    permissions: 0o644,
    modifiedS: 1_700_000_000,
    version: { counters: [{ device, value: BigInt(sequence) }] },
    sequence,
    modifiedBy: device,
    blockSize: 131_072,
    blocks: [{ size: content.length, hash }],
  };
}
