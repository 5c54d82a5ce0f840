/**
 * Bugs of telling peers what is here, and of keeping what they told.
 * @module
 */
import type { PlantedBug } from './planted-bug.ts';

export const TELLING: readonly PlantedBug[] = [
  {
    name: 'index-resumes-at-own-end',
    what: 'what a peer missed while it was away is never told to it',
    file: 'src/core/session/index-start.ts',
    find: `return { tell: 'from', sequence: theirs.maxSequence };`,
    replace: `return { tell: 'from', sequence: own.maxSequence };`,
    breaks: 'X1',
    foundBy: { seeds: 150 },
  },
  {
    name: 'index-resumes-by-another-index',
    what: 'a peer is told from where it was in an index that is given up',
    file: 'src/core/session/index-start.ts',
    find: `if (theirs.indexId !== own.indexId) return { tell: 'from', sequence: 0 };`,
    replace: `if (theirs.indexId === 0n) return { tell: 'from', sequence: 0 };`,
    breaks: 'R14',
    foundBy: { file: 'src/core/session/index-start.test.ts', test: 'R14 who knows more of our index' },
  },
  {
    name: 'set-back-not-noticed',
    what: 'a peer that knows more of our index than we do is not taken for a sign that records were lost',
    file: 'src/core/session/index-start.ts',
    find: `if (theirs.maxSequence > own.maxSequence || isInGap(gaps, theirs.maxSequence)) return { tell: 'renew' };
  `,
    replace: '',
    breaks: 'R14',
    foundBy: { file: 'src/core/session/index-start.test.ts', test: 'R14 who knows more of our index' },
  },
  {
    name: 'index-that-goes-back-kept',
    what: 'what a peer told before it was set back still counts',
    file: 'src/core/session/index-start.ts',
    find: 'return announced.indexId !== 0n && announced.indexId === held.indexId && announced.maxSequence < held.maxSequence;',
    replace: 'return false;',
    breaks: 'R14',
    foundBy: { file: 'src/core/session/index-start.test.ts', test: 'R14 a peer that says less' },
  },
  {
    name: 'index-sender-skips',
    what: 'what is saved while a part of the index is on its way is never told',
    file: 'src/node/peer/index-sender.ts',
    find: `      isFirst = false;
`,
    replace: `      isFirst = false;
      this.#sent = this.#folder.records.maxSequence();
`,
    breaks: 'X1',
    foundBy: { file: 'sim/telling.test.ts', test: 'X1 an index of several parts' },
  },
  {
    name: 'wake-lost',
    what: 'news that come while a part of the index is being sent wake nobody',
    file: 'src/node/wake.ts',
    find: `    this.#rung = true;
    this.#waiting?.();`,
    replace: `    this.#rung = this.#waiting !== undefined;
    this.#waiting?.();`,
    breaks: 'X1',
    foundBy: { seeds: 80 },
  },
  {
    name: 'index-receiver-keeps-older',
    what: 'a name that a peer told of keeps what it told first',
    file: 'src/edges/store/folder-records.ts',
    find: `        change.putRemote(source.id, record);
`,
    replace: `        if (this.remote(peer, record.name) === undefined) change.putRemote(source.id, record);
`,
    breaks: 'X1',
    foundBy: { seeds: 40 },
  },
  {
    name: 'need-not-recomputed-after-delete',
    what: 'a delete that a peer tells is kept and not put on the list of what is to be done',
    file: 'src/edges/store/folder-change.ts',
    find: 'changeNeed(this.#database, this.#keys.folder, name, before.need, after.need);',
    replace: `if (!after.need?.phase.startsWith('delete')) changeNeed(this.#database, this.#keys.folder, name, before.need, after.need);`,
    breaks: 'X3',
    foundBy: { seeds: 80 },
  },
  {
    name: 'need-not-removed',
    what: 'what is done stays on the list of what is to be done',
    file: 'src/edges/store/need-table.ts',
    find: 'if (before !== undefined && before.phase !== after?.phase)',
    replace: 'if (before !== undefined && after !== undefined && before.phase !== after.phase)',
    breaks: 'X3',
    foundBy: { file: 'src/edges/store/counts.test.ts', test: 'X3 X4 need, counts and completions' },
  },
  {
    name: 'tombstone-forgotten',
    what: 'a delete is forgotten as soon as it is recorded, and the file comes back from a peer',
    file: 'src/node/folder/absence.ts',
    find: `      this.#context.save(gone.slice(start, start + CHUNK).flatMap((name) => this.#deletionOf(name)));
`,
    replace: `      this.#context.save(gone.slice(start, start + CHUNK).flatMap((name) => this.#deletionOf(name)));
      records.forgetLocal(gone.slice(start, start + CHUNK));
`,
    breaks: 'I7',
    foundBy: { seeds: 150 },
  },
  {
    name: 'deletes-not-told',
    what: 'deletes are left out of what a peer is told',
    file: 'src/edges/store/own-records.ts',
    find: 'WHERE r.source = ? AND r.sequence > ? ORDER BY r.sequence',
    replace: 'WHERE r.source = ? AND r.sequence > ? AND r.flags & ${DELETED} = 0 ORDER BY r.sequence',
    breaks: 'I1',
    foundBy: { seeds: 80 },
  },
  {
    name: 'sequence-reused',
    what: 'the highest sequence number is not saved, so that the next change has the number of the last one',
    file: 'src/edges/store/folder-records.ts',
    find: `      setMaxSequence(this.#database, this.#keys.own, sequence);
      return saved;`,
    replace: '      return saved;',
    breaks: 'X1',
    foundBy: { seeds: 40 },
  },
  {
    name: 'supplier-sends-unchecked',
    what: 'a block is sent without a check that it is still the one that was announced',
    file: 'src/node/folder/supplier.ts',
    find: 'hash: hash.length === 0 ? undefined : hash }',
    replace: 'hash: undefined }',
    breaks: 'P12',
    foundBy: { file: 'sim/unsure.test.ts', test: 'P12 case A11' },
  },
  {
    name: 'full-index-added',
    what: 'the first part of a full index is added to what was held of the peer',
    file: 'src/edges/store/folder-records.ts',
    find: 'if (replace) change.dropAll(source.id);',
    replace: 'if (replace && records.length === 0) change.dropAll(source.id);',
    breaks: 'X1',
    foundBy: { file: 'src/edges/store/folder-records.test.ts', test: 'K8 an update adds' },
  },
  {
    name: 'silent-peer-holds-up',
    what: 'a peer that never answers a request is waited for without end',
    file: 'src/node/peer/requests.ts',
    find: `    this.#silentUntilMs = nowMs + UNASKED_MS;
    this.giveUp();`,
    replace: '    this.#silentUntilMs = nowMs + UNASKED_MS;',
    breaks: 'R19',
    foundBy: { file: 'sim/troubles.test.ts', test: 'R19 a peer that never answers holds up' },
  },
  {
    name: 'records-not-durable',
    what: 'a power cut takes back records that peers have heard of',
    file: 'src/edges/store/database.ts',
    find: 'PRAGMA synchronous = FULL;',
    replace: 'PRAGMA synchronous = OFF;',
    breaks: 'R1',
    foundBy: { waitsFor: 'a power cut under a real database' },
  },
  {
    name: 'delete-not-passed-on',
    what: 'a node that never had a name does not pass on its delete to who still has it',
    file: 'src/node/folder/index-receiver.ts',
    find: 'if (local === undefined) return this.#passOn(theirs.name);',
    replace: 'if (local === undefined) return [];',
    breaks: 'X2',
    foundBy: { file: 'sim/tombstones.test.ts', test: 'X2 who hears of a delete from one' },
  },
  {
    name: 'ignored-stays-unwanted',
    what: 'what was recorded as ignored while the patterns were being written stays unwanted, if a walk had read them first',
    file: 'src/node/folder/ignore-keeper.ts',
    find: 'if (isChanged || wasStricter) forgetFreed(this.#options, this.#rules);',
    replace: 'if (isChanged) forgetFreed(this.#options, this.#rules);',
    breaks: 'I5',
    foundBy: { file: 'src/node/folder/ignore-keeper.test.ts', test: 'I5 what was recorded as ignored' },
  },
  {
    name: 'not-told-anew',
    what: 'what is taken over after another peer has told a delete that had not seen it, is not told anew to that peer',
    file: 'src/node/folder/make-context.ts',
    find: 'if (revived.length > 0) save(revived);',
    replace: 'void revived;',
    breaks: 'M5',
    foundBy: { file: 'src/node/folder/make-context.test.ts', test: 'M5 what is taken over' },
  },
  {
    name: 'content-before-its-directory',
    what: 'what comes from a peer into a directory that somebody has just made here is told before the directory',
    file: 'src/node/folder/committer.ts',
    find: 'return !record.deleted && isBeforeItsParent(this.#context, record.name, (parent) => before.has(parent));',
    replace: 'return false && before.has(record.name);',
    breaks: 'P5',
    foundBy: { file: 'sim/telling.test.ts', test: 'P5 a directory is told before' },
  },
  {
    name: 'unanswered-at-the-stop',
    what: 'a delete that was still to be passed on when lanfold was stopped is passed on by nobody',
    file: 'src/node/folder/index-receiver.ts',
    find: 'if (names === undefined && !this.#isCaughtUp) void this.#catchUp();',
    replace: '',
    breaks: 'X2',
    foundBy: { file: 'sim/telling.test.ts', test: 'X2 a delete that was to be passed on when lanfold was stopped' },
  },
  {
    name: 'renewed-in-silence',
    what: 'who gives up what a power cut took begins a new index, and who is connected hears only the end of it',
    file: 'src/node/folder/power-cut-signs.ts',
    find: 'if (this.#isRenewed) this.#context.retell();',
    replace: '',
    breaks: 'R14',
    foundBy: { file: 'sim/telling.test.ts', test: 'R14 who gives up what a power cut took' },
  },
];
