/**
 * A device that a lanfold trusts, and that means harm: it speaks the protocol by hand (wire.ts) over Node's own TLS, so it can
 * say whatever it likes, in whatever order, and leave unsaid whatever it likes.
 * @module
 */
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { createCertificate } from '../../src/edges/net/certificate.ts';
import { identityOf, type Identity } from '../../src/edges/net/identity.ts';
import { until } from '../harness/process.ts';
import { Author, entryBytes, type Entry } from './entry.ts';
import {
  fieldsOf,
  frame,
  hello,
  numberOf,
  record,
  recordOf,
  sha256,
  textOf,
  TYPE,
  unpack,
  type Field,
} from './wire.ts';

export interface Heard {
  readonly type: number;
  readonly body: Buffer;
}

export interface Asked {
  readonly id: number;
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

export interface Answer {
  readonly code: number;
  readonly data: Buffer;
}

export interface Target {
  /** `host:port`. */
  readonly address: string;
  /** What must never come over the wire. */
  readonly secret: Buffer;
}

export interface Introducing {
  readonly clientName?: string;
  readonly deviceName?: string;
  /** Further fields of the hello; `undefined` in place of all: none is sent. */
  readonly hello?: readonly Field[] | 'none';
  readonly tls?: ConnectionOptions;
}

const SHAKEN_MS = 10_000;

export function newIdentity(): Identity {
  return identityOf(createCertificate(new Date()));
}

/** The first eight bytes of a device ID. */
export function shortOf(device: Uint8Array): bigint {
  return Buffer.from(device).readBigUInt64BE();
}

export class EvilPeer {
  readonly identity: Identity;
  /** Raw device ID of the victim. */
  readonly victim: Buffer;
  readonly author: Author;
  /** Everything but responses, which are many. */
  readonly heard: Heard[] = [];
  readonly answers = new Map<number, Answer>();
  responses = 0;
  /** How a request is answered; undefined: not at all. */
  serve: (asked: Asked) => Buffer | undefined = () => undefined;
  asked = 0;
  hasSecret = false;
  /** When the far end closed it; undefined while it is open. */
  closedMs: number | undefined;
  readonly socket: TLSSocket;
  readonly #secret: Buffer;
  #received = Buffer.alloc(0);
  #tail = Buffer.alloc(0);
  #isGreeted = false;
  #nextId = 1;

  private constructor(identity: Identity, socket: TLSSocket, target: Target) {
    this.identity = identity;
    this.socket = socket;
    this.#secret = target.secret;
    this.victim = sha256(socket.getPeerCertificate(true).raw);
    this.author = new Author(shortOf(identity.device));
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  /** Shakes hands and says hello. */
  static async connect(identity: Identity, target: Target, introducing: Introducing = {}): Promise<EvilPeer> {
    const socket = await shakeHands(identity, target.address, introducing.tls);
    const peer = new EvilPeer(identity, socket, target);
    socket.on('close', () => (peer.closedMs = performance.now()));
    if (introducing.hello === 'none') return peer;
    const { clientName = 'syncthing', deviceName = 'evil' } = introducing;
    peer.raw(hello(record([1, deviceName], [2, clientName], [3, 'v2.1.3'], ...(introducing.hello ?? []))));
    return peer;
  }

  get isClosed(): boolean {
    return this.closedMs !== undefined;
  }

  raw(bytes: Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  send(type: number, body: Uint8Array = Buffer.alloc(0)): void {
    this.raw(frame(type, body));
  }

  /** Resolves when the system has taken all that was sent, or the connection is gone. */
  async flushed(): Promise<void> {
    if (this.socket.writableLength === 0 || this.socket.destroyed) return;
    await new Promise<void>((resolve) => {
      this.socket.once('drain', resolve).once('close', () => resolve());
    });
  }

  /** Says which folders it shares. `has`: what it says that it has of the victim's index. */
  share(folders: readonly string[], index = { id: 0x1234n, maxSequence: 0 }): void {
    const own = record([1, this.identity.device], [6, index.maxSequence], [8, index.id]);
    const devices: Field[] = [
      [16, own],
      [16, record([1, this.victim])],
    ];
    this.send(TYPE.clusterConfig, recordOf(folders.map((id): Field => [1, record([1, id], [2, id], ...devices)])));
  }

  index(folder: string, entries: readonly Entry[], type: number = TYPE.index): void {
    this.send(type, recordOf([[1, folder], ...entries.map((entry): Field => [2, entryBytes(entry)])]));
  }

  /** An index update of entries that are bytes already. */
  updateOf(folder: string, entries: readonly Uint8Array[]): void {
    this.send(TYPE.indexUpdate, recordOf([[1, folder], ...entries.map((entry): Field => [2, entry])]));
  }

  update(folder: string, ...entries: readonly Entry[]): void {
    this.index(folder, entries, TYPE.indexUpdate);
  }

  /** Asks and does not wait. @returns the request's ID. */
  ask(
    folder: string,
    name: string | Uint8Array,
    offset: number | bigint,
    size: number | bigint,
    hash?: Uint8Array,
  ): number {
    const id = this.#nextId++;
    const fields: Field[] = [
      [1, id],
      [2, folder],
      [3, name],
      [4, offset],
      [5, size],
    ];
    this.send(TYPE.request, record(...fields, ...(hash === undefined ? [] : [[6, hash] as Field])));
    return id;
  }

  /** The answer to a request, or why there is none. */
  async answerTo(id: number, timeoutMs = 10_000): Promise<Answer | 'closed'> {
    return await until(
      `request ${id} is answered`,
      () => this.answers.get(id) ?? (this.isClosed ? 'closed' : undefined),
      {
        timeoutMs,
        everyMs: 2,
      },
    );
  }

  /** Waits until a message of the type came that `wanted` accepts; rejects when it does not. */
  async hears(type: number, wanted: (body: Buffer) => boolean = () => true): Promise<Buffer> {
    const find = (): Buffer | undefined =>
      this.heard.find((message) => message.type === type && wanted(message.body))?.body;
    return await until(`the evil peer hears a message of type ${type}`, find, { everyMs: 2 });
  }

  /** Names of which the victim has told. */
  told(folder: string): Map<string, Map<number, (bigint | Buffer)[]>> {
    const entries = this.heard
      .filter(({ type }) => type === TYPE.index || type === TYPE.indexUpdate)
      .map(({ body }) => fieldsOf(body))
      .filter((fields) => textOf(fields, 1) === folder)
      .flatMap((fields) => fields.get(2) ?? [])
      .flatMap((value) => (typeof value === 'bigint' ? [] : [fieldsOf(value)]));
    return new Map(entries.map((fields) => [textOf(fields, 1), fields]));
  }

  async closes(timeoutMs = 10_000): Promise<void> {
    await until('the victim closes the connection', () => this.isClosed || undefined, { timeoutMs, everyMs: 2 });
  }

  leave(): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#searchSecret(chunk);
    this.#received = Buffer.concat([this.#received, chunk]);
    for (let taken = this.#next(); taken !== undefined; taken = this.#next()) {
      this.#received = this.#received.subarray(taken.bytes);
      if (taken.message !== undefined) this.#hear(taken.message);
    }
  }

  #next(): { readonly bytes: number; readonly message?: Heard } | undefined {
    const bytes = this.#received;
    if (!this.#isGreeted) {
      if (bytes.length < 6 || bytes.length < 6 + bytes.readUInt16BE(4)) return undefined;
      this.#isGreeted = true;
      return { bytes: 6 + bytes.readUInt16BE(4) };
    }
    if (bytes.length < 2 || bytes.length < 6 + bytes.readUInt16BE(0)) return undefined;
    const start = 6 + bytes.readUInt16BE(0);
    const end = start + bytes.readUInt32BE(start - 4);
    if (bytes.length < end) return undefined;
    const header = fieldsOf(bytes.subarray(2, start - 4));
    const body = bytes.subarray(start, end);
    const isPacked = numberOf(header, 2) === 1;
    const content = isPacked ? unpack(body.subarray(4), body.readUInt32BE(0)) : Buffer.from(body);
    return { bytes: end, message: { type: numberOf(header, 1), body: content } };
  }

  #hear(message: Heard): void {
    if (message.body.includes(this.#secret)) this.hasSecret = true;
    const fields = message.type === TYPE.request || message.type === TYPE.response ? fieldsOf(message.body) : new Map();
    if (message.type === TYPE.response) {
      this.responses += 1;
      const data = fields.get(2)?.at(-1);
      this.answers.set(numberOf(fields, 1), {
        code: numberOf(fields, 3),
        data: Buffer.isBuffer(data) ? data : Buffer.alloc(0),
      });
    } else this.heard.push(message);
    if (message.type !== TYPE.request) return;
    this.asked += 1;
    const asked = {
      id: numberOf(fields, 1),
      name: textOf(fields, 3),
      offset: numberOf(fields, 4),
      size: numberOf(fields, 5),
    };
    const data = this.serve(asked);
    if (data !== undefined) this.send(TYPE.response, record([1, asked.id], [2, data]));
  }

  #searchSecret(chunk: Buffer): void {
    const seen = Buffer.concat([this.#tail, chunk]);
    if (seen.includes(this.#secret)) this.hasSecret = true;
    this.#tail = seen.subarray(-this.#secret.length);
  }
}

async function shakeHands(identity: Identity, address: string, tls: ConnectionOptions = {}): Promise<TLSSocket> {
  const [host = '', port] = address.split(':');
  const socket = connect({
    host,
    port: Number(port),
    key: identity.keyPem,
    cert: identity.certificatePem,
    rejectUnauthorized: false,
    ALPNProtocols: ['bep/1.0'],
    minVersion: 'TLSv1.3',
    checkServerIdentity: () => undefined,
    ...tls,
  });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no handshake with ${address} within ${SHAKEN_MS} ms`)), SHAKEN_MS);
    socket
      .once('secureConnect', resolve)
      .once('error', reject)
      .once('close', () => clearTimeout(timer));
    socket.once('secureConnect', () => clearTimeout(timer));
  });
  socket.on('error', () => {});
  socket.setNoDelay(true);
  socket.setMaxListeners(0);
  return socket;
}
