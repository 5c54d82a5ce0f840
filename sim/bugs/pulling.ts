/**
 * Bugs of bringing and putting in place what peers have.
 * @module
 */
import type { PlantedBug } from './planted-bug.ts';

export const PULLING: readonly PlantedBug[] = [
  {
    name: 'no-look-before-rename',
    what: 'what stands under the name is replaced, whatever it is by now (R7)',
    file: 'src/node/folder/committer.ts',
    find: 'const applied = await tree.apply(commits.map((commit) => commit.change));',
    replace: `const looks = await tree.look(commits.map((commit) => commit.change.name));
      const applied = await tree.apply(
        commits.map(({ change }, index) => ('expected' in change ? { ...change, expected: looks[index] } : change) as Change),
      );`,
    breaks: 'R7',
    foundBy: { seeds: 80 },
  },
  {
    name: 'records-before-rename',
    what: 'the records say that a version is here before it is',
    file: 'src/node/folder/committer.ts',
    find: 'const applied = await tree.apply(',
    replace: `this.#context.save(commits.map(({ record }) => ({ record: { ...record, sequence: 0 }, look: undefined })));
      const applied = await tree.apply(`,
    breaks: 'R1',
    foundBy: { seeds: 80 },
  },
  {
    name: 'outdated-put-in-place',
    what: 'a version that lost while it waited for its turn is put in place and recorded all the same',
    file: 'src/node/folder/committer.ts',
    find: 'const fresh = queued.filter((commit) => this.#isFresh(commit) && !away.includes(commit));',
    replace: 'const fresh = queued.filter((commit) => !away.includes(commit));',
    breaks: 'I5',
    foundBy: { file: 'sim/overtaken.test.ts', test: 'E7 a version that is overtaken' },
  },
  {
    name: 'news-while-placing',
    what: 'what is known of a name changes while it is being put in place',
    file: 'src/node/peer/conversation.ts',
    find: 'const free = folder.untilFree(told);',
    replace: 'const free = undefined as Promise<void> | undefined;',
    breaks: 'E7',
    foundBy: { file: 'sim/overtaken.test.ts', test: 'E7 a crash between a rename and its record' },
  },
  {
    name: 'staged-bytes-believed',
    what: 'what a staged file has after a crash is believed and not read again',
    file: 'src/node/folder/fetcher.ts',
    find: 'staged: staged ?? NO_BYTES,',
    replace: 'staged: (staged ?? NO_BYTES).fill(1),',
    breaks: 'P14',
    foundBy: { file: 'sim/unsure.test.ts', test: 'P14 what a crash left' },
  },
  {
    name: 'old-blocks-by-position',
    what: 'a block of the old version is taken from the place that it has in the new one',
    file: 'src/core/pull/block-plan.ts',
    find: 'place: { name: here.old.name, offset: oldOffset } };',
    replace: 'place: { name: here.old.name, offset } };',
    breaks: 'P2',
    foundBy: { file: 'src/core/pull/block-plan.test.ts', test: 'P2 a block that moved within the file is found' },
  },
  {
    name: 'half-a-block-is-a-hole',
    what: 'a last block of zeros that is shorter than the others is never asked for, nor written',
    file: 'src/core/pull/block-plan.ts',
    find: 'return bytes === blockSize && sameBytes(hash, zeroHash);',
    replace: 'return sameBytes(hash, zeroHash);',
    breaks: 'P2',
    foundBy: { file: 'src/core/pull/block-plan.test.ts', test: 'P3 a short block is never taken for a hole' },
  },
  {
    name: 'copy-is-taken-for-move',
    what: 'a file that a peer copied is moved here, and its first name is empty',
    file: 'src/node/folder/puller.ts',
    find: `if (left?.deleted !== true || decide(twin.record, left, [], this.#context.digest) !== 'delete') continue;`,
    replace: 'if (left === undefined) continue;',
    breaks: 'I2',
    foundBy: { seeds: 80 },
  },
  {
    name: 'permissions-dropped',
    what: 'a file is put in place with the permissions of any new file',
    file: 'src/node/folder/placing.ts',
    find: `const expected = local?.look;
  const permissions = newest.noPermissions ? undefined : newest.permissions;`,
    replace: `const expected = local?.look;
  const permissions = undefined;`,
    breaks: 'I1',
    foundBy: { seeds: 80 },
  },
  {
    name: 'attributes-only-recorded',
    what: 'a new time or new permissions are recorded and not set',
    file: 'src/node/folder/puller.ts',
    find: `        return this.#commit(newest, versions, attributesOf(newest, local));
      case 'delete':`,
    replace: `        await this.#saves.add({ record: { ...newest, sequence: 0 }, look: local?.look });
        return 'done';
      case 'delete':`,
    breaks: 'I1',
    foundBy: { seeds: 80 },
  },
  {
    name: 'modification-time-rounded',
    what: 'modification times are told in milliseconds',
    file: 'src/core/wire/file-info.ts',
    find: 'modifiedNs: Number(ns),',
    replace: 'modifiedNs: Number(ns - (ns % 1_000_000n)),',
    breaks: 'I5',
    foundBy: { seeds: 40 },
  },
  {
    name: 'unknown-deleted-with-directory',
    what: 'files that nobody has recorded yet go with the directory that a peer deleted',
    file: 'src/node/folder/directories.ts',
    find: 'if (own === undefined || own.record.deleted || own.record.invalid) unknown.push(child);',
    replace:
      'if (own === undefined || own.record.deleted || own.record.invalid) removed += (await this.#removeIgnored(child)) ? 1 : 0;',
    breaks: 'R8',
    foundBy: { seeds: 100, strict: true },
  },
  {
    name: 'ignored-deleted-with-directory',
    what: 'ignored files go with the directory that a peer deleted, also those that were to stay',
    file: 'src/node/folder/directories.ts',
    find: 'if (match.deletable || isInternalName(child)) removed',
    replace: 'if (match.ignored || isInternalName(child)) removed',
    breaks: 'P6',
    foundBy: { file: 'sim/unsure.test.ts', test: 'P6 case D02' },
  },
  {
    name: 'directory-revived-at-once',
    what: 'a deleted directory comes back because of files of which the delete has not been told yet',
    file: 'src/node/folder/directories.ts',
    find: 'else if (this.#isPatienceOver(name)) return',
    replace: 'else return',
    also: [
      {
        find: `      else waits = true; // that it is gone as well may be in the next part of an index
`,
        replace: '',
      },
    ],
    breaks: 'I3',
    foundBy: { file: 'sim/overtaken.test.ts', test: 'P6 a directory goes although' },
  },
  {
    name: 'deletes-not-judged',
    what: 'deletes that come while others are carried out go with them',
    file: 'src/node/folder/puller.ts',
    find: 'const page = read.slice(0, room);',
    replace: 'const page = read;',
    breaks: 'R12',
    foundBy: { file: 'sim/brake.test.ts', test: 'R12 deletes that come while' },
  },
  {
    name: 'left-names-not-retried',
    what: 'what could not be put in place is not tried again',
    file: 'src/node/folder/folder.ts',
    find: '    if (left > 0) this.#retry.later();',
    replace: '',
    breaks: 'I1',
    foundBy: { seeds: 150 },
  },
  {
    name: 'refused-source-asked-no-more',
    what: 'a block that one peer refuses is not asked of another one',
    file: 'src/node/folder/fetcher.ts',
    find: 'for (let asked = 0; asked < ASK_AGAIN_MAX && !signal.aborted; asked += 1) {',
    replace: 'for (let asked = 0; asked < 1 && !signal.aborted; asked += 1) {',
    breaks: 'R19',
    foundBy: { file: 'sim/troubles.test.ts', test: 'R19 a peer that never answers holds up' },
  },
  {
    name: 'taken-name-fetched-again',
    what: 'what cannot have its name on this disk is fetched anew each minute',
    file: 'src/node/folder/puller.ts',
    find: "if (trouble.trouble === 'exists') this.#taken.add(name);",
    replace: '',
    breaks: 'P80',
    foundBy: { file: 'sim/spelling.test.ts', test: 'P80 names that differ in case alone' },
  },
  {
    name: 'taken-name-not-said-again',
    what: 'a name that cannot be had on this disk is not listed any more, once it was seen not to be there',
    file: 'src/node/folder/puller.ts',
    find: "if (taken !== undefined) return this.#leave(taken, 'exists', TAKEN_TEXT);",
    replace: "if (taken !== undefined) return 'left';",
    breaks: 'P80',
    foundBy: { firstSeed: 906, seeds: 1 },
  },
];
