/**
 * What a peer says of who else shares its folders, brought to those who decide on it. Nothing of it is believed here.
 * @module
 */
import type { Member } from '../../core/members/member-set.ts';
import type { ClusterConfig } from '../../core/wire/messages.ts';
import type { EngineEvents } from '../engine-options.ts';
import type { Conversation } from './conversation.ts';
import type { Peer } from './peer.ts';
import { listedDevices, toldMembers } from './told-members.ts';

export interface HearsayOptions {
  readonly events: Partial<EngineEvents> | undefined;
  /** Peers that a folder is shared with. */
  readonly peersOf: (folderId: string) => readonly Peer[];
  /** Somebody may be where nobody looked. */
  readonly look: () => void;
}

export class Hearsay {
  readonly #options: HearsayOptions;

  constructor(options: HearsayOptions) {
    this.#options = options;
  }

  /** @returns what is wrong with it, if that is a reason to leave. */
  hear(peer: Peer, conversation: Conversation, config: ClusterConfig): string | undefined {
    const { events, peersOf, look } = this.#options;
    if (!conversation.isLanfold && !peer.isIntroducer) return undefined;
    const source = conversation.remote.host;
    const told = conversation.isLanfold ? toldMembers(config, source) : listedDevices(config, source);
    if ('fault' in told) return told.fault;
    if ('listed' in told) events?.listed?.(peer, told.listed);
    for (const [folderId, members] of 'members' in told ? told.members : []) {
      const hints = new Map(members.map(({ member, addresses }) => [member.device, addresses]));
      const others = peersOf(folderId);
      // Where others are is for members to say, too.
      if (others.includes(peer)) for (const other of others) other.hint(hints.get(other.id) ?? []);
      events?.members?.(peer, folderId, members);
    }
    look();
    return undefined;
  }

  /** What connected lanfolds say of one device in a folder, also in one that is not here. */
  wordsOn(peers: readonly Peer[], folderId: string, device: string): Member[] {
    return peers.flatMap(({ active, config }) => {
      if (active?.isLanfold !== true || config === undefined) return [];
      const told = toldMembers(config, active.remote.host);
      const members = 'members' in told ? (told.members.get(folderId) ?? []) : [];
      return members.map(({ member }) => member).filter((member) => member.device === device);
    });
  }

  /** Its word counts only now: the folder is new here, or shared with it since a moment. It does not say it again by itself. */
  hearAgain(peer: Peer): void {
    if (peer.active !== undefined && peer.config !== undefined) this.hear(peer, peer.active, peer.config);
  }
}
