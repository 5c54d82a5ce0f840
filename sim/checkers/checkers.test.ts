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
import { checkHonesty } from './honesty.ts';
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
  interface Said {
    readonly excused?: readonly string[];
    readonly ungiven?: readonly string[];
    /** Default: all. */
    readonly beside?: readonly string[];
  }

  /** Nodes are called by their place: 0, 1, 2. */
  function broken(
    ...nodes: readonly (readonly [files: Readonly<Record<string, string>> | MemoryDisk, said?: Said])[]
  ): string[] {
    const { report, rules } = reporting();
    const trees = nodes.map(([files, { excused = [], ungiven = [], beside } = {}], index) => ({
      node: String(index),
      snapshot: snapshotOf(files instanceof MemoryDisk ? files : diskWith(files)),
      isExcused: (name: string) => excused.includes(name),
      isUngiven: (name: string) => ungiven.includes(name),
      isBeside: (node: string) => beside === undefined || beside.includes(node),
    }));
    checkConvergence(trees, keys, report);
    return rules;
  }

  function compare(left: MemoryDisk, right: MemoryDisk): string[] {
    return broken([left], [right]);
  }

  test('O19 what a node says is wrong there excuses itself, not two others, but those that it stands between', () => {
    const said = { excused: ['f'] };
    assert.deepEqual(broken([{ f: '1' }, said], [{}]), []);
    assert.deepEqual(broken([{ f: '1' }, said], [{}], [{ f: '2' }]), ['I1']);
    assert.deepEqual(broken([{ f: '1' }, { beside: ['1'] }], [{}, said], [{ f: '2' }, { beside: ['1'] }]), []);
  });

  test('O19 that nobody gives it is no excuse where one has it and wants nothing else', () => {
    const said = { ungiven: ['f'] };
    assert.deepEqual(broken([{}, said], [{ f: '1' }]), ['I1']);
    assert.deepEqual(broken([{ f: '2' }, said], [{}]), []);
    assert.deepEqual(broken([{ f: '2' }, said], [{ f: '1' }, said]), []);
  });

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
      checker.completed({ content: bytes('mine') });
      checker.disk('a', snapshotOf(diskWith({ f: 'mine' })));
      checker.check();
      checker.disk('a', snapshotOf(diskWith({ f: 'theirs' })));
    });
    assert.deepEqual(rules, ['I2']);
  });

  test('O20 it may be on any disk, under any name', () => {
    const rules = lost(false, (checker) => {
      checker.completed({ content: bytes('mine') });
      checker.disk('a', snapshotOf(diskWith({})));
      checker.disk('b', snapshotOf(diskWith({ 'f.sync-conflict-x': 'mine' })));
    });
    assert.deepEqual(rules, []);
  });

  test('O20 who saw it may give it up', () => {
    const rules = lost(false, (checker) => {
      checker.completed({ content: bytes('mine') });
      checker.replaced({ content: bytes('mine') });
      checker.disk('a', snapshotOf(diskWith({})));
    });
    assert.deepEqual(rules, []);
  });

  test('O20 the history holds it, but not in strict runs', () => {
    const run = (checker: NothingLost): void => {
      checker.completed({ content: bytes('mine') });
      checker.disk('a', snapshotOf(diskWithHistory('mine')));
    };
    assert.deepEqual(lost(false, run), []);
    assert.deepEqual(lost(true, run), ['I2']);
  });

  test('O20 who writes what stood there owes nothing anew, once those who had it gave it up: in strict runs', () => {
    const again = (...writes: readonly string[]) => {
      return (checker: NothingLost): void => {
        checker.completed({ content: bytes('mine') });
        checker.replaced({ content: bytes('mine') });
        const file = { content: bytes('mine') };
        for (const write of writes) {
          checker.replaced(file);
          file.content = bytes(write);
        }
        checker.completed(file);
        checker.disk('a', snapshotOf(diskWith({})));
      };
    };
    assert.deepEqual(lost(true, again('mi', 'mine')), []);
    assert.deepEqual(lost(false, again('mi', 'mine')), ['I2']);
    assert.deepEqual(
      lost(true, again('mi', 'mi')),
      ['I2'],
      'what stood there between two writes is not what was there',
    );
  });
});

describe('I4 no partial file', () => {
  function partial(node: string, visible: string, isOpen = false): string[] {
    const { report, rules } = reporting();
    const checker = new WholeFiles(keys, report);
    checker.writing('a', bytes('ha'));
    checker.completed(bytes('half and half'));
    const disk = diskWith({ f: visible });
    const file = disk.find(`${FOLDER_ROOT}/f`);
    if (isOpen && file !== undefined) disk.openForWriting(file);
    checker.disk(node, snapshotOf(disk));
    return rules;
  }

  test('O22 half a file is seen only where it is being written', () => {
    assert.deepEqual(partial('a', 'ha', true), []);
    assert.deepEqual(partial('a', 'ha'), ['I4']);
    assert.deepEqual(partial('b', 'ha', true), ['I4']);
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

  test('O23 who has lost records need not keep the order, until all is at rest', () => {
    const { report, rules } = reporting();
    const checker = new Vectors(report);
    checker.saved('a', record('f', version([A, 2])));
    checker.lostRecords('a');
    checker.saved('a', record('f', version([A, 1])));
    assert.deepEqual(rules, []);
    checker.atRest();
    checker.saved('a', record('f', version([A, 3])));
    checker.saved('a', record('f', version([A, 2])));
    assert.deepEqual(rules, ['I5']);
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

describe('I11 honesty', () => {
  function said(state: string, ...problems: readonly (readonly [name: string, reason: string])[]): string[] {
    const { report, rules } = reporting();
    const listed = problems.map(([name, reason]) => ({ name, reason }));
    checkHonesty([{ name: 'a', standing: () => ({ state, problems: listed }) }], report);
    return rules;
  }

  test('O28 at rest a node is in sync, or names what no time mends', () => {
    assert.deepEqual(said('in-sync'), []);
    assert.deepEqual(said('syncing', ['f', 'exists']), []);
    assert.deepEqual(said('syncing', ['d', 'exists'], ['d/f', 'parent']), []);
    assert.deepEqual(said('syncing', ['d', 'no-source'], ['d/f', 'parent']), []);
    assert.deepEqual(said('syncing'), ['I11']);
    assert.deepEqual(said('stopped', ['f', 'exists']), ['I11']);
    assert.deepEqual(said('syncing', ['d/f', 'parent']), ['I11']);
    assert.deepEqual(said('syncing', ['f', 'disk-full']), ['I11']);
  });
});
