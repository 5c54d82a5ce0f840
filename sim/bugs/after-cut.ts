/**
 * Bugs of judging what a power cut, or a crash, has left, by the traces that it leaves.
 * @module
 */
import type { PlantedBug } from './planted-bug.ts';

export const AFTER_CUT: readonly PlantedBug[] = [
  {
    name: 'proper-stop-outlives-the-cut',
    what: 'what a power cut took right after a proper stop is told as deleted where somebody wrote beside it',
    file: 'src/node/folder/doubt.ts',
    find: 'isOtherStart && (isDoubted || isKnownStart)',
    replace: 'isOtherStart && isDoubted',
    breaks: 'E9',
    foundBy: {
      file: 'sim/cut-and-restart.test.ts',
      test: 'E9 what was saved right before a proper stop, and is gone at the next start, comes back',
    },
  },
  {
    name: 'proper-stop-ends-the-recovery',
    what: 'what a crash left in place unrecorded is forgotten by a proper stop in the middle of the next start',
    file: 'src/node/folder/folder.ts',
    find: 'if (this.#context.doubt.isOn) await adoptPlaced',
    replace: 'if (store.uncleanStop) await adoptPlaced',
    breaks: 'E7',
    foundBy: { file: 'sim/overtaken.test.ts', test: 'E7 nor does one that was not looked at before a proper stop' },
  },
  {
    name: 'backdated-zeros-after-proper-stop',
    what: 'zeros that a power cut left right after a proper stop go out when the time of the file is set back',
    file: 'src/node/folder/doubt.ts',
    find: 'this.covers(name) || (this.lostPower(name) && this.isAboutName(local))',
    replace: 'this.covers(name)',
    breaks: 'E4',
    foundBy: { file: 'sim/power.test.ts', test: 'E4 what was zeros after a proper stop' },
  },
  {
    name: 'made-again-is-not-listed',
    what: 'what a power cut took is told as deleted where somebody makes its directory again in the middle of the first walk',
    file: 'src/node/folder/scanner.ts',
    find: 'await this.#walk(again, signal',
    replace: 'await this.#walk([], signal',
    breaks: 'E9',
    foundBy: { file: 'sim/cut-and-restart.test.ts', test: 'E9 what was in a directory that somebody makes again' },
  },
  {
    name: 'unclaimed-is-known',
    what: 'zeros that a power cut left of what stood here before a peer told of it pass for that version',
    file: 'src/node/folder/doubt.ts',
    find: 'isAbout({ name }: FileRecord, look: Look): boolean {',
    replace: `isAbout({ name, version }: FileRecord, look: Look): boolean {
    if (version.length === 0) return false;`,
    breaks: 'E4',
    foundBy: { file: 'sim/unclaimed-after-cut.test.ts', test: 'E4 zeros are not taken for what a peer has told of' },
  },
  {
    name: 'directory-in-doubt-for-ever',
    what: 'a directory that was being looked at when the first walk ended stays in doubt: who removes it much later gets it back',
    file: 'src/node/folder/scanner.ts',
    find: 'doubt.settle(name); // of a directory',
    replace: '// of a directory',
    breaks: 'E9',
    foundBy: { file: 'sim/cut-and-restart.test.ts', test: 'E9 a directory that was being looked at' },
  },
  {
    name: 'set-aside-is-renamed',
    what: 'what was set aside for a version that won, and that a power cut took, counts as renamed by a person',
    file: 'src/node/folder/lost-names.ts',
    find: "return order === 'newer' || order === 'concurrent';",
    replace: "return order === 'newer';",
    breaks: 'E9',
    foundBy: { file: 'sim/cut-and-restart.test.ts', test: 'E9 what was set aside for a version that won' },
  },
  {
    name: 'nobodys-for-ever',
    what: 'what stood here when a peer told of the same is told by nobody, once that peer has lost it',
    file: 'src/node/folder/unclaimed.ts',
    find: 'return records.newest(own.name) === undefined && context.isAllHeard() && !context.isProvisional();',
    replace: 'return false;',
    breaks: 'E4',
    foundBy: { file: 'sim/unclaimed-after-cut.test.ts', test: 'E4 what stood here when a peer told of the same' },
  },
  {
    name: 'taken-back-is-renamed',
    what: 'what a power cut brought back under its old name counts as renamed by who touches it, and the new name is deleted',
    file: 'src/node/folder/inspector.ts',
    find: 'isUnlooked && local === undefined',
    replace: 'isUnlooked && !isHere(local)',
    breaks: 'E9',
    foundBy: {
      file: 'sim/renamed-after-cut.test.ts',
      test: 'E9 a file whose rename a power cut took back has not been renamed',
    },
  },
  {
    name: 'listed-though-a-peer-has-it',
    what: 'what a power cut set back to what a peer has stays listed as damaged, and comes back when somebody removes it',
    file: 'src/node/folder/damage-list.ts',
    find: 'if (isUnclaimed(own.record) && !isUnclaimed(record)) return [];',
    replace: '',
    breaks: 'E4',
    foundBy: { file: 'sim/listed-damage.test.ts', test: 'E4 what a power cut set back to what a peer has' },
  },
  {
    name: 'unlisted-damage-is-told',
    what: 'what was found damaged is told after all where we died before that was listed, and nobody else has it',
    file: 'src/node/folder/unclaimed.ts',
    find: 'if (own.modifiedBy === context.author().device) return false;',
    replace: '',
    breaks: 'E4',
    foundBy: { file: 'sim/unclaimed-after-cut.test.ts', test: 'E4 nor is what was found damaged told' },
  },
];
