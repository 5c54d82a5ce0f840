/**
 * What this device tells a peer that it shares with it (bep.md §4.1).
 * @module
 */
import { shortId } from '../core/model/device-id.ts';
import type { BodyDraft } from '../core/wire/message-frame.ts';
import type { Folder } from './folder.ts';

/**
 * Each folder names both of us, or the far end would close: this device with its index, the peer with what we hold of its.
 * @param own, peer raw device IDs.
 */
export function ownConfig(
  folders: readonly Folder[],
  own: Uint8Array,
  name: string,
  peer: Uint8Array,
): BodyDraft<'ClusterConfig'> {
  return {
    folders: folders.map(({ id, records, isProvisional }) => ({
      id,
      label: id,
      devices: [
        {
          id: own,
          name,
          addresses: ['dynamic'],
          indexId: records.indexId(),
          // What is not to be told yet is not announced either, or the far end would wait for it (SPEC E5).
          maxSequence: isProvisional ? 0 : records.maxSequence(),
        },
        { id: peer, ...records.remoteIndex(shortId(peer)) },
      ],
    })),
  };
}
