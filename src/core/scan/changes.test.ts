import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { lookOf, record, sha256, version } from '../../../test/harness/records.ts';
import { NO_BYTES, type FileRecord, type LocalRecord, type Look } from '../model/file-record.ts';
import { COUNTERS_PER_VECTOR_MAX } from '../limits.ts';
import { compareVersions, countedBy, counterOf, countOf, type VersionVector } from '../model/version-vector.ts';
import {
  deletion,
  disowned,
  ignoredRecord,
  judge,
  looksDamaged,
  revival,
  stamp,
  wasBroughtBack,
  type Finding,
  type Sighting,
} from './changes.ts';
import { isLeftover, isTheirs } from './provisional.ts';

const author = { device: 1n, nowMs: 5_000_000 };

function local(of: FileRecord, look: Partial<Look> = {}): LocalRecord {
  return { record: of, look: of.deleted ? undefined : lookOf(of, look) };
}

function seen(of: FileRecord, look: Partial<Look> = {}): Sighting {
  return { look: { ...lookOf(of, look), type: of.type }, blockSize: of.blockSize, blocks: of.blocks };
}

function find(mine: LocalRecord | undefined, newest: FileRecord | undefined, sighting: Sighting): Finding {
  return judge('notes.txt', mine, newest, sighting, author, sha256);
}

const old = record({ content: 'old', version: version({ 1: 1 }) });
const fresh = record({ content: 'fresh' });
const theirs = record({ content: 'theirs', version: version({ 1: 1, 2: 9 }), modifiedBy: 2n });

test('E1 what a peer announced and stands here is that version: no echo', () => {
  const finding = find(local(old), theirs, seen(theirs));
  deepEqual(finding, { found: 'newest', record: theirs, exact: true });
});

test('E1 the same before the first record of the name was written', () => {
  equal(find(undefined, theirs, seen(theirs)).found, 'newest');
});

test('E1 the same content with another time is taken over, and the time is to be set', () => {
  const finding = find(undefined, theirs, seen(theirs, { modifiedNs: 77n }));
  deepEqual(finding, { found: 'newest', record: theirs, exact: false });
});

test('E2 what was recorded is no change, also when the disk kept another time than we asked for', () => {
  const kept = local({ ...old, modifiedNs: 123_456_789n }, { modifiedNs: 123_000_000n });
  equal(find(kept, kept.record, seen(old, { modifiedNs: 123_000_000n, inode: 8n })).found, 'same');
});

test('V3 a name that is made anew gets no version that peers have heard for another content', () => {
  const told = 5_000n; // the very second
  const finding = judge(
    'notes.txt',
    undefined,
    record({ version: version({ 1: 5000 }) }),
    seen(fresh),
    { ...author, told },
    sha256,
  );
  ok(finding.found === 'change');
  equal(counterOf(finding.record.version, 1n), told + 1n);
});

test('V3 nor one that was given to any name, where what had a claim was lost and the clock comes to that second again', () => {
  const lost = disowned(record({ version: version({ 1: 5000 }) }));
  const given = { ...author, given: 5_300n };
  for (const made of [
    judge('notes.txt', local(lost), undefined, seen(fresh), given, sha256),
    { record: deletion(lost, given, sha256) },
  ]) {
    ok('record' in made);
    equal(counterOf(made.record.version, 1n), 5301n);
  }
  // A power cut may have taken what was on top of the very same version.
  for (const before of [record({ version: version({ 1: 5000 }) }), { ...theirs, deleted: true }])
    equal(counterOf(deletion(before, given, sha256).version, 1n), 5301n);
});

test('E3 new content is a change of ours, on top of what was here', () => {
  const finding = find(local(old), old, seen(fresh, { modifiedNs: 9n }));
  ok(finding.found === 'change');
  equal(compareVersions(finding.record.version, old.version), 'newer');
  equal(finding.record.modifiedBy, 1n);
  deepEqual(finding.record.previousBlocksHash, sha256(old.blocks), 'it says what it replaced');
});

test('E3 an edit keeps the permissions that the disk has, not those of a version that was never put in place', () => {
  const waiting = local(disowned({ ...old, permissions: 0o644 }), { permissions: 0o600 });
  const finding = find(waiting, theirs, seen(fresh, { permissions: 0o600, modifiedNs: 9n }));
  ok(finding.found === 'change');
  equal(finding.record.permissions, 0o600);
});

test('E3 an edit here while a peer has a newer version is concurrent with it', () => {
  const finding = find(local(old), theirs, seen(fresh));
  ok(finding.found === 'change');
  equal(compareVersions(finding.record.version, theirs.version), 'concurrent');
});

test('E3 a file put where a peer has deleted one has seen the delete', () => {
  const removal = record({ deleted: true, version: version({ 2: 9 }) });
  const finding = find(undefined, removal, seen(fresh));
  ok(finding.found === 'change');
  equal(compareVersions(finding.record.version, removal.version), 'newer');
});

test('E3 a touched or chmodded file is a change without new content', () => {
  for (const look of [{ modifiedNs: 9n }, { permissions: 0o755 }]) {
    const finding = find(local(old), old, seen(old, look));
    ok(finding.found === 'change');
    deepEqual(finding.record.blocks, old.blocks);
  }
});

test('E4 what has no claim gets none by other permissions or a time that is set back, but by new bytes and by being touched', () => {
  const damaged = local(disowned(old), { modifiedNs: 5n });
  for (const look of [{ permissions: 0o755 }, { modifiedNs: 4n }, { permissions: 0o600, modifiedNs: 1n }]) {
    equal(find(damaged, theirs, seen(old, { modifiedNs: 5n, ...look })).found, 'same');
  }
  equal(find(damaged, theirs, seen(old, { modifiedNs: 6n })).found, 'change');
  equal(find(damaged, theirs, seen(fresh, { modifiedNs: 4n })).found, 'change');
});

test('E3 a directory that only got other children is no change', () => {
  const directory = record({ type: 'directory' });
  equal(find(local(directory), directory, seen(directory, { modifiedNs: 9n, size: 4096 })).found, 'same');
});

test('E3 a symlink is its target, and nothing else', () => {
  const link = record({ type: 'symlink', target: 'a' });
  equal(find(local(link), link, seen(link, { modifiedNs: 9n, permissions: 0o777 })).found, 'same');
  equal(find(local(link), link, seen(record({ type: 'symlink', target: 'b' }))).found, 'change');
});

test('E3 what was a symlink and is a directory has permissions again', () => {
  const link = record({ type: 'symlink', target: 'a' });
  const directory = record({ type: 'directory', permissions: 0o700 });
  const finding = find(local(link), link, seen(directory));
  ok(finding.found === 'change' && !finding.record.noPermissions);
  equal(finding.record.permissions, 0o700);
});

test('E3 a name that was ignored starts anew: concurrent with what others did meanwhile', () => {
  const ignored = ignoredRecord(old);
  ok(ignored.invalid && !ignored.deleted && ignored.blocks.length === 0);
  const finding = find({ record: ignored, look: undefined }, old, seen(fresh));
  ok(finding.found === 'change');
  equal(counterOf(finding.record.version, 1n), 5000n);
});

test('E6 V8 a delete keeps the kind, loses the content, and has seen what it deletes', () => {
  const gone = deletion(old, author, sha256);
  ok(gone.deleted && gone.size === 0 && gone.blocks.length === 0 && gone.type === 'file');
  equal(compareVersions(gone.version, old.version), 'newer');
  equal(gone.modifiedNs, 5_000_000_000_000n);
  deepEqual(gone.previousBlocksHash, sha256(old.blocks));
});

test('M5 a revival has seen everything and is newer than it', () => {
  const removal = record({ deleted: true, version: version({ 2: 9 }) });
  const revived = revival(old, [removal], author);
  equal(compareVersions(revived.version, removal.version), 'newer');
  equal(compareVersions(revived.version, old.version), 'newer');
  deepEqual(revived.blocks, old.blocks);
});

const damages: [rule: string, look: Partial<Look>, tail: Uint8Array, want: boolean][] = [
  ['E4 emptied, with the old time: a power cut', { size: 0 }, NO_BYTES, true],
  ['E4 zeros at its end, with the old time: a power cut', {}, new Uint8Array(3), true],
  [
    'E4 emptied, with an older time: a power cut, and a time that was set back',
    { size: 0, modifiedNs: -9n },
    NO_BYTES,
    true,
  ],
  ['E4 emptied later: the user did it', { size: 0, modifiedNs: 9n }, NO_BYTES, false],
  ['E4 other bytes with the old time: somebody did it', {}, new Uint8Array([0, 1]), false],
];
for (const [rule, look, tail, want] of damages) {
  test(rule, () => equal(looksDamaged(local(old), lookOf(old, look), tail), want));
}

test('E4 an older time beside a newer one of the inode: a person brought it, unless it may be what the cut left', () => {
  const { modifiedNs, changedNs, size } = lookOf(old);
  const is = (look: Partial<Look>, isFresh: boolean): boolean => wasBroughtBack(local(old), lookOf(old, look), isFresh);
  const times = { modifiedNs: modifiedNs - 1n, changedNs: changedNs + 1n };
  equal(is({ ...times, size: size + 1 }, true), true);
  equal(is(times, false), true);
  equal(is(times, true), false, 'zeros that somebody has backdated');
  equal(is({ ...times, size: 0 }, false), false);
  equal(is({ size: size + 1, modifiedNs: modifiedNs - 1n }, false), false, 'a cut sets both times back');
});

test('E4 what is disowned claims nothing', () => equal(disowned(old).version.length, 0));

const day = 86_400_000_000_000n;
const leftovers: [rule: string, look: Partial<Look>, theirs: FileRecord, want: boolean][] = [
  [
    'E5 deleted by a peer after it was written here',
    {},
    record({ deleted: true, version: version({ 2: 1 }), modifiedNs: day }),
    true,
  ],
  [
    'E5 put here after the delete: the user wants it',
    { changedNs: 2n * day },
    record({ deleted: true, version: version({ 2: 1 }), modifiedNs: day }),
    false,
  ],
  [
    'E5 replaced by a peer: what stands here is the old version',
    {},
    record({ content: 'next', version: version({ 2: 1 }), replaces: 'old' }),
    true,
  ],
  [
    'E5 the replaced version, deleted: known by its content, whatever the times',
    { changedNs: 2n * day },
    record({ deleted: true, version: version({ 2: 1 }), replaces: 'old' }),
    true,
  ],
  [
    'E5 another file of a peer says nothing of this one',
    {},
    record({ content: 'next', version: version({ 2: 1 }) }),
    false,
  ],
  ['E5 the very same content is no leftover', {}, record({ content: 'old', version: version({ 2: 1 }) }), false],
  [
    'E5 what has seen the delete stays',
    {},
    record({ deleted: true, version: version({ 1: 1 }), modifiedNs: day }),
    false,
  ],
];
for (const [rule, look, other, want] of leftovers) {
  test(rule, () => equal(isLeftover(old, lookOf(old, look), other, sha256(old.blocks), author), want));
}

test('R10 counts of ours that we cannot have given out say nothing of what stands here', () => {
  const theirs = record({ content: 'next but one', version: version({ 1: 4_000_000_000, 2: 1 }) });
  const look = lookOf(old, { modifiedNs: 1n, changedNs: 200_000_000_000n });
  equal(isLeftover({ ...old, version: version({ 1: 200 }) }, look, theirs, sha256(old.blocks), author), false);
});

test('R10 what is made anew counts on from whatever a peer has claimed, also beyond 64 bits', () => {
  for (const told of [4_000_000_000n, 2n ** 64n - 1n, 2n ** 64n + 5n]) {
    const claimed = countedBy(1n, told);
    const made = stamp(record({ content: 'next' }), undefined, { ...author, told }, sha256).version;
    equal(compareVersions(made, claimed), 'newer');
    equal(countOf(made, 1n), told + 1n);
    equal(
      compareVersions(
        stamp(record({ content: 'next' }), { ...old, version: claimed }, author, sha256).version,
        claimed,
      ),
      'newer',
    );
  }
});

test('R10 a version that is full begins anew, or its next edit would be refused by all', () => {
  const full = Array.from({ length: COUNTERS_PER_VECTOR_MAX }, (_, index) => ({
    device: BigInt(index + 10),
    value: 1n,
  }));
  const made = stamp(record({ content: 'next' }), { ...old, version: full }, author, sha256).version;
  deepEqual(made, version({ 1: 5000 }));
  equal(compareVersions(made, full), 'concurrent');
});

test('R10 what begins anew is ahead of all that was there, whatever that claims we have counted', () => {
  const top = 2n ** 64n - 1n;
  const others = (start: number, length: number): VersionVector =>
    Array.from({ length }, (_, index) => ({ device: BigInt(index + start), value: 1n }));
  const onlyOurs = countedBy(1n, BigInt(COUNTERS_PER_VECTOR_MAX) * top);
  const next = record({ content: 'next' });
  const edit = (version: VersionVector, seen: VersionVector = [], told = 0n): VersionVector =>
    stamp(next, { ...old, version }, { ...author, told }, sha256, seen).version;
  for (const claimed of [4000n, 5000n, 60_000n, top - 1n, top]) {
    const claim = [{ device: 1n, value: claimed }, ...others(10, COUNTERS_PER_VECTOR_MAX - 1)];
    const delta = others(5000, COUNTERS_PER_VECTOR_MAX);
    const revived = revival({ ...next, version: delta }, [{ ...next, version: claim }], author).version;
    for (const made of [edit(claim, delta), edit(delta, claim), edit(delta, [], claimed), revived]) {
      for (const before of [claim, delta]) equal(compareVersions(made, before), 'concurrent');
      equal(compareVersions(edit(made), made), 'newer');
    }
  }
  equal(compareVersions(edit(onlyOurs), onlyOurs), 'concurrent');
});

test('E8 what is no younger than what we announced is outdated for who had seen that; what was written later is not', () => {
  const second = 1_000_000_000n;
  const theirs = record({ content: 'next but one', version: version({ 1: 100, 2: 1 }) });
  const mine = { ...old, version: version({ 1: 200 }) };
  const isOutdated = (touchedNs: bigint): boolean =>
    isLeftover(mine, lookOf(old, { modifiedNs: 1n, changedNs: touchedNs }), theirs, sha256(old.blocks), author);
  equal(isOutdated(100n * second), true);
  equal(isOutdated(101n * second), false);
});

test('E8 content that a peer tells of is its version, also if it was stamped here again; a comeback stays one', () => {
  const again = { ...old, version: version({ 1: 200, 2: 3 }) };
  const told = (counters: Record<number, number>): FileRecord => ({ ...old, version: version(counters) });
  equal(isTheirs(again, told({ 1: 100, 2: 3 }), 1n), true);
  equal(isTheirs({ ...old, version: version({ 1: 200 }) }, told({ 2: 3 }), 1n), true, 'brought here, and forgotten');
  equal(isTheirs(again, told({ 2: 3 }), 1n), false, 'said against a delete');
  equal(isTheirs(again, { ...told({ 1: 100, 2: 3 }), permissions: 0o600 }, 1n), false);
  equal(isTheirs(again, { ...record({ content: 'other' }), version: version({ 1: 100, 2: 3 }) }, 1n), false);
});
