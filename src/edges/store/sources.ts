/**
 * Who speaks of a folder: this device and its peers, each with an index ID and a highest sequence number.
 * @module
 */
import type { PeerKey } from '../../ports/record-store.ts';
import type { Database } from './database.ts';
import { fromU64, toNumber, toU64 } from './encode.ts';

/** The numbers by which the tables know a folder. */
export interface FolderKeys {
  readonly folder: number;
  /** The source of this device's own records. */
  readonly own: number;
}

export interface Source {
  readonly id: number;
  readonly indexId: bigint;
  readonly maxSequence: number;
}

/** @param peer undefined for this device. */
export function findSource(database: Database, folder: number, peer: PeerKey | undefined): Source | undefined {
  const row = database.row(
    'SELECT id, index_id, max_sequence FROM sources WHERE folder = ? AND peer IS ?',
    folder,
    peer === undefined ? null : fromU64(peer),
  );
  if (row === undefined) return undefined;
  return {
    id: toNumber(row['id']),
    indexId: toU64(row['index_id']),
    maxSequence: toNumber(row['max_sequence']),
  };
}

export function addSource(database: Database, folder: number, peer: PeerKey | undefined, indexId: bigint): Source {
  const id = database.run(
    'INSERT INTO sources (folder, peer, index_id, max_sequence) VALUES (?, ?, ?, 0)',
    folder,
    peer === undefined ? null : fromU64(peer),
    fromU64(indexId),
  );
  return { id, indexId, maxSequence: 0 };
}

export function setIndexId(database: Database, source: number, indexId: bigint): void {
  database.run('UPDATE sources SET index_id = ? WHERE id = ?', fromU64(indexId), source);
}

export function setMaxSequence(database: Database, source: number, sequence: number): void {
  database.run('UPDATE sources SET max_sequence = ? WHERE id = ?', sequence, source);
}

/** Only when none of its records is left. */
export function removeSource(database: Database, folder: number, source: number): void {
  database.run('DELETE FROM sources WHERE id = ?', source);
  database.run('DELETE FROM tallies WHERE folder = ? AND subject = ?', folder, source);
}

/** Peers by the source under which their records stand, in the order in which they were first heard. */
export function peersBySource(database: Database, folder: number): Map<number, PeerKey> {
  const rows = database.rows('SELECT id, peer FROM sources WHERE folder = ? AND peer IS NOT NULL ORDER BY id', folder);
  return new Map(rows.map((row) => [toNumber(row['id']), toU64(row['peer'])]));
}

/** A random index ID; 0 would mean that there is no index. */
export function newIndexId(randomBytes: (length: number) => Uint8Array): bigint {
  for (;;) {
    const bytes = randomBytes(8);
    const indexId = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
    if (indexId !== 0n) return indexId;
  }
}
