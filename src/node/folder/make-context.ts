/**
 * Makes what the parts of one folder share.
 * @module
 */
import { counterOf } from '../../core/model/version-vector.ts';
import type { FileTree } from '../../ports/file-tree.ts';
import type { FolderRecords } from '../../ports/record-store.ts';
import type { Admission } from './admission.ts';
import { BusyNames } from './busy-names.ts';
import { Doubt } from './doubt.ts';
import type { FolderContext } from './folder-context.ts';
import type { FolderOptions } from './folder-options.ts';
import { GivenCounters } from './given-counters.ts';
import { Givers } from './givers.ts';
import { Mounts } from './mounts.ts';
import type { Problems } from './problems.ts';

interface ContextParts extends Pick<FolderContext, 'ignores' | 'rootIsOurs' | 'suspect' | 'pullSoon' | 'isWalking'> {
  readonly tree: FileTree;
  readonly records: FolderRecords;
  readonly problems: Problems;
  readonly admission: Admission;
  readonly rescan: (directory: string) => void;
}

export function makeContext(options: FolderOptions, parts: ContextParts): FolderContext {
  const { edges, id, device, onSaved } = options;
  const { clock, log, store } = edges;
  const { tree, records, problems, admission, rescan, ignores, rootIsOurs, suspect, pullSoon, isWalking } = parts;
  const shared = { tree, records, problems };
  const given = new GivenCounters(device);
  return {
    id,
    clock,
    log,
    ...shared,
    mounts: new Mounts({ ...shared, onBack: rescan }),
    busy: new BusyNames(),
    givers: new Givers(),
    doubt: new Doubt(records, clock, store.uncleanStop),
    digest: (bytes) => edges.digest(bytes),
    ignores,
    author: (name) => ({
      device,
      nowMs: clock.nowMs(),
      ...(name === undefined ? {} : { told: toldOf(records, name, device, given.of(name)) }),
    }),
    save: (saved) => {
      for (const { record } of saved) given.saved(record, clock.nowMs());
      onSaved(records.saveLocal(saved));
    },
    rootIsOurs,
    suspect,
    pullSoon,
    isWalking,
    isProvisional: () => admission.isProvisional,
    isSetBack: () => admission.isSetBack,
  };
}

/** The highest counter of this device that anybody may have heard of the name. */
function toldOf(records: FolderRecords, name: string, device: bigint, given: bigint): bigint {
  const counters = records.versions(name).remotes.map(({ record }) => counterOf(record.version, device));
  return counters.reduce((highest, counter) => (counter > highest ? counter : highest), given);
}
