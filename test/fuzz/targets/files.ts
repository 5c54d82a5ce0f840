/**
 * Small files that a person, a crash or a bad disk may have changed: configuration, identity, the key of a folder.
 * @module
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { LanfoldError } from '../../../src/core/errors.ts';
import { check } from '../../../src/edges/disk/own-directory.ts';
import { createCertificate } from '../../../src/edges/net/certificate.ts';
import { IDENTITY_FILE, loadIdentity } from '../../../src/edges/net/identity.ts';
import { parseConfiguration, printConfiguration } from '../../../src/node/configuration.ts';
import { scratch } from '../engine/scratch.ts';
import { asText, hold, holdSame, utf8, type Target } from '../engine/target.ts';

const KIB = 1024;
const DEVICE = 'HSKGT4W-RYKSFIJ-LEXBNJT-PLM2WJR-LAFVWEP-BHQENDN-G5CXKQV-KCVVAAY';
const MEMBER = { device: DEVICE, name: 'tom', generation: 1, removed: false, by: DEVICE, atMs: 1_700_000_000_000 };
const GOOD = {
  version: 1,
  name: 'maria',
  peers: [
    {
      id: DEVICE,
      name: 'tom',
      addresses: ['10.0.0.1:1111'],
      folders: ['x'],
      introducer: true,
      addedBy: DEVICE,
      addedMs: 5,
    },
  ],
  folders: [{ id: 'photos', path: '/photos', peers: [DEVICE], members: [MEMBER], held: true }],
};

const configuration: Target = {
  name: 'configuration',
  title: 'case G10: whatever stands in the configuration, it is refused and left alone, or printed and read alike',
  run(bytes) {
    let read;
    try {
      read = parseConfiguration(asText(bytes), '/home/config.json');
    } catch (error) {
      hold(
        error instanceof LanfoldError && error.code.startsWith('E_STATE_'),
        `it is refused in our words, not as ${String(error)}`,
      );
      return;
    }
    const printed = printConfiguration(read);
    holdSame(printConfiguration(parseConfiguration(printed, '/')), printed, 'what is printed is read as it was meant');
  },
  seeds: () =>
    [printConfiguration(GOOD), '{"version":1,"peers":[],"folders":[]}', '{"version":2}', JSON.stringify(GOOD)].map(
      utf8,
    ),
  shaped: fc.json().map((json) => utf8(`{"version":1,"peers":[],"folders":[],"name":${json}}`)),
  words: [
    '1e999',
    '-0',
    '1.5',
    '{"valueOf":1,"toString":1}',
    '"__proto__"',
    'null',
    '[]',
    '{}',
    '\\ud800',
    '"version"',
    '2',
    'true',
  ],
  rooms: ['/src/node/configuration.ts', '/src/core/errors.ts'],
  bytesMax: 64 * KIB,
};

/** Made once: a key takes longer to make than a thousand to read. */
let made: Uint8Array | undefined;
const identityFile = (): Uint8Array => {
  const { keyPem, certificatePem } = createCertificate(new Date());
  made ??= utf8(keyPem + certificatePem);
  return made;
};

const identity: Target = {
  name: 'identity-file',
  title: 'C21 whatever stands in the file of the identity, it is that identity or is refused, and never replaced',
  async run(bytes) {
    const home = join(scratch(), 'identity');
    const path = join(home, IDENTITY_FILE);
    mkdirSync(home, { recursive: true });
    writeFileSync(path, bytes, { mode: 0o600 });
    try {
      const { device } = await loadIdentity(home);
      hold(device.length === 32, 'an identity has a device ID');
    } catch (error) {
      hold(
        error instanceof LanfoldError && error.code === 'E_IDENTITY_BROKEN',
        `it is refused in our words, not as ${String(error)}`,
      );
    }
    hold(statSync(path).size === bytes.length, 'the file is left as it is');
  },
  seeds: () => [identityFile(), utf8('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')],
  words: ['-----BEGIN ', '-----END ', 'PRIVATE KEY', 'RSA ', 'EC ', 'CERTIFICATE', '-----', '\n', '='],
  rooms: ['/src/edges/net/identity.ts'],
  bytesMax: 70 * KIB,
  inputs: 1_500,
};

const KEY = 'aGVsbG8';
const folderKey: Target = {
  name: 'folder-key',
  title: 'F2 whatever stands in the file of a folder’s key, the folder is ours only if it is that key',
  run(bytes) {
    const own = join(scratch(), 'folder', '.lanfold');
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'folder.json'), bytes);
    const state = check(join(scratch(), 'folder'), KEY);
    hold(state === 'ok' || state === 'other-folder', `it is this folder or another, not ${state}`);
    if (state === 'ok') hold(asText(bytes).includes('folder'), 'it says so');
  },
  seeds: () => [`{"folder":"${KEY}"}\n`, '{"folder":"other"}'].map(utf8),
  shaped: fc.json().map(utf8),
  words: ['"folder"', KEY, '"__proto__"', 'null', '\0', '{', '}'],
  rooms: ['/src/edges/disk/own-directory.ts'],
  bytesMax: 8 * KIB,
  inputs: 1_500,
  notTimed: true,
};

export const FILE_TARGETS: readonly Target[] = [configuration, identity, folderKey];
