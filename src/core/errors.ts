/**
 * The catalogue of errors: one stable code, one sentence with what to do. docs/errors.md has a section for each code, and a
 * test says so. Match on `code`; the wording may change.
 * @module
 */

export const ERRORS = {
  E_USAGE: 'Cannot do that: %s',
  E_PORT_IN_USE: 'Cannot listen on %s: another program uses that port. Choose another with --listen HOST:PORT',
  E_PEER_UNKNOWN: 'Cannot find peer %s: it is not trusted here. See "lanfold peers"',
  E_PEER_UNREACHABLE: 'Cannot reach %s: nobody answers there',
  E_PEER_WRONG_DEVICE: 'Cannot connect to %s: another device answers there',
  E_DEVICE_TWICE:
    'Cannot tell two computers apart that both are device %s: a copied home, or a virtual machine that was copied or restored. Only one is synced with at a time. Stop one of them, remove its identity and pair it anew',
  E_DEVICE_ID: 'Cannot read device ID "%s"',
  E_NO_HOST: 'Cannot join %s: nobody on this network waits to be paired. On the other computer, run: lanfold pair',
  E_CODE_FORM: 'Cannot read the code "%s": it has six digits',
  E_CODE_WRONG: 'Cannot pair with %s: that is not the code that it shows now',
  E_CODE_EXPIRED: 'Cannot pair with %s: it shows no code any more. There, run: lanfold pair',
  E_TOO_MANY_TRIES: 'Cannot pair with %s: too many wrong codes. There, run again: lanfold pair',
  E_PAIRING_CLOSED: 'Nobody has joined: %s. For a new code: lanfold pair',
  E_FOLDER_UNKNOWN: 'Cannot find folder "%s": it is not shared here. See "lanfold status"',
  E_FOLDER_MISSING:
    'Cannot sync folder "%s": it is not there. If it is on a disk that is not mounted, mount it; nothing is deleted meanwhile',
  E_FOLDER_NOT_A_DIRECTORY: 'Cannot sync "%s": it is not a directory',
  E_FOLDER_UNREADABLE: 'Cannot read folder "%s": give yourself permission to read and write it',
  E_FOLDER_NESTED: 'Cannot share "%s": it lies inside or around a folder that is shared already',
  E_FOLDER_PROTECTED: 'Cannot share "%s": run lanfold inside the one folder that you want to share',
  E_FOLDER_SWAPPED:
    'Cannot sync folder "%s": its marker is gone or belongs to another folder. Nothing is deleted. If this really is the folder, remove it and add it again',
  E_FOLDER_FAILED: 'Cannot go on with folder "%s": an unexpected error. It starts again by itself',
  E_FOLDER_REMOVED:
    'Cannot sync folder "%s": this device was removed from it. All files stay here. To share it again, have a member trust this device and add the folder again',
  E_FOLDER_EXISTS: 'Cannot add folder "%s": that ID or directory is shared here already',
  E_NOT_ALL_HEARD:
    'Cannot undo what is held in folder "%s" yet: a computer has begun to tell all that it has anew, and has not come to the end. All is still held. Wait until it is connected and has told it; if it is gone for good, remove it',
  E_IGNORE_FILE: 'Cannot read the ignore patterns: %s',
  E_DISK_FULL: 'Cannot write to "%s": the disk is full. Free some space; syncing goes on by itself',
  E_NAME_NOT_ALLOWED: 'Cannot store "%s" here: this disk does not allow the name',
  E_IN_USE: 'Cannot replace "%s": a program has it open for writing. Close it there, then try again',
  E_CHANGED: 'Cannot replace "%s": somebody has just changed it. Try again',
  E_NOT_MOUNTED: 'Cannot replace "%s": the disk that it is on is not mounted. Mount it, then try again',
  E_NOT_IN_HISTORY: 'Cannot restore "%s": the history has no version of it',
  E_NOT_RESTORED: 'Cannot restore "%s"',
  E_WATCH_LIMIT: 'Cannot watch all of "%s"',
  E_STATE_LOCKED: 'Cannot use "%s": a running lanfold uses it. Stop that one, or choose another with --home',
  E_STATE_TOO_NEW: 'Cannot use "%s": a newer lanfold wrote it. Update lanfold',
  E_STATE_BROKEN: 'Cannot read "%s"',
  E_IDENTITY_BROKEN:
    'Cannot read the identity in "%s". Restore it from a backup, or remove it to start as a new device',
  E_NOT_RUNNING: 'Cannot reach lanfold in "%s": it is not running',
  E_CLOSED: 'Cannot do that: %s is closed',
} as const;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorDetails {
  /** What the sentence is about: fills its blank. */
  readonly subject: string;
  /** A sentence to add: the particular reason. */
  readonly because?: string;
  readonly cause?: unknown;
}

/** The only error that lanfold's public calls throw for the world's faults; anything else is a bug of ours. */
export class LanfoldError extends Error {
  override readonly name = 'LanfoldError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, details: ErrorDetails) {
    const sentence = ERRORS[code].replace('%s', () => details.subject);
    const message = details.because === undefined ? sentence : `${sentence}: ${details.because}`;
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
  }
}
