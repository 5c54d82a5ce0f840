/**
 * From the system's error codes to the troubles of the port.
 * @module
 */
import { constants } from 'node:os';
import type { Trouble } from '../../ports/file-tree.ts';

type Kind = Trouble['trouble'];

const KINDS: Readonly<Record<string, Kind>> = {
  ENOENT: 'absent',
  EACCES: 'denied',
  EPERM: 'denied',
  EEXIST: 'exists',
  ENOTEMPTY: 'not-empty',
  ENOTDIR: 'parent',
  ELOOP: 'parent',
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  EFBIG: 'disk-full',
  EROFS: 'read-only',
  ENAMETOOLONG: 'name-not-allowed',
  EILSEQ: 'name-not-allowed',
  EINVAL: 'name-not-allowed',
  EISDIR: 'not-a-file',
  ENXIO: 'not-a-file', // a socket, or a pipe that nobody reads
  // No system says so: ours, see systemError.
  ECHANGED: 'changed',
  EINUSE: 'in-use',
  ENOHISTORY: 'no-history',
};

export function trouble(kind: Kind, detail: string): Trouble {
  return { trouble: kind, detail };
}

/** The trouble that a failed system call means; `unlike` names the codes that mean something else to this caller. */
export function troubleOf(error: unknown, unlike: Readonly<Record<string, Kind>> = {}): Trouble {
  const code = errorCode(error);
  if (code === undefined) throw error; // our own mistake, not the disk's
  return trouble(unlike[code] ?? KINDS[code] ?? 'io', detailOf(error));
}

/** Runs one item of a batch; what the system refuses becomes a value, so that it spoils no other item. */
export function guarded<T>(run: () => T, unlike?: Readonly<Record<string, Kind>>): T | Trouble {
  try {
    return run();
  } catch (error) {
    return troubleOf(error, unlike);
  }
}

/** `ENOSPC` and its like, or undefined for an error that no system call made. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  if (error.code === 'UNKNOWN') return unnamedCode(error);
  return /^E[A-Z0-9]+$/u.test(error.code) ? error.code : undefined;
}

/** Node has no name for some errors of real disks (a quota that is used up, a server that forgot the file), only the number. */
function unnamedCode(error: Error): string | undefined {
  if (!('errno' in error) || typeof error.errno !== 'number') return undefined;
  const number = -error.errno;
  const [name] = Object.entries(constants.errno).find(([, value]) => value === number) ?? [];
  return name ?? `E${number}`;
}

/** The system's words without the path, which names our own handles and not what the user knows. */
function detailOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/, \w+ '.*$/su, '');
}

/** An error as Node's own system calls throw it: for calls that Node does not have, and for refusals of our own. */
export function systemError(code: string, call: string): Error {
  return Object.assign(new Error(`${code}: refused by the system, ${call} ''`), { code });
}
