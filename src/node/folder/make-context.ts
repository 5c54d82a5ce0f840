/**
 * Makes what the parts of one folder share.
 * @module
 */
import { lacks } from '../../core/index/newest.ts';
import { NO_BYTES, type LocalRecord } from '../../core/model/file-record.ts';
import { countOf } from '../../core/model/version-vector.ts';
import { mustRevive } from '../../core/reconcile/decide.ts';
import { revival, type Author } from '../../core/scan/changes.ts';
import type { FileTree } from '../../ports/file-tree.ts';
import type { FolderRecords } from '../../ports/record-store.ts';
import type { Admission } from './admission.ts';
import { BusyNames } from './busy-names.ts';
import { DamageList } from './damage-list.ts';
import { Doubt } from './doubt.ts';
import type { FolderContext } from './folder-context.ts';
import type { FolderOptions } from './folder-options.ts';
import { GitIndexes } from './git-indexes.ts';
import { GIVEN_UNTIL, GivenCounters } from './given-counters.ts';
import { Givers } from './givers.ts';
import { HistoryKeeper } from './history-keeper.ts';
import { Mounts } from './mounts.ts';
import type { Problems } from './problems.ts';

interface ContextParts extends Pick<FolderContext, 'ignores' | 'rootIsOurs' | 'suspect' | 'pullSoon' | 'isWalking'> {
  readonly tree: FileTree;
  readonly records: FolderRecords;
  readonly problems: Problems;
  readonly admission: Admission;
  readonly rescan: (directory: string) => void;
  /** Do deletes or replacements wait for a person? */
  readonly isHolding: () => boolean;
}

export function makeContext(options: FolderOptions, parts: ContextParts): FolderContext {
  const { edges, id, device, onSaved } = options;
  const { clock, log, store } = edges;
  const { tree, records, problems, admission, rescan, isHolding, ignores, rootIsOurs, suspect, pullSoon, isWalking } =
    parts;
  const shared = { tree, records, problems };
  const digest = (bytes: Uint8Array): Uint8Array => edges.digest(bytes);
  const gitIndexes = new GitIndexes(tree);
  const given = new GivenCounters(device, records.note(GIVEN_UNTIL));
  const author = (name?: string): Author => ({
    device,
    nowMs: clock.nowMs(),
    given: given.ofAny(clock.nowMs()),
    ...(name === undefined ? {} : { told: toldOf(records, name, device, given.of(name)) }),
  });
  const damageList = new DamageList(records, digest);
  const putBack = new Set<string>();
  const save = (made: readonly LocalRecord[]): void => {
    const saved = made.map((one) => (putBack.delete(one.record.name) ? asKept(one, device) : one));
    const nowMs = clock.nowMs();
    for (const { record } of saved) {
      const before = records.local(record.name);
      if (before !== undefined) given.saw(before.record, nowMs);
      given.saw(record, nowMs);
    }
    const until = given.untilWith(
      saved.map(({ record }) => record),
      nowMs,
    );
    const note = until === undefined ? undefined : { name: GIVEN_UNTIL, value: String(until) };
    const damaged = damageList.keptBy(saved);
    const told = records.saveLocal(saved, note);
    if (until !== undefined) given.noted(until);
    onSaved(told);
    damageList.keep(damaged);
    if (told.filter(({ name }) => gitIndexes.notice(name)).length > 0) void gitIndexes.read().catch(() => {});
  };
  const forgotten: ((names: readonly string[]) => void)[] = [];
  return {
    id,
    clock,
    log,
    ...shared,
    damageList,
    mounts: new Mounts({ tree, records, onChange: rescan }),
    busy: new BusyNames(),
    givers: new Givers(),
    gitIndexes,
    history: new HistoryKeeper({ tree, records, clock, limits: options.historyLimits, isHolding }),
    doubt: new Doubt(records, clock, store.uncleanStop, digest, edges.bootId),
    digest,
    ignores,
    author,
    save: (saved) => {
      save(saved);
      const revived = revivals(records, saved, author);
      if (revived.length > 0) save(revived);
    },
    putBack: (name) => void putBack.add(name),
    isPutBack: (name) => putBack.has(name),
    forget: (names) => {
      records.forgetLocal(names);
      for (const tell of forgotten) tell(names);
    },
    onForgotten: (listener) => void forgotten.push(listener),
    retell: () => options.onRenewed(),
    rootIsOurs,
    suspect,
    pullSoon,
    isWalking,
    isProvisional: () => admission.isProvisional,
    isSetBack: () => admission.isSetBack,
    isAllHeard: () => admission.isAllHeard,
  };
}

/**
 * Of versions that are new here, those that a peer has deleted without having seen them: it has told so before they came, and may
 * not give way by itself (SPEC M5).
 */
function revivals(
  records: FolderRecords,
  saved: readonly LocalRecord[],
  author: (name: string) => Author,
): LocalRecord[] {
  if (records.remotes().length < 2) return [];
  return saved.flatMap(({ record, look }) => {
    if (look === undefined) return [];
    const deletes = records.versions(record.name).remotes.filter((remote) => mustRevive(record, remote.record));
    if (deletes.length === 0 || lacks(record, records.newest(record.name))) return [];
    const seen = deletes.map((remote) => remote.record);
    return [{ record: revival(record, seen, author(record.name)), look }];
  });
}

/** What is put back says of no content that it was made from that: to others it is what this device has kept (U95). */
function asKept({ record, look }: LocalRecord, device: bigint): LocalRecord {
  return { record: record.modifiedBy === device ? { ...record, previousBlocksHash: NO_BYTES } : record, look };
}

/** How far this device has counted in the name, as far as anybody may have heard. */
function toldOf(records: FolderRecords, name: string, device: bigint, given: bigint): bigint {
  const counts = records.versions(name).remotes.map(({ record }) => countOf(record.version, device));
  return counts.reduce((highest, count) => (count > highest ? count : highest), given);
}
