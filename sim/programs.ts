/**
 * The programs that people run: each a few calls of {@link Hands}, with pauses in which everything else happens.
 *
 * Every content that is written is unlike all others: it tells who wrote it, in which step. A program that finds its path
 * unusable does nothing; so every step can be left away from a plan without making the others impossible.
 * @module
 */
import { baseName, joinName, parentOf } from '../src/core/model/folder-path.ts';
import { DiskFault } from '../src/edges/memory/disk-fault.ts';
import { type Inode } from '../src/edges/memory/memory-disk.ts';
import type { SeededChance } from '../src/edges/memory/seeded-chance.ts';
import type { Hands } from './hands.ts';
import type { UserStep } from './plan.ts';

export interface Desk {
  readonly hands: Hands;
  /** Of this step alone. */
  readonly chance: SeededChance;
  wait(delayMs: number): Promise<void>;
}

/** Runs one step's program to its end. */
export async function runProgram(desk: Desk, step: UserStep): Promise<void> {
  try {
    await programs[step.verb](desk, step);
  } catch (fault) {
    if (!(fault instanceof DiskFault)) throw fault; // somebody was faster: the program gives up, as programs do
  }
}

type Program = (desk: Desk, step: UserStep) => Promise<void> | void;

const programs: Readonly<Record<UserStep['verb'], Program>> = {
  async write(desk, step) {
    const file = openFile(desk, step.path);
    if (file === undefined) return;
    if (file.content.length > 0) desk.hands.write(file, new Uint8Array(0));
    await writeParts(desk, step, file, (content) => content);
  },

  async overwrite(desk, step) {
    const file = openFile(desk, step.path);
    if (file === undefined) return;
    const old = file.content;
    await writeParts(desk, step, file, (content) => Buffer.concat([content, old.subarray(content.length)]));
  },

  async append(desk, step) {
    const file = existingFile(desk, step.path);
    if (file === undefined) return;
    desk.hands.open(file);
    const old = file.content;
    await writeParts(desk, step, file, (content) => Buffer.concat([old, content]));
  },

  truncate(desk, step) {
    const file = existingFile(desk, step.path);
    if (file === undefined || file.content.length < 2) return;
    desk.hands.open(file);
    desk.hands.write(file, file.content.slice(0, 1 + desk.chance.below(file.content.length - 1)));
    desk.hands.close(file);
  },

  async save(desk, step) {
    const aside = await writeAside(desk, step);
    if (aside !== undefined) desk.hands.rename(aside, step.path);
  },

  async 'save-with-backup'(desk, step) {
    const aside = await writeAside(desk, step);
    if (aside === undefined) return;
    const backup = `${step.path}~`;
    if (desk.hands.find(step.path)?.type === 'file') desk.hands.rename(step.path, backup);
    await desk.wait(desk.chance.fraction() * 5);
    desk.hands.rename(aside, step.path);
    await desk.wait(desk.chance.fraction() * 5);
    if (desk.hands.find(backup)?.type === 'file') desk.hands.remove(backup);
  },

  async copy(desk, step) {
    const source = existingFile(desk, step.path);
    if (source === undefined || step.path === step.other) return;
    const { content } = source;
    const file = openFile(desk, step.other);
    if (file === undefined) return;
    if (file.content.length > 0) desk.hands.write(file, new Uint8Array(0));
    await desk.wait(desk.chance.fraction() * step.pauseMsMax);
    desk.hands.write(file, content);
    desk.hands.close(file);
  },

  rename({ hands }, { path, other }) {
    if (hands.find(path) === undefined || path === other || !hands.makeParents(other)) return;
    if (hands.find(other)?.type !== 'directory') hands.rename(path, other);
  },

  delete({ hands }, { path }) {
    hands.remove(path);
  },

  'make-directory'({ hands }, { path }) {
    if (hands.find(path) === undefined && hands.makeParents(path)) hands.makeDirectory(path);
  },

  symlink({ hands }, step) {
    const there = hands.find(step.path);
    if (there?.type === 'directory' || !hands.makeParents(step.path)) return;
    if (there !== undefined) hands.remove(step.path);
    hands.symlink(step.path, `../outside-${step.id}`);
  },

  permissions(desk, step) {
    const there = desk.hands.find(step.path);
    if (there === undefined || there.type === 'symlink') return;
    const choices = there.type === 'directory' ? [0o755, 0o700] : [0o644, 0o600, 0o755];
    desk.hands.attributes(there, { permissions: desk.chance.pick(choices) });
  },

  backdate(desk, step) {
    const there = existingFile(desk, step.path);
    if (there === undefined) return;
    const ageNs = BigInt(1 + desk.chance.below(1_000_000)) * 1_000_000_000n;
    desk.hands.attributes(there, { modifiedNs: there.modifiedNs - ageNs });
  },

  async 'change-type'(desk, step) {
    const { hands } = desk;
    const there = hands.find(step.path);
    if (there === undefined) return;
    hands.remove(step.path);
    await desk.wait(desk.chance.fraction() * 20);
    if (there.type === 'directory') {
      const file = openFile(desk, step.path);
      if (file !== undefined) await writeParts(desk, step, file, (content) => content);
    } else if (hands.makeParents(step.path) && hands.find(step.path) === undefined) {
      hands.makeDirectory(step.path);
      const file = openFile(desk, joinName(step.path, 'inside'));
      if (file !== undefined) await writeParts(desk, step, file, (content) => content);
    }
  },

  async disguise(desk, step) {
    const there = existingFile(desk, step.path);
    if (there === undefined || there.content.length === 0) return;
    const { modifiedNs } = there;
    const aside = await writeAside(desk, { ...step, sizeBytes: there.content.length });
    const file = aside === undefined ? undefined : desk.hands.find(aside);
    if (aside === undefined || file === undefined) return;
    desk.hands.attributes(file, { modifiedNs });
    desk.hands.rename(aside, step.path);
  },

  empty(desk, step) {
    const file = openFile(desk, step.path);
    if (file === undefined) return;
    if (file.content.length > 0) desk.hands.write(file, new Uint8Array(0));
    desk.hands.close(file);
  },
};

function existingFile({ hands }: Desk, name: string): Inode | undefined {
  const there = hands.find(name);
  return there?.type === 'file' ? there : undefined;
}

/** Opens a file for writing, or makes it with its parents; undefined if something else is in the way. */
function openFile({ hands }: Desk, name: string): Inode | undefined {
  const there = hands.find(name);
  if (there === undefined) return hands.makeParents(name) ? hands.create(name) : undefined;
  if (there.type !== 'file') return undefined;
  hands.open(there);
  return there;
}

/** Writes the step's content in parts and closes the file. `whole`: what the file holds when so much is written. */
async function writeParts(
  desk: Desk,
  step: UserStep,
  file: Inode,
  whole: (written: Uint8Array) => Uint8Array,
): Promise<void> {
  const content = contentOf(step);
  for (let part = 1; part <= step.parts; part += 1) {
    await desk.wait(desk.chance.fraction() * step.pauseMsMax);
    const end = part === step.parts ? content.length : desk.chance.below(content.length);
    desk.hands.write(file, new Uint8Array(whole(content.subarray(0, end))));
  }
  await desk.wait(desk.chance.fraction() * step.pauseMsMax);
  desk.hands.close(file);
}

/** Writes the step's content to a new file beside its path. @returns its name; undefined if nothing can be there. */
async function writeAside(desk: Desk, step: UserStep): Promise<string | undefined> {
  const aside = joinName(parentOf(step.path), `.${baseName(step.path)}.${step.id}.swp`);
  if (desk.hands.find(step.path)?.type === 'directory' || desk.hands.find(aside) !== undefined) return undefined;
  const file = openFile(desk, aside);
  if (file === undefined) return undefined;
  await writeParts(desk, step, file, (content) => content);
  return desk.hands.nameOf(file);
}

/** What a step writes: unlike the content of any other step from the first byte on. */
function contentOf(step: UserStep): Uint8Array {
  const head = `#${step.id} `;
  const line = `node ${step.node} ${step.verb} ${step.path}\n`;
  const text = head + line.repeat(Math.ceil(step.sizeBytes / line.length));
  return Buffer.from(text.slice(0, Math.max(step.sizeBytes, head.length)));
}
