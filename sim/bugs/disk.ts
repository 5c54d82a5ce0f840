/**
 * Bugs of the real disk. The simulation has a disk of its own, so the suites of the real one find them.
 * @module
 */
import type { PlantedBug } from './planted-bug.ts';

export const DISK: readonly PlantedBug[] = [
  {
    name: 'failed-flush-counted-as-done',
    what: 'a version is recorded although its directory could not be flushed',
    file: 'src/edges/disk/apply.ts',
    find: 'if (failed === undefined) return applied;',
    replace: 'if (applied.length > 0) return applied;',
    breaks: 'R1',
    foundBy: { file: 'src/edges/disk/apply.test.ts', test: 'R1 if the directories could not be flushed' },
  },
  {
    name: 'staged-flush-failure-ignored',
    what: 'a file whose bytes could not be flushed is put in place',
    file: 'src/edges/disk/apply.ts',
    find: 'return stageTrouble(refused, change) ?? applyInAnyRoom(batch, change);',
    replace: 'return applyInAnyRoom(batch, change);',
    breaks: 'R2',
    foundBy: { file: 'src/edges/disk/apply.test.ts', test: 'R2 case F15: staged bytes that could not be flushed' },
  },
  {
    name: 'staged-block-not-verified',
    what: 'the bytes that a peer sends are staged without a look at their hash',
    file: 'src/edges/disk/staging.ts',
    find: 'if (bytes.length !== job.bytes || !sameBytes(sha256(bytes), job.hash)) {',
    replace: 'if (bytes.length !== job.bytes) {',
    breaks: 'P10',
    foundBy: { file: 'test/contract/file-tree.test.ts', test: 'P10 what does not match its hash' },
  },
  {
    name: 'staged-file-believed',
    what: 'after a crash the blocks of a staged file are believed',
    file: 'src/edges/disk/staging.ts',
    find: 'if (digest instanceof Uint8Array && sameBytes(digest, blockHash(job.blocks, index))) right[index] = 1;',
    replace: 'if (digest instanceof Uint8Array) right[index] = 1;',
    breaks: 'P10',
    foundBy: { file: 'test/contract/file-tree.test.ts', test: 'P10 what does not match its hash' },
  },
  {
    name: 'symlink-followed',
    what: 'a symlink on the way is followed, out of the folder',
    file: 'src/edges/disk/walk.ts',
    find: 'export const O_SAFE = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);',
    replace: 'export const O_SAFE = constants.O_NONBLOCK ?? 0;',
    breaks: 'P34',
    foundBy: { file: 'src/edges/disk/walk.test.ts', test: 'P34 a symlink on the way is no way' },
  },
  {
    name: 'history-skipped-when-replaced',
    what: 'what a newer version replaces is not kept',
    file: 'src/edges/disk/place.ts',
    find: 'const undo = keepSecond(batch, change.name, path, now, change.displace);',
    replace: `const undo =
    change.displace.to === 'history' ? undefined : keepSecond(batch, change.name, path, now, change.displace);`,
    breaks: 'R9',
    foundBy: { file: 'test/contract/file-tree.test.ts', test: 'P31 what a change replaces or removes' },
  },
  {
    name: 'history-skipped-when-deleted',
    what: 'what a peer deletes is not kept',
    file: 'src/edges/disk/place.ts',
    find: `else moveAway(batch, change.name, path, now, change.displace);
  batch.touched`,
    replace: `else rmSync(path);
  batch.touched`,
    breaks: 'R9',
    foundBy: { file: 'test/contract/file-tree.test.ts', test: 'P31 what a change replaces or removes' },
  },
  {
    name: 'replaced-without-a-look',
    what: 'a file is put in the place of whatever stands there',
    file: 'src/edges/disk/place.ts',
    find: `there is no such staged file');
  const now = lookAt(path);
  if (!sameLook(now, change.expected)) return changed();
`,
    replace: `there is no such staged file');
  const now = lookAt(path);
`,
    breaks: 'R7',
    foundBy: { file: 'test/contract/file-tree.test.ts', test: 'P27 what is not as the caller saw it' },
  },
  {
    name: 'directory-removed-with-all-in-it',
    what: 'a directory that a peer deleted is removed with all that is in it',
    file: 'src/edges/disk/place.ts',
    find: `  rmdirSync(path);
`,
    replace: `  rmSync(path, { recursive: true });
`,
    breaks: 'R8',
    foundBy: { file: 'test/contract/file-tree.test.ts', test: 'P29 only an empty directory goes' },
  },
  {
    name: 'bytes-not-flushed',
    what: 'a file gets its name before its bytes are on the disk',
    file: 'src/edges/disk/durable.ts',
    find: 'if (!flushAll || (permissions & OWNER_READS) === 0) fsyncSync(handle);',
    replace: '',
    also: [
      {
        find: 'const lost = flushAll ? flushStaged(walk, system, stages) : [];',
        replace: 'const lost: [string, Trouble][] = [];',
      },
    ],
    breaks: 'R1',
    foundBy: { file: 'src/edges/disk/apply.test.ts', test: 'R2 case F15: staged bytes that could not be flushed' },
  },
  {
    name: 'directories-not-flushed',
    what: 'records are saved before the names are on the disk',
    file: 'src/edges/disk/apply.ts',
    find: 'const failed = guarded(() => settleEntries(batch));',
    replace: 'const failed = undefined as Trouble | undefined;',
    breaks: 'R1',
    foundBy: { file: 'src/edges/disk/apply.test.ts', test: 'R1 if the directories could not be flushed' },
  },
  {
    name: 'flush-tried-again',
    what: 'a flush that failed is tried again, and believed when it says that all is well',
    file: 'src/edges/disk/durable.ts',
    find: 'const lost = flushAll ? flushStaged(walk, system, stages) : [];',
    replace:
      'if (flushAll) flushStaged(walk, system, stages);\n  const lost: [string, Trouble][] = []; // the second one says that all is well',
    breaks: 'R2',
    foundBy: { file: 'src/edges/disk/apply.test.ts', test: 'R2 case F15: staged bytes that could not be flushed' },
  },
  {
    name: 'lost-bytes-asked-of-all',
    what: 'whether bytes of a file were lost is asked of the whole disk only, which tells it once, to another program perhaps',
    file: 'src/edges/disk/durable.ts',
    find: 'if (isFlushed && isDone(system, ask)) continue;',
    replace: 'if (isFlushed || isDone(system, ask)) continue;',
    breaks: 'R2',
    foundBy: { file: 'test/catalogue/lost-writes.test.ts', test: 'R2 case F15: where the system has lost bytes' },
  },
  {
    name: 'replaced-in-use',
    what: 'a file that a program holds open for writing is replaced under its hands',
    file: 'src/edges/disk/in-use.ts',
    find: "return answer === 'some';",
    replace: 'return false;',
    breaks: 'P83',
    foundBy: { file: 'test/contract/file-tree.test.ts', test: 'P83 what a program holds open' },
  },
];
