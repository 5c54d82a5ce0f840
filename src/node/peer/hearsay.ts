/**
 * What a peer says of who else shares its folders, brought to those who decide on it. Nothing of it is believed here.
 * @module
 */
import type { Member } from '../../core/members/member-set.ts';
import type { ClusterConfig } from '../../core/wire/messages.ts';
import type { EngineEvents } from '../engine-options.ts';
import type { Conversation } from './conversation.ts';
import { keptOf } from './folder-offers.ts';
import type { Peer } from './peer.ts';
import { listedDevices, toldMembers, type Words } from './told-members.ts';

export interface HearsayOptions {
  readonly events: Partial<EngineEvents> | undefined;
  /** Peers that a folder is shared with. */
  readonly peersOf: (folderId: string) => readonly Peer[];
  /** Is a folder of that ID here? */
  readonly isHere: (folderId: string) => boolean;
  /** Somebody may be where nobody looked. */
  readonly look: () => void;
}

export class Hearsay {
  readonly #options: HearsayOptions;

  constructor(options: HearsayOptions) {
    this.#options = options;
  }

  /** @returns what is wrong with it, if that is a reason to leave. */
  hear(peer: Peer, { isLanfold, remote }: Conversation, config: ClusterConfig): string | undefined {
    const told = isLanfold ? toldMembers(config, remote.host) : listedDevices(config, remote.host);
    if ('fault' in told) return isLanfold || peer.isIntroducer ? told.fault : undefined;
    peer.words = this.#kept(told);
    this.#pass(peer, told);
    return undefined;
  }

  /** What connected lanfolds say of one device in a folder, also in one that is not here. */
  wordsOn(peers: readonly Peer[], folderId: string, device: string): Member[] {
    return peers.flatMap(({ words }) => {
      const members = words !== undefined && 'members' in words ? (words.members.get(folderId) ?? []) : [];
      return members.map(({ member }) => member).filter((member) => member.device === device);
    });
  }

  /** Its word counts only now: the folder is new here, or shared with it since a moment. It does not say it again by itself. */
  hearAgain(peer: Peer): void {
    if (peer.words !== undefined) this.#pass(peer, peer.words);
  }

  #pass(peer: Peer, told: Words): void {
    const { events, peersOf, look } = this.#options;
    if ('listed' in told) {
      if (!peer.isIntroducer) return;
      events?.listed?.(peer, told.listed);
    }
    for (const [folderId, members] of 'members' in told ? told.members : []) {
      const hints = new Map(members.map(({ member, addresses }) => [member.device, addresses]));
      const others = peersOf(folderId);
      // Where others are is for members to say, too.
      if (others.includes(peer)) for (const other of others) other.hint(hints.get(other.id) ?? []);
      events?.members?.(peer, folderId, members);
    }
    look();
  }

  /** No more than may be of use yet (R19). */
  #kept(told: Words): Words {
    const { isHere } = this.#options;
    if ('members' in told) return { members: new Map(keptOf([...told.members], ([id]) => isHere(id))) };
    return { listed: new Map(keptOf([...told.listed], ([id]) => isHere(id))) };
  }
}
