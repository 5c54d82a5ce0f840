/**
 * Whom this device trusts and what it shares with whom, as configured.
 *
 * Each change is written first, then acted on, and by that told: whoever hears of a removal hears of one that outlives a kill.
 * One change comes after the other, whether a person or a member makes it.
 *
 *   a person's act, a member's word → the next configuration → config.json → the engine → every connected peer
 * @module
 */
import { LanfoldError } from '../../core/errors.ts';
import { memberOf, type Member } from '../../core/members/member-set.ts';
import type { Act } from '../../core/members/statements.ts';
import type { ListedDevice, ToldMember } from '../../core/wire/member.ts';
import type { Log } from '../../ports/log.ts';
import { parseAddress, readAddress } from '../address.ts';
import type { Configuration, ConfiguredFolder, ConfiguredPeer } from '../configuration.ts';
import { demandDevice, readDeviceId } from '../device.ts';
import type { Engine } from '../engine.ts';
import { withFoundMembers, withListed, withTold } from './membership.ts';

export interface RosterOptions {
  /** Device ID of this device in its text form. */
  readonly own: string;
  readonly configuration: Configuration;
  readonly engine: Engine;
  readonly nowMs: () => number;
  /** Puts a configuration in the place of the one before, whole or not at all. */
  readonly write: (configuration: Configuration) => Promise<void>;
  /** Somebody else changed who is a member of a folder. */
  readonly onMember: (news: MemberNews) => void;
  /** What a person has decided was written, and not all of it could be put into force: {@link Roster.putInForce} is wanted. */
  readonly onNotInForce: () => void;
}

/** A member that another device added or removed. */
export interface MemberNews {
  readonly folder: string;
  readonly is: 'added' | 'removed';
  readonly device: string;
  readonly name: string | undefined;
  /** Device ID of who did it, and its name, as far as they are known. */
  readonly by: string;
  readonly byName: string | undefined;
}

export class Roster {
  readonly #options: RosterOptions;
  #configuration: Configuration;
  /** What is in force as a whole: behind the configuration where that failed on the way. */
  #inForce: Configuration;
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor(options: RosterOptions) {
    this.#options = options;
    const readable = withReadableAddresses(options.configuration, options.engine.edges.log);
    this.#configuration = withFoundMembers(readable, options.own, options.nowMs());
    this.#inForce = this.#configuration;
    for (const peer of this.#configuration.peers) this.#trust(peer);
  }

  get configuration(): Configuration {
    return this.#configuration;
  }

  /** A person does it here, now. */
  act(): Act {
    return { by: this.#options.own, atMs: this.#options.nowMs() };
  }

  /** One change after the other: each begins with what the one before has left. */
  inTurn<Value>(change: () => Promise<Value>): Promise<Value> {
    const turn = this.#lastChange.then(change, change);
    this.#lastChange = turn;
    return turn;
  }

  /** Writes the next configuration, then puts it into force. Only in one's turn. */
  async configure(next: Configuration): Promise<void> {
    try {
      await this.#put(next);
    } catch (cause) {
      if (this.#inForce !== this.#configuration) this.#options.onNotInForce();
      throw cause;
    }
  }

  /** Puts into force what is configured and was not put into force yet. */
  putInForce(): Promise<void> {
    return this.inTurn(() => this.#follow(this.#configuration));
  }

  async #put(next: Configuration): Promise<void> {
    if (next !== this.#configuration) await this.#options.write(next);
    this.#configuration = next;
    await this.#apply(this.#inForce, next);
    this.#inForce = next;
  }

  /** A lanfold told who the members of a folder are. */
  hear(from: string, folderId: string, told: readonly ToldMember[]): Promise<void> {
    return this.inTurn(async () => {
      await this.#follow(withTold(this.#configuration, folderId, from, told, this.#options.own));
    });
  }

  /** A Syncthing listed the devices of the folders that it shares with us. */
  hearList(from: string, listed: ReadonlyMap<string, readonly ListedDevice[]>): Promise<void> {
    return this.inTurn(async () => {
      await this.#follow(withListed(this.#configuration, from, listed, this.act()));
    });
  }

  /** Why a folder must not be synced: this device is a member no longer. Undefined when it may. */
  stopReason({ id, members = [] }: ConfiguredFolder): LanfoldError | undefined {
    const self = memberOf(members, this.#options.own);
    if (self?.removed !== true) return undefined;
    const who = self.by === this.#options.own ? 'itself' : (this.nameOf(self.by) ?? self.by);
    return new LanfoldError('E_FOLDER_REMOVED', { subject: id, because: `it was removed by ${who}` });
  }

  /** @throws LanfoldError `E_FOLDER_UNKNOWN`. */
  demandFolder(folderId: string): ConfiguredFolder {
    const folder = this.#configuration.folders.find(({ id }) => id === folderId);
    if (folder === undefined) throw new LanfoldError('E_FOLDER_UNKNOWN', { subject: folderId });
    return folder;
  }

  /** @returns its ID as it is kept here. @throws LanfoldError `E_DEVICE_ID`, `E_PEER_UNKNOWN`. */
  demandPeer(deviceId: string): string {
    const id = readDeviceId(deviceId);
    if (!this.#configuration.peers.some((peer) => peer.id === id))
      throw new LanfoldError('E_PEER_UNKNOWN', { subject: id });
    return id;
  }

  /** What a device is called here; undefined when nobody has said. */
  nameOf(device: string): string | undefined {
    const { peers, folders } = this.#configuration;
    const configured = peers.find(({ id }) => id === device)?.name;
    const said = this.#options.engine.peers.find(({ id }) => id === device)?.name;
    const told = folders.map(({ members = [] }) => memberOf(members, device)?.name ?? '').find((name) => name !== '');
    return configured ?? said ?? told;
  }

  async #follow(next: Configuration): Promise<void> {
    const before = this.#inForce;
    if (next === before) return;
    const names = (device: string): string | undefined => this.nameOf(device);
    const newsBefore = newsIn(before, next, names); // while those who go still have their names
    await this.#put(next);
    for (const news of newsBefore) this.#options.onMember(news);
  }

  /** Newcomers are trusted first, then folders change hands, and who is left without one is let go last. */
  async #apply(before: Configuration, next: Configuration): Promise<void> {
    const { engine } = this.#options;
    for (const peer of next.peers) if (!before.peers.includes(peer)) this.#trust(peer);
    for (const folder of next.folders) if (!before.folders.includes(folder)) await this.#share(folder);
    for (const { id } of before.peers) {
      if (!next.peers.some((peer) => peer.id === id)) engine.forgetPeer(demandDevice(id));
    }
  }

  #trust({ id, name, addresses, hints = [], introducer }: ConfiguredPeer): void {
    this.#options.engine.trustPeer({
      device: demandDevice(id),
      ...(name === undefined ? {} : { name }),
      addresses: addresses.map(parseAddress),
      hints: hints.map(parseAddress),
      introducer: introducer ?? false,
    });
  }

  /** A folder that is not open yet is opened by whoever adds it. */
  async #share(folder: ConfiguredFolder): Promise<void> {
    const { engine, own } = this.#options;
    const { id, path, peers, members = [] } = folder;
    if (!engine.isOpen(id)) return;
    const reason = this.stopReason(folder);
    // Who leaves needs no warning of it; the folder is dropped in a moment.
    const isLeaving = memberOf(members, own)?.by === own;
    if (reason !== undefined) await engine.stopFolder(id, members, isLeaving ? undefined : reason);
    else await engine.addFolder({ id, root: path, peers: peers.map(demandDevice), members });
  }
}

/** An address in the file may be a member's word, taken as it came by an older version: it keeps nobody from starting. */
function withReadableAddresses(configuration: Configuration, log: Log): Configuration {
  const isReadable = (address: string): boolean => {
    if (readAddress(address) !== undefined) return true;
    log.warn({ address }, 'an address in the configuration is none, and is left out');
    return false;
  };
  const peers = configuration.peers.map(({ hints, ...peer }) => {
    const addresses = peer.addresses.filter(isReadable);
    return { ...peer, addresses, ...(hints === undefined ? {} : { hints: hints.filter(isReadable) }) };
  });
  return { ...configuration, peers };
}

/** What a change of others means to people: who is in now, and who is out. */
function newsIn(
  before: Configuration,
  next: Configuration,
  nameOf: (device: string) => string | undefined,
): MemberNews[] {
  return next.folders.flatMap(({ id, members = [] }) => {
    const old = before.folders.find((folder) => folder.id === id)?.members ?? [];
    const isIn = (member: Member | undefined): boolean => member?.removed === false;
    return members
      .filter((member) => isIn(member) !== isIn(memberOf(old, member.device)))
      .map(({ device, name, removed, by }) => ({
        folder: id,
        is: removed ? ('removed' as const) : ('added' as const),
        device,
        name: nameOf(device) ?? (name === '' ? undefined : name),
        by,
        byName: nameOf(by),
      }));
  });
}
