/** Each checker is content with a good run and speaks up at a bad one: a checker that cannot fail is a defect. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FileRecord } from '../../src/core/model/file-record.ts';
import { toVersionVector, type VersionVector } from '../../src/core/model/version-vector.ts';
import { MemoryDisk } from '../../src/edges/memory/memory-disk.ts';
import { blankFile } from '../../test/harness/records.ts';
import { FOLDER_ROOT } from '../hands.ts';
import { Confinement } from './confinement.ts';
import { ContentKeys } from './content-key.ts';
import { checkConvergence } from './convergence.ts';
import { NoEcho } from './no-echo.ts';
import { NothingLost } from './nothing-lost.ts';
import { type Snapshot, takeSnapshot } from './snapshot.ts';
import { Vectors } from './vectors.ts';
import type { Violation } from './violation.ts';
import { WholeFiles } from './whole-files.ts';

const [A, B] = [0xaaaa_aaaa_0000_0000n, 0xbbbb_bbbb_0000_0000n];
const keys = new ContentKeys();

/** What a checker reported, as rules. */
function reporting(): { report: (violation: Violation) => void; rules: string[] } {
  const rules: string[] = [];
  return { rules, report: ({ rule }) => void rules.push(rule) };
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

function version(...counters: readonly [bigint, number][]): VersionVector {
  return toVersionVector(counters.map(([device, value]) => ({ device, value: BigInt(value) })));
}

function record(name: string, of: VersionVector, other: Partial<FileRecord> = {}): FileRecord {
  return blankFile(name, { size: 1, modifiedBy: A, version: of, blocks: bytes('x'.repeat(32)), ...other });
}

function diskWith(files: Readonly<Record<string, string>>): MemoryDisk {
  const disk = new MemoryDisk(() => 7n);
  disk.makeDirectory(FOLDER_ROOT);
  for (const [name, text] of Object.entries(files)) disk.createFile(`${FOLDER_ROOT}/${name}`, 0o644, bytes(text));
  return disk;
}

function snapshotOf(disk: MemoryDisk): Snapshot {
  return takeSnapshot(disk.find(FOLDER_ROOT));
}

/** A disk on which the node has moved a file to the history. */
function diskWithHistory(text: string): MemoryDisk {
  const disk = diskWith({});
  for (const directory of ['.lanfold', '.lanfold/history', '.lanfold/history/1-0']) {
    disk.makeDirectory(`${FOLDER_ROOT}/${directory}`);
  }
  disk.createFile(`${FOLDER_ROOT}/.lanfold/history/1-0/f`, 0o644, bytes(text));
  return disk;
}

describe('I1 convergence', () => {
  function compare(left: MemoryDisk, right: MemoryDisk): string[] {
    const { report, rules } = reporting();
    const trees = [
      { node: 'a', snapshot: snapshotOf(left) },
      { node: 'b', snapshot: snapshotOf(right) },
    ];
    checkConvergence(trees, () => false, keys, report);
    return rules;
  }

  test('O19 equal trees are equal, whatever lanfold keeps for itself', () => {
    assert.deepEqual(compare(diskWith({ f: '1' }), diskWith({ f: '1' })), []);
    assert.deepEqual(compare(diskWith({}), diskWithHistory('old')), []);
  });

  test('O19 another name, content, type, permission or time is a difference', () => {
    assert.deepEqual(compare(diskWith({ f: '1' }), diskWith({ g: '1' })), ['I1']);
    assert.deepEqual(compare(diskWith({ f: '1' }), diskWith({ f: '2' })), ['I1']);
    const directory = diskWith({});
    directory.makeDirectory(`${FOLDER_ROOT}/f`);
    assert.deepEqual(compare(diskWith({ f: '1' }), directory), ['I1']);
    for (const attributes of [{ permissions: 0o600 }, { modifiedNs: 8n }]) {
      const disk = diskWith({ f: '1' });
      const file = disk.find(`${FOLDER_ROOT}/f`);
      assert.ok(file !== undefined);
      disk.setAttributes(file, attributes);
      assert.deepEqual(compare(diskWith({ f: '1' }), disk), ['I1']);
    }
  });
});

describe('I2 nothing lost', () => {
  function lost(strict: boolean, run: (checker: NothingLost) => void): string[] {
    const { report, rules } = reporting();
    const checker = new NothingLost(keys, report, strict);
    run(checker);
    checker.check();
    return rules;
  }

  test('O20 a completed content that is nowhere is lost, at once', () => {
    const rules = lost(false, (checker) => {
      checker.completed(bytes('mine'));
      checker.disk('a', snapshotOf(diskWith({ f: 'mine' })));
      checker.check();
      checker.disk('a', snapshotOf(diskWith({ f: 'theirs' })));
    });
    assert.deepEqual(rules, ['I2']);
  });

  test('O20 it may be on any disk, under any name', () => {
    const rules = lost(false, (checker) => {
      checker.completed(bytes('mine'));
      checker.disk('a', snapshotOf(diskWith({})));
      checker.disk('b', snapshotOf(diskWith({ 'f.sync-conflict-x': 'mine' })));
    });
    assert.deepEqual(rules, []);
  });

  test('O20 who saw it may give it up', () => {
    const rules = lost(false, (checker) => {
      checker.completed(bytes('mine'));
      checker.replaced(bytes('mine'));
      checker.disk('a', snapshotOf(diskWith({})));
    });
    assert.deepEqual(rules, []);
  });

  test('O20 the history holds it, but not in strict runs', () => {
    const run = (checker: NothingLost): void => {
      checker.completed(bytes('mine'));
      checker.disk('a', snapshotOf(diskWithHistory('mine')));
    };
    assert.deepEqual(lost(false, run), []);
    assert.deepEqual(lost(true, run), ['I2']);
  });
});

describe('I3 no echo', () => {
  function echoes(run: (checker: NoEcho) => void): string[] {
    const { report, rules } = reporting();
    run(new NoEcho(report));
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

describe('I4 no partial file', () => {
  function partial(node: string, visible: string): string[] {
    const { report, rules } = reporting();
    const checker = new WholeFiles(keys, report);
    checker.writing('a', bytes('ha'));
    checker.completed(bytes('half and half'));
    checker.disk(node, snapshotOf(diskWith({ f: visible })));
    return rules;
  }

  test('O22 half a file is seen only where it is being written', () => {
    assert.deepEqual(partial('a', 'ha'), []);
    assert.deepEqual(partial('b', 'ha'), ['I4']);
    assert.deepEqual(partial('b', 'half and half'), []);
  });

  test('O22 an empty file that nobody left empty is a partial one', () => {
    assert.deepEqual(partial('b', ''), ['I4']);
  });
});

describe('I5 vectors', () => {
  function broken(...saved: readonly (readonly [string, FileRecord])[]): string[] {
    const { report, rules } = reporting();
    const checker = new Vectors(report);
    for (const [node, of] of saved) checker.saved(node, of);
    return rules;
  }
  const late = { modifiedNs: 9n };

  test('O23 a node goes forward: to what has seen its version, or wins against it', () => {
    assert.deepEqual(broken(['a', record('f', version([A, 1]))], ['a', record('f', version([A, 2]))]), []);
    assert.deepEqual(broken(['a', record('f', version([A, 1]))], ['a', record('f', version([B, 1]), late)]), []);
  });

  test('O23 going back to an older version, or to one that loses, is broken', () => {
    assert.deepEqual(broken(['a', record('f', version([A, 2]))], ['a', record('f', version([A, 1]))]), ['I5']);
    assert.deepEqual(broken(['a', record('f', version([A, 1]), late)], ['a', record('f', version([B, 1]))]), ['I5']);
  });

  test('O23 a loser may come when somebody has gone on from the version that it lost to', () => {
    const first = record('f', version([A, 1]), late);
    const goneOn = record('f', version([A, 2]), { blocks: bytes('y'.repeat(32)) });
    assert.deepEqual(broken(['a', first], ['b', goneOn], ['a', record('f', version([B, 1]))]), []);
  });

  test('O23 one version never stands for two contents', () => {
    const other = { blocks: bytes('y'.repeat(32)) };
    assert.deepEqual(broken(['a', record('f', version([A, 1]))], ['b', record('f', version([A, 1]), other)]), ['I5']);
    assert.deepEqual(broken(['a', record('f', version([A, 1]))], ['b', record('g', version([A, 1]), other)]), []);
  });
});

describe('I6 confinement', () => {
  function escapes(run: (checker: Confinement, disk: MemoryDisk) => void): string[] {
    const { report, rules } = reporting();
    const disk = diskWith({});
    const checker = new Confinement(report);
    checker.prepare(disk);
    run(checker, disk);
    checker.check('a', disk);
    return rules;
  }

  test('O24 what lies beside the folder stays as it was', () => {
    assert.deepEqual(
      escapes((_, disk) => void disk.createFile(`${FOLDER_ROOT}/f`)),
      [],
    );
    assert.deepEqual(
      escapes((_, disk) => void disk.createFile('beside')),
      ['I6'],
    );
    assert.deepEqual(
      escapes((_, disk) => void disk.createFile('outside/more')),
      ['I6'],
    );
    assert.deepEqual(
      escapes((_, disk) => disk.unlink('outside/canary')),
      ['I6'],
    );
  });

  test('O24 to ask for a name outside is enough', () => {
    assert.deepEqual(
      escapes((checker) => checker.nameRefused('a', '../x')),
      ['I6'],
    );
  });
});
