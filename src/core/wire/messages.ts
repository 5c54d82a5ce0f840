/**
 * The messages of the Block Exchange Protocol, version 1, as Syncthing 1.x and 2.x speak it. Read like the specification:
 * a field's kind, its number, its bounds.
 *
 * Numbers that are retired or of no use to us are passed over when they come and never sent.
 * @module
 */
import {
  ADDRESS_BYTES_MAX,
  ADDRESSES_MAX,
  ADDRESSES_WIRE_MAX,
  BLOCKS_PER_FILE_MAX,
  COUNTERS_PER_VECTOR_WIRE_MAX,
  DEVICES_PER_FOLDER_MAX,
  ELEMENTS_PER_CONFIG_MAX,
  FILES_PER_INDEX_MAX,
  FOLDER_ID_BYTES_MAX,
  FOLDERS_PER_CONFIG_MAX,
  HASH_WIRE_BYTES_MAX,
  HELD_ACTS_MAX,
  LABEL_BYTES_MAX,
  MEMBER_NAME_BYTES_MAX,
  MEMBERS_PER_FOLDER_MAX,
  NAME_WIRE_BYTES_MAX,
  REASON_BYTES_MAX,
  REQUEST_BYTES_MAX,
  TARGET_WIRE_BYTES_MAX,
  TOKEN_BYTES_MAX,
} from '../limits.ts';
import { DEVICE_ID_BYTES } from '../model/device-id.ts';
import { message, nested } from './codec.ts';
import type { DraftOf, MessageOf } from './codec.ts';
import {
  bool,
  bulk,
  bytes,
  exactBytes,
  int32,
  int64,
  int64Exact,
  int64Rounded,
  text,
  uint32,
  uint64,
} from './fields.ts';
import { repeated, repeatedInParts, repeatedText } from './lists.ts';

/** First bytes of both sides, outside the frames: who I am. */
export const Hello = message('Hello', {
  deviceName: text(1, LABEL_BYTES_MAX),
  clientName: text(2, LABEL_BYTES_MAX),
  clientVersion: text(3, LABEL_BYTES_MAX),
  /** Connections that this side would like to have; 0 and 1 mean one. */
  connections: int32(4),
  /** Nanoseconds since 1970; of a lanfold: see core/session/rivals.ts. */
  timestamp: int64Exact(5),
  /** lanfold's own, which others pass over: random, and another one for each run of a program (rule R14). 0: none. */
  runId: uint64(1111),
});
export type Hello = MessageOf<typeof Hello>;
export type HelloDraft = DraftOf<typeof Hello>;

/** Before each message: what it is and how it is packed. */
export const Header = message('Header', { type: int32(1), compression: int32(2) });

/** A member of a folder, as the sender knows it. */
export const ClusterDevice = message('Device', {
  /** Raw device ID. */
  id: exactBytes(1, DEVICE_ID_BYTES),
  name: text(2, LABEL_BYTES_MAX),
  addresses: repeatedText(3, ADDRESS_BYTES_MAX, ADDRESSES_WIRE_MAX),
  compression: int32(4),
  certificateName: text(5, LABEL_BYTES_MAX),
  /** Of the device's changes in this folder, the last that the sender has; for the sender itself, its last. */
  maxSequence: int64(6),
  introducer: bool(7),
  /** Which index `maxSequence` counts in; 0 for none. */
  indexId: uint64(8),
  skipIntroductionRemovals: bool(9),
  encryptionPasswordToken: bytes(10, TOKEN_BYTES_MAX),
});
export type ClusterDevice = MessageOf<typeof ClusterDevice>;
export type ClusterDeviceDraft = DraftOf<typeof ClusterDevice>;

/** What a lanfold knows of a member of a folder; `member.ts` judges it. Syncthing passes it over. */
export const ClusterMember = message('Member', {
  /** Raw device ID, 32 bytes. */
  device: bytes(1, HASH_WIRE_BYTES_MAX),
  name: text(2, MEMBER_NAME_BYTES_MAX),
  generation: int64(3),
  removed: bool(4),
  /** Raw ID of the device where it was added or removed. */
  by: bytes(5, HASH_WIRE_BYTES_MAX),
  /** Milliseconds since 1970. */
  atMs: int64(6),
  /** Where it may be, as in a {@link ClusterDevice}. */
  addresses: repeatedText(7, ADDRESS_BYTES_MAX, ADDRESSES_MAX),
});
export type ClusterMember = MessageOf<typeof ClusterMember>;
export type ClusterMemberDraft = DraftOf<typeof ClusterMember>;

export const ClusterFolder = message('Folder', {
  id: text(1, FOLDER_ID_BYTES_MAX),
  label: text(2, LABEL_BYTES_MAX),
  /** 0 both ways, 1 sends only, 2 receives only, 3 receives encrypted. In 1.x: is it read-only? */
  type: int32(3),
  ignorePermissions: bool(4),
  ignoreDelete: bool(5),
  disableTemporaryIndexes: bool(6),
  /** 0 running, 1 paused. */
  stopReason: int32(7),
  devices: repeated(16, ClusterDevice, DEVICES_PER_FOLDER_MAX),
  /** Between lanfolds only. The number is far from all that Syncthing has used or is likely to. */
  members: repeated(1111, ClusterMember, MEMBERS_PER_FOLDER_MAX),
});
export type ClusterFolder = MessageOf<typeof ClusterFolder>;
export type ClusterFolderDraft = DraftOf<typeof ClusterFolder>;

/** "These folders I share with you." The first message of both sides; may come again at any time. */
export const ClusterConfig = message(
  'ClusterConfig',
  {
    folders: repeated(1, ClusterFolder, FOLDERS_PER_CONFIG_MAX),
    /** This connection is one more beside the main one and carries no index. */
    secondary: bool(2),
  },
  ELEMENTS_PER_CONFIG_MAX,
);
export type ClusterConfig = MessageOf<typeof ClusterConfig>;
export type ClusterConfigDraft = DraftOf<typeof ClusterConfig>;

export const BlockInfo = message('BlockInfo', {
  offset: int64Rounded(1),
  size: int32(2),
  hash: bytes(3, HASH_WIRE_BYTES_MAX),
  // 4 is the weak hash of 1.x: with it, data that only looks alike would be taken
});
export type BlockInfo = MessageOf<typeof BlockInfo>;

export const Counter = message('Counter', { device: uint64(1), value: uint64(2) });

export const Vector = message('Vector', { counters: repeated(1, Counter, COUNTERS_PER_VECTOR_WIRE_MAX) });

/** What the sender knows of one name. `file-info.ts` judges it and makes a record of it. */
export const FileInfo = message('FileInfo', {
  name: text(1, NAME_WIRE_BYTES_MAX),
  /** 0 file, 1 directory, 4 symlink; 2 and 3 are old kinds of symlink. */
  type: int32(2),
  size: int64Rounded(3),
  permissions: uint32(4),
  modifiedS: int64Rounded(5),
  deleted: bool(6),
  invalid: bool(7),
  noPermissions: bool(8),
  version: nested(9, Vector),
  sequence: int64Rounded(10),
  modifiedNs: int32(11),
  modifiedBy: uint64(12),
  blockSize: int32(13),
  // 14 is ownership and extended attributes
  blocks: repeated(16, BlockInfo, BLOCKS_PER_FILE_MAX),
  symlinkTarget: bytes(17, TARGET_WIRE_BYTES_MAX),
  blocksHash: bytes(18, HASH_WIRE_BYTES_MAX),
  // 19 is the sealed record of an encrypted folder
  previousBlocksHash: bytes(20, HASH_WIRE_BYTES_MAX),
  // 1000 and above are the sender's private notes
});
export type FileInfo = MessageOf<typeof FileInfo>;
export type FileInfoDraft = DraftOf<typeof FileInfo>;

/** "All I have", in one or several parts; the parts after the first are index updates. */
export const Index = message('Index', {
  folder: text(1, FOLDER_ID_BYTES_MAX),
  files: repeatedInParts(2, FileInfo, FILES_PER_INDEX_MAX),
  lastSequence: int64(3),
});
export type Index = MessageOf<typeof Index>;
export type IndexDraft = DraftOf<typeof Index>;

/** "What changed since." */
export const IndexUpdate = message('IndexUpdate', {
  folder: text(1, FOLDER_ID_BYTES_MAX),
  files: repeatedInParts(2, FileInfo, FILES_PER_INDEX_MAX),
  lastSequence: int64(3),
  previousSequence: int64(4),
});
export type IndexUpdate = MessageOf<typeof IndexUpdate>;
export type IndexUpdateDraft = DraftOf<typeof IndexUpdate>;

/** "Send me these bytes of that file." Answered by a response with the same id. */
export const Request = message('Request', {
  id: int32(1),
  folder: text(2, FOLDER_ID_BYTES_MAX),
  name: text(3, NAME_WIRE_BYTES_MAX),
  offset: int64(4),
  size: int32(5),
  hash: bytes(6, HASH_WIRE_BYTES_MAX),
  fromTemporary: bool(7),
  // 8 is the weak hash of 1.x
  blockNumber: int32(9),
});
export type Request = MessageOf<typeof Request>;
export type RequestDraft = DraftOf<typeof Request>;

/** The bytes asked for, or the reason why not: 0 none, 1 generic, 2 no such file, 3 invalid. */
export const Response = message('Response', { id: int32(1), data: bulk(2, REQUEST_BYTES_MAX), code: int32(3) });
export type Response = MessageOf<typeof Response>;
export type ResponseDraft = DraftOf<typeof Response>;

/** What waits for a person at the sender (rule R12); `held.ts` judges it. */
export const HeldAct = message('HeldAct', {
  folder: text(1, FOLDER_ID_BYTES_MAX),
  /** 1 deletes made there, 2 deletes by its peers, 3 replacements by its peers. */
  kind: int32(2),
  /** Names. */
  count: int64(3),
});
export type HeldAct = MessageOf<typeof HeldAct>;
export type HeldActDraft = DraftOf<typeof HeldAct>;

/** All that waits, in the place of what was told before. */
export const Held = message('Held', { told: bool(1), acts: repeated(2, HeldAct, HELD_ACTS_MAX) });
export type Held = MessageOf<typeof Held>;

/** "I am still here." Never answered. */
export const Ping = message('Ping', {
  /** Between lanfolds only, when it changes; Syncthing passes it over. */
  held: nested(1111, Held),
});
export type Ping = MessageOf<typeof Ping>;

/** "I am going", with the reason; nothing may follow. */
export const Close = message('Close', { reason: text(1, REASON_BYTES_MAX) });
export type Close = MessageOf<typeof Close>;
export type CloseDraft = DraftOf<typeof Close>;
