/**
 * Bounds on what a stranger or a peer can make this node hold, each with the reason for its size (R19). One that belongs to a
 * single rule stands beside that rule.
 *
 * A bound is either far above what any honest device sends, so that only malice meets it, or it is what a disk or a
 * protocol can hold at all.
 * @module
 */

const KIB = 1024;
const MIB = 1024 * KIB;

// --- frames -------------------------------------------------------------------------------------------------------------

/** The protocol reads the length of a hello as a signed 16-bit number. */
export const HELLO_BYTES_MAX = 32_767;
/** Two small numbers take 4 bytes; the rest is room for fields that a later version may add. */
export const HEADER_BYTES_MAX = KIB;
/** Before a peer's cluster config is done nothing large is due: a list of folders, 16 MiB of it being some 100,000 devices. */
export const MESSAGE_BYTES_MAX_EARLY = 16 * MIB;
/**
 * After it: an index part is 250 KiB where files are small; one file of 16 TiB makes a message of 45 MB; a block is at most
 * 16 MiB. (Syncthing reads up to 500 MB.)
 */
export const MESSAGE_BYTES_MAX = 64 * MIB;
/** An LZ4 block can stand for at most 255 bytes per byte; who declares more lies. */
export const LZ4_RATIO_MAX = 255;

// --- pairing ------------------------------------------------------------------------------------------------------------

/** Strangers who may be pairing with us at one time: one person types one code; the rest is room for nuisances. */
export const PAIRING_STREAMS_MAX = 8;
/** Of them from one address: a joiner and its next try. One nuisance does not fill the room for all. */
export const PAIRING_STREAMS_PER_SOURCE_MAX = 3;
/** Names and points of strangers; nothing longer is due before they have proven that they know the code. */
export const PAIRING_FRAME_BYTES_MAX_EARLY = KIB;
/** An offer, or the answer to it: a few hundred folders with long names. */
export const PAIRING_FRAME_BYTES_MAX = 256 * KIB;
/** A device's name, as shown to a person who is asked to trust it; a longer one is cut by its owner. */
export const PAIRING_NAME_BYTES_MAX = 256;
/** "Linux", "Windows". */
export const PAIRING_SYSTEM_BYTES_MAX = 64;
/** Why somebody refuses: one word. */
export const PAIRING_REASON_BYTES_MAX = 32;
/** Folders in one offer: more than anybody shares with one device by hand. */
export const FOLDERS_PER_OFFER_MAX = 1_000;
/** What a disk calls one directory. */
export const PATH_HINT_BYTES_MAX = 255;

// --- messages -----------------------------------------------------------------------------------------------------------

/**
 * Elements of all lists in one message together. An empty element costs two bytes on the wire and some hundred in memory;
 * this keeps the worst message of them below 200 MB (measured) for the moment that it lives.
 */
export const ELEMENTS_PER_MESSAGE_MAX = 1_200_000;
/**
 * The same of a cluster config, where one element costs more than anywhere else: folders, devices, addresses and members. Two
 * hundred folders with a hundred devices each, of six addresses, fit, and so do those that were removed from twenty; the worst
 * takes 60 MB and half a second (measured with a third of it).
 */
export const ELEMENTS_PER_CONFIG_MAX = 150_000;
/** Known versions send 1,000 files a message, and at times one more. */
export const FILES_PER_INDEX_MAX = 50_000;
/** 16 TiB in the largest blocks of 16 MiB; ext4 holds no larger file. */
export const BLOCKS_PER_FILE_MAX = 1_048_576;
/** A vector on the wire, before it is judged: one counter per device that ever changed a name. */
export const COUNTERS_PER_VECTOR_WIRE_MAX = 10_000;
/**
 * A vector that we keep and pass on. Above it the entry is skipped and reported but the peer stays: it may be honest and
 * only pass on what another made.
 */
export const COUNTERS_PER_VECTOR_MAX = 1_000;
/** Folders shared with one peer. */
export const FOLDERS_PER_CONFIG_MAX = 10_000;
/** Of them, those that are not here and that a person is asked about: nobody wants to be asked more often. */
export const OFFERS_PER_PEER_MAX = 100;
/** Devices that share one folder. */
export const DEVICES_PER_FOLDER_MAX = 10_000;
/** Members of a folder between lanfolds: a household has ten devices, a school some hundred. */
export const MEMBERS_MAX = 500;
/** Of them, those that others may bring in: the rest is for whom a person adds here, whatever others have told. */
export const MEMBERS_TOLD_MAX = 400;
/** Removed members that are remembered, the last ones: more than leave a school in some years. Older removals have come round. */
export const MEMBERS_REMOVED_MAX = 500;
/**
 * So many removed ones there may be for one that was never a member here to be remembered as well: it came and went while this device
 * was off. Nobody is told of those, so nobody would see them crowd out the others.
 */
export const STRANGERS_REMOVED_MAX = 100;
/** A set as it is told. */
export const MEMBERS_PER_FOLDER_MAX = MEMBERS_MAX + MEMBERS_REMOVED_MAX;
/** What a member is called. Longer names are cut when they are told: a host name has at most 253 bytes. */
export const MEMBER_NAME_BYTES_MAX = 256;
/** What waits for a person at one peer: three kinds a folder, of more folders than a person could attend to. */
export const HELD_ACTS_MAX = 300;

/** What one request may ask for: two of the largest blocks, as with Syncthing. It is read into memory whole. */
export const REQUEST_BYTES_MAX = 32 * MIB;
/**
 * Connections with one device. Known versions have one with us, and two where both sides dial at once; some more may be dead
 * and not noticed yet. Each may have 32 MiB asked for and not sent. The oldest makes room.
 */
export const CONVERSATIONS_PER_PEER_MAX = 4;

/** A name on the wire, before it is judged. Linux refuses paths from 4,096 bytes on, other systems from 32 Ki units on. */
export const NAME_WIRE_BYTES_MAX = 64 * KIB;
/** The target of a symlink on the wire, before it is judged. */
export const TARGET_WIRE_BYTES_MAX = 64 * KIB;
/** Linux holds no longer symlink (PATH_MAX without its NUL). */
export const TARGET_BYTES_MAX = 4_095;
/** Folder IDs are short words; people may choose their own. */
export const FOLDER_ID_BYTES_MAX = KIB;
/** Labels and device names, written by people for people. */
export const LABEL_BYTES_MAX = 4 * KIB;
/** Why a peer closes: a sentence; 2.x puts a path into it. */
export const REASON_BYTES_MAX = 128 * KIB;
/** A hash is 32 bytes. More is read, so that the entry with it can be skipped and reported. */
export const HASH_WIRE_BYTES_MAX = KIB;
/** Tokens and keys of encrypted folders. */
export const TOKEN_BYTES_MAX = 4 * KIB;

// --- addresses ----------------------------------------------------------------------------------------------------------

/** The customary longest URL. */
export const ADDRESS_BYTES_MAX = 2_083;
/** Addresses of one device in a message: one per interface and protocol; servers with many bridges have dozens. */
export const ADDRESSES_WIRE_MAX = 256;
/** Addresses that we try for one device. */
export const ADDRESSES_MAX = 16;
/** Of them, those where other members say that it is: a few are enough, for the next to speak replaces them. */
export const HINTS_MAX = 4;
/** No UDP datagram holds more. */
export const ANNOUNCEMENT_BYTES_MAX = 65_507;
