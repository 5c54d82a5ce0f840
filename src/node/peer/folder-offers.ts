/**
 * Folders that peers share with this device and that are not here: what a person may want to put somewhere.
 *
 *   a peer's cluster config → its offers → `offer`, each once per connection
 * @module
 */
import { OFFERS_PER_PEER_MAX } from '../../core/limits.ts';
import { sameBytes } from '../../core/model/file-record.ts';
import { cutName } from '../../core/wire/member.ts';
import type { ClusterConfig, ClusterFolder } from '../../core/wire/messages.ts';
import { RUNNING } from './own-config.ts';
import type { Peer } from './peer.ts';

export interface FolderOffer {
  /** Device ID of the peer. */
  readonly peer: string;
  /** What it is called here, or calls itself. */
  readonly name: string | undefined;
  /** Folder ID. */
  readonly folder: string;
  /** What the peer calls the folder; its ID when it gave no name. */
  readonly label: string;
}

export interface FolderOffersOptions {
  /** Raw ID of this device. */
  readonly own: Uint8Array;
  /** Is a folder of that ID configured here? */
  readonly isKnown: (folderId: string) => boolean;
  readonly onOffer: (offer: FolderOffer) => void;
}

/** `type` of a folder whose content its holder cannot read. */
const ENCRYPTED = 3;

export class FolderOffers {
  readonly #options: FolderOffersOptions;
  /** Of each connected peer the IDs of the folders that were told of. */
  readonly #told = new WeakMap<Peer, Set<string>>();
  /** What each peer offered last; of its words no more is kept (R19). */
  readonly #offered = new WeakMap<Peer, readonly { readonly folder: string; readonly label: string }[]>();

  constructor(options: FolderOffersOptions) {
    this.#options = options;
  }

  /** A peer said what it shares. */
  configured(peer: Peer, { folders }: ClusterConfig): void {
    const offered = keptOf(
      folders.filter((folder) => this.#canBeTaken(folder)),
      ({ id }) => this.#options.isKnown(id),
    );
    this.#offered.set(
      peer,
      offered.map(({ id, label }) => ({ folder: id, label: cutName(label || id) })),
    );
    const told = this.#told.get(peer) ?? new Set();
    this.#told.set(peer, told);
    for (const offer of this.of(peer)) {
      if (told.has(offer.folder) || told.size >= OFFERS_PER_PEER_MAX) continue;
      told.add(offer.folder);
      this.#options.onOffer(offer);
    }
  }

  /** A peer was lost: what it offers when it comes back is told again. */
  lost(peer: Peer): void {
    this.#told.delete(peer);
  }

  /** What a peer offered last and is not here. */
  of(peer: Peer): FolderOffer[] {
    return (this.#offered.get(peer) ?? [])
      .filter(({ folder }) => !this.#options.isKnown(folder))
      .slice(0, OFFERS_PER_PEER_MAX)
      .map((offered) => ({ peer: peer.id, name: peer.name, ...offered }));
  }

  /** Not while it is paused: nothing of it would be told. Nor if it is encrypted, there or for us: that is not spoken here. */
  #canBeTaken({ type, stopReason, devices }: ClusterFolder): boolean {
    const self = devices.find(({ id }) => sameBytes(id, this.#options.own));
    return stopReason === RUNNING && type !== ENCRYPTED && self?.encryptionPasswordToken.length === 0;
  }
}

/** Of folders that a peer named: those that are here, and of others a hundred, which a person may want to put somewhere. */
export function keptOf<Some>(folders: readonly Some[], isKnown: (folder: Some) => boolean): Some[] {
  let others = 0;
  return folders.filter((folder) => isKnown(folder) || (others += 1) <= OFFERS_PER_PEER_MAX);
}
