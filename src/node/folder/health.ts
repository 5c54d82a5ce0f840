/**
 * Are the files of the folder what the records say, and what is done where they are not: in the background ({@link Rereader}),
 * and when a person asks.
 * @module
 */
import type { FileTree } from '../../ports/file-tree.ts';
import type { FolderRecords } from '../../ports/record-store.ts';
import type { Edges } from '../edges.ts';
import type { Sources } from '../peer/sources.ts';
import { BusyNames } from './busy-names.ts';
import { Damage } from './damage.ts';
import { DamageList } from './damage-list.ts';
import type { FolderContext } from './folder-context.ts';
import { checkRoot } from './folder-root.ts';
import { Mounts } from './mounts.ts';
import { Problems } from './problems.ts';
import { Repairer } from './repairer.ts';
import { Rereader } from './rereader.ts';
import { Verifier, type VerifyOptions, type VerifyReport } from './verifier.ts';

export interface HealthParts {
  readonly sources: Sources;
  /** Is anything else reading or writing the folder's files right now? */
  readonly isDiskWanted: () => boolean;
}

export class Health {
  readonly rereader: Rereader;
  readonly verifier: Verifier;
  readonly repairer: Repairer;

  constructor(context: FolderContext, { sources, isDiskWanted }: HealthParts) {
    const damage = new Damage(context);
    this.rereader = new Rereader(context, damage, isDiskWanted);
    this.verifier = new Verifier(context, damage, isDiskWanted);
    this.repairer = new Repairer(context, { damage, verifier: this.verifier, sources });
  }
}

/**
 * Verifies a folder that is not being synced: its records and its disk alone. What is damaged is listed for the next run.
 * @throws LanfoldError when the root is not the folder that the records are about; the signal's reason when aborted.
 */
export async function verifyAtRest(
  edges: Edges,
  { id, root }: { readonly id: string; readonly root: string },
  options: VerifyOptions,
): Promise<VerifyReport> {
  const records = edges.store.folder(id);
  const tree = edges.openTree(root);
  try {
    await checkRoot(root, tree, records);
    return await verifierAtRest(edges, id, tree, records).verify(options);
  } finally {
    await tree.close();
  }
}

function verifierAtRest(edges: Edges, id: string, tree: FileTree, records: FolderRecords): Verifier {
  const { clock, log } = edges;
  const problems = new Problems(() => {});
  const mounts = new Mounts({ tree, records, onChange: () => {} });
  const damageList = new DamageList(records, (bytes) => edges.digest(bytes));
  const shared = { id, clock, log, tree, records, problems, damageList, mounts };
  const context = { ...shared, busy: new BusyNames(), suspect: () => {} };
  return new Verifier(context, new Damage(context), () => false);
}
