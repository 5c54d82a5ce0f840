import type { FileRecord } from '../../src/core/model/file-record.ts';
import type { VersionVector } from '../../src/core/model/version-vector.ts';

/** `{1a2b:3}`: the first half of each short ID in hexadecimal, and its counter. */
export function versionText(version: VersionVector): string {
  const counters = version.map(({ device, value }) => `${device.toString(16).padStart(16, '0').slice(0, 8)}:${value}`);
  return `{${counters.join(' ')}}`;
}

export function recordText({ name, sequence, type, deleted, version }: FileRecord): string {
  return `#${sequence}: ${name} as ${deleted ? 'deleted' : type} ${versionText(version)}`;
}
