/**
 * Pairing by code, as one node does it: offers its folders to whoever knows the code, or looks for who waits; trusts and shares
 * what was agreed.
 * @module
 */
import { type as osType } from 'node:os';
import { basename } from 'node:path';
import { LanfoldError } from '../../core/errors.ts';
import { deviceIdText } from '../../core/model/device-id.ts';
import type { Offer } from '../../core/wire/pairing.ts';
import type { Address } from '../../ports/network.ts';
import { printAddress } from '../address.ts';
import { CodeOffer } from './code-offer.ts';
import type { Engine } from '../engine.ts';
import type { FolderHandle } from '../folder-handle.ts';
import { Joining } from './joining.ts';
import type { Pairing } from './pairing.ts';
import type { PeerStatus } from '../peer-status.ts';

export interface PairOptions {
  /** IDs of the folders that whoever joins is offered. Default: all. */
  readonly folders?: readonly string[];
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** A device that is not trusted here tried to connect; a person may let it in. */
export interface PairRequest {
  /** Its device ID, proven: to be compared with what it shows. */
  readonly id: string;
  /** `host:port` that it came from. */
  readonly address: string;
  /**
   * Trusts it from now on; it connects when it tries again. Which folders it shares does not depend on what it says.
   * @param options.folders IDs of the folders that are shared with it. Default: all that are open here.
   */
  accept(options?: { readonly folders?: readonly string[]; readonly name?: string }): Promise<PeerStatus>;
}

/** What pairing needs of its node. */
export interface PairingNode {
  trust(
    id: string,
    options: { name?: string; addresses?: readonly string[]; folders?: readonly string[] },
  ): Promise<string>;
  peers(): PeerStatus[];
  folders(): FolderHandle[];
}

/** A person's word for the system. */
const SYSTEMS: Readonly<Record<string, string>> = { Darwin: 'macOS', Windows_NT: 'Windows' };

export class NodePairing {
  readonly #node: PairingNode;
  readonly #engine: Engine;
  readonly #joinings = new Set<Joining>();

  constructor(node: PairingNode, engine: Engine) {
    this.#node = node;
    this.#engine = engine;
  }

  /** @throws LanfoldError `E_FOLDER_UNKNOWN`; `E_CLOSED` when the node is offline. */
  pair({ folders, signal }: PairOptions): CodeOffer {
    for (const id of folders ?? [])
      if (!this.#node.folders().some((handle) => handle.id === id))
        throw new LanfoldError('E_FOLDER_UNKNOWN', { subject: id });
    const shown = new CodeOffer(() => host);
    const host = this.#demandPairing().open({
      system: SYSTEMS[osType()] ?? osType(),
      offer: () => this.#offer(folders),
      events: {
        code: (code) => void shown.emit('code', code),
        wrongCode: (guess) => void shown.emit('wrong-code', guess),
        paired: async ({ device, name, folders: accepted }) => {
          const peer = await this.#trust(device, { name, folders: accepted });
          shown.emit('paired', peer, accepted);
        },
        closed: (because) => {
          this.#engine.pairingChanged();
          shown.emit('closed', because);
        },
      },
    });
    this.#engine.pairingChanged();
    signal?.addEventListener('abort', () => host.close(), { once: true });
    return shown;
  }

  /** @throws LanfoldError `E_CLOSED` when the node is offline. */
  join(): Joining {
    const pairing = this.#demandPairing();
    const joining: Joining = new Joining({
      log: this.#engine.edges.log,
      search: (found) => this.#engine.searchWaiting(found),
      reach: (host, signal) => this.#engine.reachWaiting(host, signal),
      begin: (stream, tries, signal) => pairing.begin(stream, tries, signal),
      agreed: ({ device, name }, address) =>
        this.#trust(device, { name, addresses: address === undefined ? [] : [address] }),
      closed: () => this.#joinings.delete(joining),
    });
    this.#joinings.add(joining);
    return joining;
  }

  /** A stranger knocked. */
  request(device: Uint8Array, from: Address): PairRequest {
    return {
      id: deviceIdText(device),
      address: printAddress(from),
      accept: ({ folders, ...given } = {}) =>
        this.#trust(device, { ...given, folders: folders ?? this.#node.folders().map(({ id }) => id) }),
    };
  }

  close(): void {
    for (const joining of this.#joinings) joining.close();
  }

  /** What there is of it now: a folder may have been removed since the code was shown. */
  #offer(wanted: readonly string[] | undefined): Offer {
    const folders = this.#node
      .folders()
      .filter(({ id }) => wanted?.includes(id) ?? true)
      .map((handle) => {
        const { files, bytes } = handle.status();
        const label = basename(handle.path);
        return { id: handle.id, label, files, bytes, pathHint: label };
      });
    return { folders, addresses: [] }; // the far end knows where it has found us
  }

  async #trust(device: Uint8Array, options: Parameters<PairingNode['trust']>[1]): Promise<PeerStatus> {
    const id = await this.#node.trust(deviceIdText(device), options);
    const peer = this.#node.peers().find((candidate) => candidate.id === id);
    if (peer === undefined) throw new LanfoldError('E_PEER_UNKNOWN', { subject: id });
    return peer;
  }

  #demandPairing(): Pairing {
    if (this.#engine.pairing === undefined) throw new LanfoldError('E_CLOSED', { subject: 'the node' });
    return this.#engine.pairing;
  }
}
