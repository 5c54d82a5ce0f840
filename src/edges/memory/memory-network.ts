/**
 * A network in memory: hosts, and links between them that are slow, cut and healed.
 *
 * Who is at the far end needs no proof here: the network was told when the device joined. All else is as the port says.
 * @module
 */
import { OtherDevice } from '../../core/discovery/try-result.ts';
import { LanfoldError } from '../../core/errors.ts';
import { sameBytes } from '../../core/model/file-record.ts';
import type { Address, Listener, ListenOptions, Network, Stream } from '../../ports/network.ts';
import type { Life } from './life.ts';
import { MemoryLink } from './memory-link.ts';
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

interface Member {
  readonly host: string;
  readonly device: Uint8Array;
  readonly life: Life;
}

interface Listening {
  readonly member: Member;
  readonly options: ListenOptions;
}

const DIAL_TIMEOUT_MS = 10_000;
const BUFFER_BYTES = 4 * 1024 * 1024;
const FIRST_FREE_PORT = 40_000;

export class MemoryNetwork {
  readonly #options: MemoryNetworkOptions;
  /** By "host port". */
  readonly #listening = new Map<string, Listening>();
  /** By both hosts, in order. */
  readonly #links = new Map<string, MemoryLink>();
  #nextPort = FIRST_FREE_PORT;

  constructor(options: MemoryNetworkOptions) {
    this.#options = options;
  }

  /** The network as one process on a host sees it; with the end of its life all that it has open is reset. */
  join(host: string, device: Uint8Array, life: Life): Network {
    const member: Member = { host, device, life };
    return {
      listen: (options) => this.#listen(member, options),
      dial: (address, wanted, signal) => this.#dial(member, address, wanted, signal),
      knock: () => Promise.reject(new Error('not yet')),
      meet: () => Promise.reject(new Error('not yet')),
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
    const listening = { member, options };
    this.#listening.set(key, listening);
    const stop = (): void => {
      if (this.#listening.get(key) === listening) this.#listening.delete(key);
    };
    member.life.onEnd(stop);
    return { host, port, close: () => Promise.resolve(stop()) };
  }

  #dial(member: Member, address: Address, wanted: Uint8Array, signal: AbortSignal): Promise<Stream> {
    return new Promise((resolve, reject) => {
      const link = this.link(member.host, address.host);
      const finish = (): void => {
        timeout.cancel();
        attempt.cancel();
        signal.removeEventListener('abort', onAbort);
      };
      const fail = (error: unknown): void => {
        finish();
        reject(error);
      };
      const onAbort = (): void => fail(signal.reason);
      const timeout = member.life.after(DIAL_TIMEOUT_MS, () => fail(unreachable(address, 'ETIMEDOUT')));
      const attempt = member.life.after(link.delayMs() + link.delayMs(), () => {
        if (link.isCut) return; // no answer: the timeout speaks
        const outcome = this.#connect(member, address, wanted, link);
        if (outcome instanceof Error) fail(outcome);
        else {
          finish();
          resolve(outcome);
        }
      });
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #connect(member: Member, address: Address, wanted: Uint8Array, link: MemoryLink): Stream | LanfoldError {
    const listening = this.#listening.get(`${address.host} ${address.port}`);
    if (listening === undefined) return unreachable(address, 'ECONNREFUSED');
    const found = listening.member.device;
    if (!sameBytes(found, wanted) || sameBytes(found, member.device)) {
      const subject = `${address.host}:${address.port}`;
      return new LanfoldError('E_PEER_WRONG_DEVICE', { subject, cause: new OtherDevice(found) });
    }
    const { dialled, accepted } = this.#streams(member, address, listening.member, link);
    if (listening.options.accepts(member.device)) listening.options.onStream(accepted);
    else {
      listening.options.onStranger?.(member.device, accepted.remote);
      accepted.destroy('not accepted'); // as in TLS 1.3, the dialler learns of it only after it believed to be connected
    }
    return dialled;
  }

  #streams(
    dialling: Member,
    address: Address,
    listening: Member,
    link: MemoryLink,
  ): { dialled: MemoryStream; accepted: MemoryStream } {
    const { onSend, bufferBytes = BUFFER_BYTES } = this.#options;
    const from: Address = { host: dialling.host, port: this.#nextPort++ };
    return connectStreams(
      link,
      bufferBytes,
      {
        device: listening.device,
        remote: address,
        dialled: true,
        life: dialling.life,
        onSend: (bytes) => onSend?.(dialling.host, listening.host, bytes),
      },
      {
        device: dialling.device,
        remote: from,
        dialled: false,
        life: listening.life,
        onSend: (bytes) => onSend?.(listening.host, dialling.host, bytes),
      },
    );
  }
}

function unreachable(address: Address, code: string): LanfoldError {
  const cause = Object.assign(new Error(code), { code });
  return new LanfoldError('E_PEER_UNREACHABLE', { subject: `${address.host}:${address.port}`, cause });
}
