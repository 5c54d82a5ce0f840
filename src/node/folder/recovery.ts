/**
 * After a stop at any instant, and after records that could not be saved: finds what was put in place and not recorded any more.
 *
 * Such a name holds the newest version that was known then, and our record still says what stood there before. It has to be
 * taken over before a peer tells of yet newer versions: after that nobody here knows the content any more, and it would look
 * like a change made here, in conflict with theirs (SPEC E7).
 * @module
 */
import { sameLook, NO_BYTES, type FileRecord, type LocalRecord, type Look } from '../../core/model/file-record.ts';
import { judge, type Sighting } from '../../core/scan/changes.ts';
import { isTrouble, type Hashed, type Looked } from '../../ports/file-tree.ts';
import type { NeedCursor } from '../../ports/record-store.ts';
import type { FolderContext } from './folder-context.ts';
import { isAmong, isBeforeItsParent } from './names-below.ts';

const PAGE = 500;

interface Wanted {
  readonly newest: FileRecord;
  readonly look: Look;
}

/** Looks at every name whose newest version is not recorded here, and records those where it stands already. */
export async function adoptPlaced(context: FolderContext): Promise<void> {
  await context.mounts.refresh();
  for (let after: NeedCursor | undefined; ;) {
    const page = context.records.need(after, PAGE);
    after = page.at(-1);
    if (after === undefined) return;
    await adoptPage(
      context,
      page.map(({ name }) => name).filter((name) => !context.ignores().match(name).ignored),
    );
  }
}

async function adoptPage(context: FolderContext, names: readonly string[]): Promise<void> {
  const { tree, records, mounts } = context;
  const looks = await tree.look(names);
  const saves: LocalRecord[] = [];
  const files: Wanted[] = [];
  for (const [index, name] of names.entries()) {
    const newest = records.newest(name);
    const look = looks[index];
    if (newest === undefined) continue;
    // On a disk that is away, or in a directory that is to be told first: what stands there is seen later.
    const isEarly = !newest.deleted && isBeforeItsParent(context, name, isAmong(saves));
    if (isTrouble(look) || mounts.isAway(name) || (look !== undefined && isEarly)) {
      context.doubt.unseen(newest);
      continue;
    }
    if (isDeletedHere(newest, look)) saves.push({ record: { ...newest, sequence: 0 }, look: undefined });
    if (look === undefined || newest.deleted || look.type !== newest.type) continue;
    if (newest.type === 'file') files.push({ newest, look });
    else
      saves.push(...placed(context, newest, { look: { ...look, type: newest.type }, blockSize: 0, blocks: NO_BYTES }));
  }
  // Only what has the very size and time is worth reading: both are set before a file gets its name.
  const likely = files.filter(({ newest, look }) => look.size === newest.size && look.modifiedNs === newest.modifiedNs);
  const hashes = await tree.hash(
    likely.map(({ newest }) => ({ name: newest.name, blockSizeBefore: newest.blockSize })),
  );
  for (const [index, { newest, look }] of likely.entries()) {
    const hashed = hashes[index];
    const seen = sighting(look, hashed);
    if (seen !== undefined) saves.push(...placed(context, newest, seen));
    else if (isTrouble(hashed)) context.doubt.unseen(newest);
  }
  if (saves.length > 0) context.save(saves);
}

function isDeletedHere(newest: FileRecord, look: Looked): boolean {
  return newest.deleted && look === undefined;
}

function sighting(look: Look, hashed: Hashed | undefined): Sighting | undefined {
  if (hashed === undefined || isTrouble(hashed)) return undefined;
  if (!sameLook(look, hashed.before) || !sameLook(look, hashed.after)) return undefined;
  return { look: { ...look, type: 'file' }, blockSize: hashed.blockSize, blocks: hashed.blocks };
}

/** What differs in anything is left to the scan, which knows how to doubt it. */
function placed(context: FolderContext, newest: FileRecord, seen: Sighting): LocalRecord[] {
  const { name } = newest;
  const local = context.records.local(name);
  const finding = judge(name, local, newest, seen, context.author(), (bytes) => context.digest(bytes));
  if (finding.found !== 'newest' || !finding.exact) return [];
  return [{ record: { ...newest, sequence: 0 }, look: seen.look }];
}
