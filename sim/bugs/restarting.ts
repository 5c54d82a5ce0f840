/**
 * Bugs of the bad days: crashes, lost records, mass deletes, twins, full disks.
 * @module
 */
import type { PlantedBug } from './planted-bug.ts';

export const RESTARTING: readonly PlantedBug[] = [
  {
    name: 'unclean-stop-ignored',
    what: 'after a power cut what is left of files is announced as if somebody had edited them',
    file: 'src/node/folder/make-context.ts',
    find: 'doubt: new Doubt(records, clock, store.uncleanStop),',
    replace: 'doubt: new Doubt(records, clock, false),',
    breaks: 'R3',
    foundBy: { file: 'sim/harm.test.ts', test: 'E9 what a power cut took is no delete: it comes back' },
  },
  {
    name: 'placed-not-adopted',
    what: 'what was put in place right before a crash, and not recorded, is taken for a change made here',
    file: 'src/node/folder/folder.ts',
    find: 'if (store.uncleanStop) {',
    replace: 'if (store.uncleanStop && isNew) {',
    breaks: 'E7',
    foundBy: { file: 'sim/overtaken.test.ts', test: 'E7 a crash between a rename and its record' },
  },
  {
    name: 'placed-not-adopted-after-full-disk',
    what: 'what was put in place on a full disk, and not recorded, is taken for a change made here',
    file: 'src/node/folder/folder.ts',
    find: `      // It may have stopped between a rename and its record: on a full disk, say.
      await this.#ignores.load();
      await adoptPlaced(this.#context);
`,
    replace: `      await this.#ignores.load();
`,
    breaks: 'E7',
    foundBy: { file: 'sim/troubles.test.ts', test: 'E7 what was put in place and could not be recorded' },
  },
  {
    name: 'provisional-speaks-early',
    what: 'a folder whose records were lost tells peers of its files before it has heard what they know',
    file: 'src/node/folder/admission.ts',
    find: 'return this.#isHeld || this.isProvisional;',
    replace: 'return this.#isHeld;',
    breaks: 'E5',
    foundBy: { file: 'sim/restored.test.ts', test: 'E5 a home that is lost' },
  },
  {
    name: 'provisional-ends-early',
    what: 'a rebuilt database believes itself before a peer has told all that it knows',
    file: 'src/node/folder/admission.ts',
    find: 'if (!this.#isScanned || !this.#isPeerHeard) return;',
    replace: 'if (!this.#isScanned) return;',
    breaks: 'E5',
    foundBy: { file: 'sim/restored.test.ts', test: 'E5 a home that is lost' },
  },
  {
    name: 'leftover-comes-back',
    what: 'a file that peers have replaced or deleted meanwhile comes back as a change, when the records are lost',
    file: 'src/core/scan/provisional.ts',
    find: 'if (theirs.deleted && theirs.modifiedNs > lastTouchedNs) return true;',
    replace: '',
    breaks: 'E5',
    foundBy: { file: 'src/core/scan/changes.test.ts', test: 'E5 deleted by a peer after it was written here' },
  },
  {
    name: 'own-words-not-known-again',
    what: 'what was announced before the records were set back is taken for a change made here',
    file: 'src/core/scan/provisional.ts',
    find: `if (!sameContent(mine, theirs) || !sameAttributes(mine, theirs)) return false;
`,
    replace: `if (sameContent(mine, theirs)) return false;
`,
    breaks: 'E8',
    foundBy: { file: 'src/core/scan/changes.test.ts', test: 'E8 content that a peer tells of is its version' },
  },
  {
    name: 'brake-off',
    what: 'a delete of nearly everything is passed on at once',
    file: 'src/node/folder/brake.ts',
    find: 'return deletes > Math.max(DELETES_FREE, total * SHARE_FREE) && !this.#isApproved;',
    replace: 'return deletes > total && !this.#isApproved;',
    breaks: 'R12',
    foundBy: { file: 'sim/harm.test.ts', test: 'R12 files whose only twins' },
  },
  {
    name: 'brake-counts-parts',
    what: 'the brake counts each part of a big delete for itself',
    file: 'src/node/folder/brake.ts',
    find: 'const deletes = this.#act.deletes + count;',
    replace: 'const deletes = count;',
    breaks: 'R12',
    foundBy: { file: 'src/node/folder/brake.test.ts', test: 'R12 deletes that are found here in parts' },
  },
  {
    name: 'replacement-brake-off',
    what: 'a peer that replaces every file is not held up',
    file: 'src/node/folder/replacement-brake.ts',
    find: 'if (made >= Math.max(FREE, this.#records.counts().local.files * SHARE_FREE)) {',
    replace: 'if (made >= Number.MAX_SAFE_INTEGER) {',
    breaks: 'R12',
    foundBy: { file: 'sim/harm.test.ts', test: 'R12 a peer that replaces' },
  },
  {
    name: 'bit-rot-announced',
    what: 'bytes that a disk has lost are announced as an edit',
    file: 'src/node/folder/rereading.ts',
    find: `isTrouble(bytes) ? bytes.trouble === 'wrong-content' :`,
    replace: 'isTrouble(bytes) ? false :',
    breaks: 'R4',
    foundBy: { file: 'sim/rereading.test.ts', test: 'R4 case A14: bytes that changed under' },
  },
  {
    name: 'half-written-patterns',
    what: 'patterns are read before whoever writes them is done, and let out what they are to hold back',
    file: 'src/node/folder/ignore-keeper.ts',
    find: 'this.#options.clock.after(QUIET_MS, ',
    replace: 'this.#options.clock.after(0, ',
    breaks: 'G11',
    foundBy: { file: 'sim/harm.test.ts', test: 'G11 patterns that are being written' },
  },
  {
    name: 'twin-not-noticed',
    what: 'a device that is alive twice is taken for one that restarts often',
    file: 'src/core/session/run-identity.ts',
    find: 'twiceMs: isBack ? nowMs : twiceMs,',
    replace: 'twiceMs,',
    breaks: 'R14',
    foundBy: { file: 'sim/twins.test.ts', test: 'R14 case G07: a device that is alive twice' },
  },
  {
    name: 'full-disk-filled',
    what: 'the last byte of the disk is used',
    file: 'src/node/folder/disk-room.ts',
    find: 'this.#free = space.freeBytes - reserve(space);',
    replace: 'this.#free = space.freeBytes;',
    breaks: 'P60',
    foundBy: { file: 'sim/disk-room.test.ts', test: 'P60 a file that would fill' },
  },
];
