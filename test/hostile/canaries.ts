/**
 * Files and directories beside a shared folder that nobody may touch, and whose content nobody may learn.
 * @module
 */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Content that must never come over the wire: long enough that chance does not make it, and of no use to a compressor. */
export const SECRET = Buffer.from(createHash('sha256').update('what lies beside the folder').digest('hex'));

/** Lays canaries out in a directory that also holds, or will hold, the folder. */
export function layCanaries(beside: string): void {
  mkdirSync(join(beside, 'outside', 'deep'), { recursive: true });
  writeFileSync(join(beside, 'canary'), SECRET);
  writeFileSync(join(beside, 'outside', 'canary'), SECRET, { mode: 0o600 });
  writeFileSync(join(beside, 'outside', 'deep', 'canary'), SECRET);
  symlinkSync('canary', join(beside, 'outside', 'link'));
}

/** Everything in a directory but one entry: which inode, which kind, which permissions, which content, changed when. */
export function stateBeside(beside: string, except: string): string[] {
  const lines: string[] = [];
  const visit = (path: string, name: string): void => {
    const stat = lstatSync(path, { bigint: true });
    const { ino, mode, ctimeNs, mtimeNs } = stat;
    const kind = stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? readlinkSync(path) : hashOf(path);
    lines.push(`${name} ${ino} ${mode.toString(8)} ${mtimeNs} ${ctimeNs} ${kind}`);
    if (stat.isDirectory()) for (const base of readdirSync(path).sort()) visit(join(path, base), join(name, base));
  };
  for (const base of readdirSync(beside).sort()) if (base !== except) visit(join(beside, base), base);
  return lines;
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
