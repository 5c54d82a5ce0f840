/**
 * Devices that are alive twice (R14): two computers that show the same certificate, by a copied home or virtual machine.
 * They would turn each other out for ever, and what both tell would stand in one index.
 * @module
 */
import { LanfoldError } from '../../core/errors.ts';
import type { RunId } from '../../core/session/run-identity.ts';
import type { Conversation } from './conversation.ts';
import type { Edges } from '../edges.ts';
import type { Folder } from '../folder/folder.ts';
import type { Peer } from './peer.ts';
import type { Problem } from '../folder/problems.ts';

const TURNED_AWAY = 'this device is connected from another computer';

export class Twins {
  /** Of this run of the program. */
  readonly runId: RunId;
  readonly #edges: Edges;
  readonly #warn: (warning: LanfoldError) => void;

  constructor(edges: Edges, warn: (warning: LanfoldError) => void) {
    this.#edges = edges;
    this.#warn = warn;
    const bytes = edges.chance.bytes(8);
    this.runId = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0) || 1n;
  }

  /**
   * A peer has said who it is. Whoever of two runs is there stays. When another one comes after it, all is told anew, for it
   * speaks of another folder.
   * @param folders that are shared with the peer.
   * @returns true if the conversation was closed.
   */
  turnsAway(peer: Peer, fresh: Conversation, folders: readonly Folder[]): boolean {
    const nowMs = this.#edges.clock.monotonicMs();
    const isNews = peer.shows(fresh, nowMs);
    if (!peer.isTwice(nowMs)) return false;
    const others = peer.withOtherRuns(fresh, nowMs);
    if (others.length > 0) fresh.close(TURNED_AWAY);
    if (isNews) {
      // By now the words of both are mixed: whoever comes next begins anew.
      peer.toldBy = undefined;
      for (const other of others) other.close(TURNED_AWAY);
      this.#tell(peer.id);
    } else if (others.length === 0 && peer.toldBy !== fresh.greeting?.runId) {
      for (const folder of folders) folder.admission.dropTold(peer.short);
      peer.toldBy = fresh.greeting?.runId;
    }
    return others.length > 0;
  }

  /** What a folder's status says of those that share it. */
  problems(peers: readonly Peer[]): Problem[] {
    const nowMs = this.#edges.clock.monotonicMs();
    const text = (peer: Peer): string => new LanfoldError('E_DEVICE_TWICE', { subject: peer.name ?? peer.id }).message;
    return peers
      .filter((peer) => peer.isTwice(nowMs))
      .map((peer) => ({ name: '', reason: 'device-twice', text: text(peer) }));
  }

  #tell(subject: string): void {
    const warning = new LanfoldError('E_DEVICE_TWICE', { subject });
    this.#edges.log.warn({ code: warning.code }, warning.message);
    this.#warn(warning);
  }
}
