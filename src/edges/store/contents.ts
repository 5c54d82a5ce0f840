/**
 * Lists of blocks, each kept once however many records have it, and the places where an own file holds a block.
 *
 * A content goes with its last record, its places with its last own record. Nothing is counted: the index of records by
 * content is asked, so there is no count that could be wrong.
 * @module
 */
import { blockBytes } from '../../core/model/block.ts';
import { blockCount, blockHash, HASH_BYTES } from '../../core/model/file-record.ts';
import type { BlockPlace } from '../../ports/record-store.ts';
import { type Database, limitTo } from './database.ts';
import { ABSENT, hashKey, sha256, toBytes, toNumber, toText } from './encode.ts';

/** @returns the content with this list, undefined if there is none. */
export function findContent(database: Database, blocks: Uint8Array): number | undefined {
  return findByHash(database, sha256(blocks));
}

export function addContent(database: Database, blocks: Uint8Array): number {
  const hash = sha256(blocks); // of a large file it takes its time: once
  return findByHash(database, hash) ?? database.run('INSERT INTO contents (hash, blocks) VALUES (?, ?)', hash, blocks);
}

function findByHash(database: Database, hash: Uint8Array): number | undefined {
  const row = database.row('SELECT id FROM contents WHERE hash = ?', hash);
  return row === undefined ? undefined : toNumber(row['id']);
}

/** Makes the blocks of a content findable; to be called when an own record has it. */
export function addPlaces(database: Database, content: number, blocks: Uint8Array): void {
  if (hasPlaces(database, content, blocks)) return;
  for (let block = 0; block < blockCount(blocks); block += 1)
    database.run('INSERT INTO places VALUES (?, ?, ?)', hashKey(blockHash(blocks, block)), content, block);
}

/** Removes what no record refers to any more. To be called for each content that a record let go. */
export function releaseContent(database: Database, content: number): void {
  const own = database.row(
    'SELECT 1 FROM records WHERE content = ? AND source IN (SELECT id FROM sources WHERE peer IS NULL) LIMIT 1',
    content,
  );
  if (own !== undefined) return;
  const row = database.row('SELECT blocks FROM contents WHERE id = ?', content);
  if (row === undefined) return;
  removePlaces(database, content, toBytes(row['blocks']));
  if (database.row('SELECT 1 FROM records WHERE content = ? LIMIT 1', content) === undefined)
    database.run('DELETE FROM contents WHERE id = ?', content);
}

/**
 * Where files of one source hold a block. A file that holds it many times is named many times.
 * @param source the source of the folder's own records.
 */
export function findPlaces(database: Database, source: number, hash: Uint8Array, limit: number): BlockPlace[] {
  const rows = database.rows(
    `SELECT names.name AS name, records.size AS size, records.block_size AS block_size, places.block AS block
     FROM places
     CROSS JOIN contents ON contents.id = places.content
     CROSS JOIN records ON records.content = places.content AND records.source = ?
     CROSS JOIN names ON names.id = records.name
     WHERE places.block_key = ? AND substr(contents.blocks, places.block * ${HASH_BYTES} + 1, ${HASH_BYTES}) = ?
       AND records.flags & ${ABSENT} = 0
     ${limitTo(limit)}`,
    source,
    hashKey(hash),
    hash,
  );
  return rows.map((row) => {
    const blockSize = toNumber(row['block_size']);
    const block = toNumber(row['block']);
    return {
      name: toText(row['name']),
      offset: block * blockSize,
      bytes: blockBytes(toNumber(row['size']), blockSize, block),
    };
  });
}

function removePlaces(database: Database, content: number, blocks: Uint8Array): void {
  if (!hasPlaces(database, content, blocks)) return;
  for (let block = 0; block < blockCount(blocks); block += 1)
    database.run(
      'DELETE FROM places WHERE block_key = ? AND content = ? AND block = ?',
      hashKey(blockHash(blocks, block)),
      content,
      block,
    );
}

/** All places of a content are added and removed together, so the first stands for all. */
function hasPlaces(database: Database, content: number, blocks: Uint8Array): boolean {
  const first = database.row(
    'SELECT 1 FROM places WHERE block_key = ? AND content = ? AND block = 0',
    hashKey(blockHash(blocks, 0)),
    content,
  );
  return first !== undefined;
}

/** As {@link releaseContent}, for all contents. */
export function releaseUnusedContents(database: Database): void {
  database.run(
    `DELETE FROM places WHERE content NOT IN (
       SELECT records.content FROM records JOIN sources ON sources.id = records.source
       WHERE records.content IS NOT NULL AND sources.peer IS NULL)`,
  );
  database.run('DELETE FROM contents WHERE id NOT IN (SELECT content FROM records WHERE content IS NOT NULL)');
}
