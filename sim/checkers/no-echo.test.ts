/** I3: the checker is content with a good run, and speaks up at a bad one. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FileRecord } from '../../src/core/model/file-record.ts';
import { toVersionVector, type VersionVector } from '../../src/core/model/version-vector.ts';
import { blankFile } from '../../test/harness/records.ts';
import { NoEcho } from './no-echo.ts';
import type { Violation } from './violation.ts';

const [A, B] = [0xaaaa_aaaa_0000_0000n, 0xbbbb_bbbb_0000_0000n];

function version(...counters: readonly [bigint, number][]): VersionVector {
  return toVersionVector(counters.map(([device, value]) => ({ device, value: BigInt(value) })));
}

function record(name: string, of: VersionVector, other: Partial<FileRecord> = {}): FileRecord {
  return blankFile(name, { size: 1, modifiedBy: A, version: of, ...other });
}

describe('I3 no echo', () => {
  function echoes(run: (checker: NoEcho) => void): string[] {
    const rules: string[] = [];
    run(new NoEcho(({ rule }: Violation) => void rules.push(rule)));
    return rules;
  }

  test('O21 a version needs a change on that very node, and a change serves once', () => {
    const rules = echoes((checker) => {
      checker.changed('a', 'f', 0);
      checker.saved('a', A, record('f', version([A, 1])), 10);
      checker.saved('b', B, record('f', version([A, 1])), 20); // taken over: nobody made anything
    });
    assert.deepEqual(rules, []);
    const received = (checker: NoEcho): void => {
      checker.changed('a', 'f', 0);
      checker.saved('a', A, record('f', version([A, 1])), 10);
      checker.saved('b', B, record('f', version([A, 1], [B, 1])), 20);
    };
    assert.deepEqual(echoes(received), ['I3']);
    const again = (checker: NoEcho): void => {
      checker.changed('a', 'f', 0);
      checker.saved('a', A, record('f', version([A, 1])), 10);
      checker.saved('a', A, record('f', version([A, 2])), 60_000);
    };
    assert.deepEqual(echoes(again), ['I3']);
  });

  test('O21 many changes long ago do not cover up an echo after the version that saw them', () => {
    const rules = echoes((checker) => {
      for (let atMs = 0; atMs < 50; atMs += 1) checker.changed('a', 'f', atMs);
      checker.saved('a', A, record('f', version([A, 1])), 10_000);
      checker.saved('a', A, record('f', version([A, 2])), 20_000);
    });
    assert.deepEqual(rules, ['I3']);
  });

  test('O21 a conflict is resolved once by each node, not again and again', () => {
    const rules = echoes((checker) => {
      checker.changed('a', 'f', 0);
      checker.changed('b', 'f', 0);
      checker.saved('a', A, record('f', version([A, 1])), 10);
      checker.saved('b', B, record('f', version([B, 1])), 10);
      checker.saved('b', B, record('f', version([A, 1], [B, 2])), 20);
      checker.saved('b', B, record('f', version([A, 1], [B, 3])), 30);
    });
    assert.deepEqual(rules, ['I3']);
  });

  test('O21 a deleted directory comes back once for what is in it, a file does not', () => {
    const comeBack = (type: 'file' | 'directory') => (checker: NoEcho) => {
      checker.removed('a', 'd', 0);
      checker.saved('a', A, record('d', version([A, 1]), { type, deleted: true }), 10);
      checker.saved('b', B, record('d', version([A, 1], [B, 1]), { type }), 20);
    };
    assert.deepEqual(echoes(comeBack('directory')), []);
    assert.deepEqual(echoes(comeBack('file')), ['I3']);
  });

  test('O21 what a person changed below a directory is told under its other spelling, once', () => {
    const respelled = (checker: NoEcho): void => {
      checker.changed('a', 'd/f', 0);
      checker.respelled('a', 'd', 'D');
      checker.saved('a', A, record('D/f', version([A, 1])), 10);
    };
    assert.deepEqual(echoes(respelled), []);
    const again = (checker: NoEcho): void => {
      respelled(checker);
      checker.saved('a', A, record('D/f', version([A, 2])), 60_000);
      checker.saved('a', A, record('D/other', version([A, 1])), 60_000);
      checker.saved('b', B, record('D/f', version([A, 2], [B, 1])), 60_000);
    };
    assert.deepEqual(echoes(again), ['I3', 'I3', 'I3']);
  });

  test('O21 a delete needs a removal on that very node, and a removal serves once', () => {
    const [made, gone] = [record('f', version([A, 1])), record('f', version([A, 2]), { deleted: true })];
    const removed = (checker: NoEcho): void => {
      checker.changed('a', 'f', 0);
      checker.saved('a', A, made, 10);
      checker.removed('a', 'f', 20);
      checker.saved('a', A, gone, 30);
    };
    assert.deepEqual(echoes(removed), []);
    const changed = (checker: NoEcho): void => {
      checker.changed('a', 'f', 0);
      checker.saved('a', A, made, 10);
      checker.changed('a', 'f', 20);
      checker.changed('a', 'f/x', 20);
      checker.saved('a', A, gone, 30);
    };
    assert.deepEqual(echoes(changed), ['I3']);
    const conflict = (checker: NoEcho): void => {
      checker.changed('a', 'f', 0);
      checker.changed('b', 'f', 0);
      checker.saved('a', A, made, 10);
      checker.saved('b', B, record('f', version([B, 1])), 10);
      checker.saved('b', B, record('f', version([A, 1], [B, 2]), { deleted: true }), 20);
    };
    assert.deepEqual(echoes(conflict), ['I3']);
  });

  test('O21 what a power cut took is deleted only where no peer has got it, or something else stands in its way', () => {
    const cut = (peer: 'has it' | 'has another' | 'has none', isCovered: boolean) => (checker: NoEcho) => {
      checker.changed('a', 'f', 0);
      checker.saved('a', A, record('f', version([A, 1])), 10);
      if (peer === 'has another') checker.changed('b', 'f', 15);
      const theirs = record('f', peer === 'has it' ? version([A, 1]) : version([B, 1]));
      if (peer !== 'has none') checker.saved('b', B, theirs, 20);
      checker.setBack('a', 'f', 30);
      const around = { peers: peer === 'has none' ? [] : ['b'], isCovered };
      checker.saved('a', A, record('f', version([A, 2]), { deleted: true }), 40, () => around);
    };
    assert.deepEqual(echoes(cut('has it', false)), ['I3']);
    for (const good of [cut('has it', true), cut('has another', false), cut('has none', false)])
      assert.deepEqual(echoes(good), []);
  });

  test('O21 who has lost records may find anew that something was deleted, and nothing else', () => {
    const lost = (isDeleted: boolean) => (checker: NoEcho) => {
      checker.changed('b', 'f', 0);
      checker.saved('b', B, record('f', version([B, 1])), 10);
      checker.removed('b', 'f', 20);
      if (isDeleted) checker.saved('b', B, record('f', version([B, 2]), { deleted: true }), 30);
      checker.lostRecords('a', [], 40);
      checker.saved('a', A, record('f', version([A, 1], [B, 1]), { deleted: true }), 50);
    };
    assert.deepEqual([echoes(lost(true)), echoes(lost(false))], [[], ['I3']]);
  });

  test('O21 what somebody changes in a directory lets it come back where anybody has deleted it, and is no change of it otherwise', () => {
    const type = 'directory';
    const changedIn = (isDeleted: boolean) => (checker: NoEcho) => {
      checker.changed('a', 'd', 0);
      checker.saved('a', A, record('d', version([A, 1]), { type }), 10);
      checker.removed('b', 'd', 10_000);
      if (isDeleted) checker.saved('b', B, record('d', version([A, 1], [B, 1]), { type, deleted: true }), 10_010);
      for (const [counter, atMs] of [[2, 10_020] as const, [3, 30_000] as const]) {
        checker.changedIn('a', 'd', atMs);
        checker.saved('a', A, record('d', version([A, counter], [B, 1]), { type }), atMs + 10);
      }
    };
    assert.deepEqual([echoes(changedIn(true)), echoes(changedIn(false))], [[], ['I3', 'I3']]);
  });

  test('O21 a delete of long ago is no reason for a version of a directory that was made again since', () => {
    const type = 'directory';
    const rules = echoes((checker) => {
      for (const [counter, deleted] of [[1, true] as const, [2, false] as const]) {
        if (deleted) checker.removed('a', 'd', counter);
        else checker.changed('a', 'd', counter);
        for (const node of ['a', 'b'])
          checker.saved(node, node === 'a' ? A : B, record('d', version([A, counter]), { type, deleted }), 10);
      }
      checker.saved('b', B, record('d', version([A, 2], [B, 1]), { type }), 90_000);
    });
    assert.deepEqual(rules, ['I3']);
  });
});
