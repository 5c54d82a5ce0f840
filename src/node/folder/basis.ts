/** What the records said when a look was asked for: what is put in place meanwhile makes the look old. */
import type { FolderContext } from './folder-context.ts';
import type { Settler } from './settler.ts';

/** Taken just before a look. */
export interface Basis {
  readonly moment: Settler['moment'];
  /** Of the own records, by name. */
  readonly sequences: ReadonlyMap<string, number | undefined>;
}

type Records = Pick<FolderContext, 'records'>;

export function basisOf(context: Records, { moment }: Settler, names: readonly string[]): Basis {
  return { moment, sequences: new Map(names.map((name) => [name, sequenceOf(context, name)])) };
}

/** Has the name got another record since the look was asked for? */
export function isOld(context: Records, name: string, { sequences }: Basis): boolean {
  return sequenceOf(context, name) !== sequences.get(name);
}

function sequenceOf({ records }: Records, name: string): number | undefined {
  return records.local(name)?.record.sequence;
}
