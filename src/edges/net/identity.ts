/**
 * The identity of this device: a private key and its certificate, made on first start and kept for ever after.
 *
 * Both are in one file, so that no crash can leave a key with another key's certificate, and the file appears under its name
 * only when it is whole and on the disk. An identity that is there is never replaced: peers would no longer know the device.
 * @module
 */
import { createHash, createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { link, mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { LanfoldError } from '../../core/errors.ts';
import { createCertificate, type KeyAndCertificate } from './certificate.ts';

export interface Identity extends KeyAndCertificate {
  /** Raw device ID: SHA-256 of the certificate, 32 bytes. */
  readonly device: Uint8Array;
}

export const IDENTITY_FILE = 'identity.pem';

/** Larger than any key with its certificate; something else has the name, then. */
const FILE_BYTES_MAX = 64 * 1024;
const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/**
 * Reads the identity kept in `directory`; makes both if they are missing. Several processes at once get the same one.
 *
 * @throws LanfoldError E_IDENTITY_BROKEN if the file is there and cannot be used; it is left as it is
 */
export async function loadIdentity(directory: string): Promise<Identity> {
  const path = join(directory, IDENTITY_FILE);
  try {
    const kept = await readKept(path);
    if (kept !== undefined) return kept;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeNew(directory, path, createCertificate(new Date()));
    // Not what was just written but what is there: another process may have been faster.
    const made = await readKept(path);
    if (made === undefined) throw new Error('The file vanished');
    return made;
  } catch (cause) {
    throw new LanfoldError('E_IDENTITY_BROKEN', { subject: path, because: (cause as Error).message, cause });
  }
}

/** The identity of a key and certificate. @throws if they do not belong together, or are none. */
export function identityOf({ keyPem, certificatePem }: KeyAndCertificate): Identity {
  const certificate = new X509Certificate(certificatePem);
  if (!certificate.checkPrivateKey(createPrivateKey(keyPem)))
    throw new Error('The key is not the key of the certificate');
  return { keyPem, certificatePem, device: createHash('sha256').update(certificate.raw).digest() };
}

async function readKept(path: string): Promise<Identity | undefined> {
  const file = await openIfThere(path);
  if (file === undefined) return undefined;
  try {
    const { mode, size } = await file.stat();
    if (size > FILE_BYTES_MAX) throw new Error('The file is too large');
    if ((mode & OTHERS) !== 0) await file.chmod(OWNER_ONLY);
    const text = await file.readFile('latin1');
    return identityOf({
      keyPem: section(text, '(?:EC |RSA )?PRIVATE KEY'),
      certificatePem: section(text, 'CERTIFICATE'),
    });
  } finally {
    await file.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    if (!(await stat(path)).isFile()) throw new Error('It is not a file');
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function section(text: string, label: string): string {
  const found = new RegExp(`-----BEGIN (${label})-----[^-]+-----END \\1-----`).exec(text);
  if (found === null)
    throw new Error(`The file is damaged: it has no whole ${label.replace(/\(.*\)\?/, '').toLowerCase()}`);
  return `${found[0]}\n`;
}

async function writeNew(directory: string, path: string, { keyPem, certificatePem }: KeyAndCertificate): Promise<void> {
  const temporary = join(directory, `.${IDENTITY_FILE}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx', OWNER_ONLY);
    try {
      await file.writeFile(keyPem + certificatePem);
      await file.sync();
    } finally {
      await file.close();
    }
    await publish(temporary, path);
    await syncDirectory(directory);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Gives a whole file its name, unless the name is taken. */
async function publish(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
    // RACE: a disk without hard links (FAT). Two first starts in the same instant could each see their own identity until
    // the next start, when the later one's is found; no pair is ever mismatched.
    await rename(temporary, path);
  }
}

/** Makes the new name itself survive a power cut. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return; // directories cannot be opened there
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
