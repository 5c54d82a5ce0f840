/**
 * The tables of the record store.
 *
 * - One name is one row of `names`; all that anyone says of it are rows of `records`, side by side in one B-tree.
 * - A *source* is who says it, in one folder: this device (`peer` is NULL) or a peer. It has an index ID and a highest
 *   sequence number, as BEP gives them to each index.
 * - A list of blocks is one immutable row of `contents`, shared by all records that have it, and gone with the last of them.
 *   The only block of a small file stands in the record itself: a row of its own would be larger than the hash.
 * - `need` and `tallies` follow from `records` and change in the same transaction (SPEC X3, X4).
 *
 * Unsigned 64-bit numbers are kept as the signed integer with the same bits. Names are ordered by their UTF-8 bytes
 * (SQLite's BINARY), which is not JavaScript's order of UTF-16 units for characters beyond U+FFFF.
 * @module
 */

/** Says in the file's header that it is ours: "lfld". */
export const APPLICATION_ID = 0x6c666c64;
/** Raised with each change of the tables; a file with a higher number was written by a newer lanfold. */
export const SCHEMA_VERSION = 1;

export const SCHEMA = `
CREATE TABLE run (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  unclean INTEGER NOT NULL              -- 1 while the store is open: still 1 at the next open after a kill (R3)
) STRICT;
INSERT INTO run VALUES (1, 0);

CREATE TABLE folders (
  id INTEGER PRIMARY KEY,
  folder_id TEXT NOT NULL UNIQUE,
  folder_key TEXT                       -- NULL until the folder's own directory has one (R13)
) STRICT;

CREATE TABLE notes (
  folder INTEGER NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (folder, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE sources (
  id INTEGER PRIMARY KEY,
  folder INTEGER NOT NULL,
  peer INTEGER,                         -- short ID; NULL for this device
  index_id INTEGER NOT NULL,            -- 0 for none
  max_sequence INTEGER NOT NULL         -- of this device: the last number given out, never given again
) STRICT;
CREATE UNIQUE INDEX sources_by_peer ON sources (folder, peer);

CREATE TABLE names (
  id INTEGER PRIMARY KEY,
  folder INTEGER NOT NULL,
  name TEXT NOT NULL,
  UNIQUE (folder, name)
) STRICT;

CREATE TABLE records (
  name INTEGER NOT NULL,
  source INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  type INTEGER NOT NULL,                -- position in ENTRY_TYPES
  flags INTEGER NOT NULL,               -- 1 deleted, 2 invalid, 4 no permissions
  permissions INTEGER NOT NULL,
  modified_ns INTEGER NOT NULL,
  modified_by INTEGER NOT NULL,
  version BLOB NOT NULL,                -- 16 bytes a counter, big endian, by device
  size INTEGER NOT NULL,
  block_size INTEGER NOT NULL,
  block BLOB,                           -- the hash, of a file of one block
  content INTEGER,                      -- the list of hashes, of a file of more
  symlink_target BLOB,
  previous_hash BLOB,
  PRIMARY KEY (name, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX records_by_sequence ON records (source, sequence);
CREATE INDEX records_by_content ON records (content, source) WHERE content IS NOT NULL;

CREATE TABLE own (                      -- one row for each record of this device: what only these have
  name INTEGER PRIMARY KEY,
  parent INTEGER,                       -- key of the directory it is in; NULL unless the record exists
  block_key INTEGER,                    -- key of the only block; NULL unless it is a file of one block that exists
  type INTEGER,                         -- what the disk showed, all NULL without a look
  size INTEGER,
  permissions INTEGER,
  modified_ns INTEGER,
  changed_ns INTEGER,
  inode INTEGER,
  symlink_target BLOB
) STRICT;
CREATE INDEX own_by_parent ON own (parent) WHERE parent IS NOT NULL;
CREATE INDEX own_by_block ON own (block_key) WHERE block_key IS NOT NULL;

CREATE TABLE contents (
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,            -- SHA-256 of the list
  blocks BLOB NOT NULL
) STRICT;

CREATE TABLE places (                   -- each block of each content that an own record has
  block_key INTEGER NOT NULL,
  content INTEGER NOT NULL,
  block INTEGER NOT NULL,
  PRIMARY KEY (block_key, content, block)
) STRICT, WITHOUT ROWID;

CREATE TABLE need (
  folder INTEGER NOT NULL,
  phase INTEGER NOT NULL,               -- position in NEED_PHASES
  turn INTEGER NOT NULL,                -- 0; for deletes of directories minus the depth, so that the deepest come first
  name TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (folder, phase, turn, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE tallies (
  folder INTEGER NOT NULL,
  subject INTEGER NOT NULL,             -- a source, or one of the negative SUBJECTS
  files INTEGER NOT NULL,
  directories INTEGER NOT NULL,
  symlinks INTEGER NOT NULL,
  deletes INTEGER NOT NULL,
  bytes INTEGER NOT NULL,               -- modulo 2^64: exact whatever sizes a peer claims
  PRIMARY KEY (folder, subject)
) STRICT, WITHOUT ROWID;
`;
