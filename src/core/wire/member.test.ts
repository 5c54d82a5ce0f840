import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MEMBER_NAME_BYTES_MAX, MEMBERS_PER_FOLDER_MAX } from '../limits.ts';
import type { Member } from '../members/member-set.ts';
import { deviceIdText } from '../model/device-id.ts';
import { cutName, readListed, readMember, writeMember } from './member.ts';
import { ClusterConfig, ClusterMember, type ClusterMemberDraft } from './messages.ts';
import { WireError } from './wire-error.ts';

const id = (byte: number): string => deviceIdText(new Uint8Array(32).fill(byte));
const PHONE: Member = {
  device: id(1),
  name: 'phone',
  generation: 3,
  removed: false,
  by: id(2),
  atMs: 1_790_000_000_000,
};
const SOURCE = '192.168.1.7';
const overTheWire = (draft: ClusterMemberDraft): ClusterMember => ClusterMember.decode(ClusterMember.encode(draft));

test('Y9 a member is read back as it was written', () => {
  const draft = writeMember(PHONE, ['tcp://192.168.1.5:1111']);
  deepEqual(readMember(overTheWire(draft), SOURCE), {
    member: PHONE,
    addresses: [{ host: '192.168.1.5', port: 1111 }],
  });
});

test('Y9 an address without a host is that of who tells it; host names and other protocols are left out', () => {
  const addresses = [
    'tcp://0.0.0.0:1111',
    'tcp://[::]:1113',
    'tcp://evil.example:1',
    'quic://192.168.1.5:1',
    'dynamic',
  ];
  deepEqual(readMember(overTheWire(writeMember(PHONE, addresses)), SOURCE).addresses, [
    { host: SOURCE, port: 1111 },
    { host: SOURCE, port: 1113 },
  ]);
});

const good: ClusterMemberDraft = writeMember(PHONE, []);
const faults: [what: string, draft: ClusterMemberDraft][] = [
  ['a device ID of 31 bytes', { ...good, device: new Uint8Array(31) }],
  ['no device', { ...good, device: new Uint8Array(0) }],
  ['nobody who did it', { ...good, by: new Uint8Array(0) }],
  ['generation 0', { ...good, generation: 0 }],
  ['a negative generation', { ...good, generation: -1 }],
  ['a negative time', { ...good, atMs: -1 }],
];
for (const [what, draft] of faults) {
  test(`Y9 ${what} is malformed`, () => throws(() => readMember(overTheWire(draft), SOURCE), WireError));
}

test('Y9 a listed device without an ID is malformed', () => {
  const encoded = (bytes: number): Uint8Array =>
    ClusterConfig.encode({ folders: [{ devices: [{ name: 'b', id: new Uint8Array(bytes) }] }] });
  for (const bytes of [1, 31, 33]) throws(() => ClusterConfig.decode(encoded(bytes)), WireError);
  const [device] = ClusterConfig.decode(encoded(0)).folders[0]?.devices ?? [];
  ok(device !== undefined);
  throws(() => readListed(device, SOURCE), WireError);
});

test('Y9 more members than a folder may have, and longer names, are malformed', () => {
  const encoded = (members: ClusterMemberDraft[]): Uint8Array => ClusterConfig.encode({ folders: [{ members }] });
  const crowd = Array.from({ length: MEMBERS_PER_FOLDER_MAX }, () => good);
  equal(ClusterConfig.decode(encoded(crowd)).folders[0]?.members.length, MEMBERS_PER_FOLDER_MAX);
  throws(() => ClusterConfig.decode(encoded([...crowd, good])), WireError);
  throws(() => ClusterConfig.decode(encoded([{ ...good, name: 'n'.repeat(MEMBER_NAME_BYTES_MAX + 1) }])), WireError);
});

test('Y9 names are cut between characters, so that what we tell is never malformed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (name) => {
      const cut = cutName(name);
      ok(name.startsWith(cut));
      equal(overTheWire({ ...good, name: cut }).name, cut);
      const isWhole = new TextEncoder().encode(name).length <= MEMBER_NAME_BYTES_MAX;
      equal(cut === name, isWhole);
    }),
  );
});
