import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { clusterDevice, clusterFolder } from '../../../test/harness/cluster-config.ts';
import { OFFERS_PER_PEER_MAX } from '../../core/limits.ts';
import type { ClusterFolder } from '../../core/wire/messages.ts';
import { FolderOffers } from './folder-offers.ts';
import { Peer } from './peer.ts';

const OWN = new Uint8Array(32).fill(1);
const THEIRS = new Uint8Array(32).fill(2);

function folder(id: string, more: Partial<ClusterFolder> = {}): ClusterFolder {
  return clusterFolder(id, { devices: [clusterDevice(OWN), clusterDevice(THEIRS)], ...more });
}

function setUp() {
  const peer = new Peer(THEIRS, 'Pixel 8', []);
  const told: string[] = [];
  const known = new Set<string>();
  const offers = new FolderOffers({
    own: OWN,
    isKnown: (id) => known.has(id),
    onOffer: ({ label }) => void told.push(label),
  });
  const says = (...folders: ClusterFolder[]): void => {
    offers.configured(peer, { folders, secondary: false });
  };
  const listed = (): string[] => offers.of(peer).map(({ label }) => label);
  return { peer, told, known, offers, says, listed };
}

test('Q20 a folder that a peer shares and that is not here is told once per connection, and listed until it is here', () => {
  const { peer, told, known, offers, says, listed } = setUp();
  const camera = folder('dcim-1', { label: 'Camera' });
  says(camera, folder('notes'));
  says(camera, folder('notes'));
  deepEqual(told, ['Camera', 'notes']);
  offers.lost(peer);
  known.add('notes');
  says(camera, folder('notes'));
  deepEqual(told, ['Camera', 'notes', 'Camera']);
  deepEqual(listed(), ['Camera']);
  says();
  deepEqual(listed(), [], 'it is offered no longer');
});

test('Q20 a folder that is paused, encrypted or not shared with us is no offer', () => {
  const { told, says, listed } = setUp();
  const token = clusterDevice(OWN, { encryptionPasswordToken: new Uint8Array(8) });
  const others = [
    folder('paused', { stopReason: 1 }),
    folder('encrypted there', { type: 3 }),
    folder('to be encrypted here', { devices: [token, clusterDevice(THEIRS)] }),
    folder('without us', { devices: [clusterDevice(THEIRS)] }),
  ];
  says(...others);
  deepEqual([told, listed()], [[], []]);
});

test('Q20 a peer is heard with a hundred offers at most in one connection, and no label is longer than a name', () => {
  const { told, says, listed } = setUp();
  const many = (from: number): ClusterFolder[] =>
    Array.from({ length: OFFERS_PER_PEER_MAX + 50 }, (_, i) => folder(`${from + i}`, { label: 'x'.repeat(4000) }));
  says(...many(0));
  says(...many(1000));
  equal(told.length, OFFERS_PER_PEER_MAX);
  equal(listed().length, OFFERS_PER_PEER_MAX);
  equal(told[0]?.length, 256);
});
