import type { FolderRecords } from '../../ports/record-store.ts';

const PAGE = 500;

/** Names of own records below a directory, at any depth, that are not deleted. */
export function namesBelow(records: FolderRecords, directory: string): string[] {
  const names: string[] = [];
  for (let after = ''; ;) {
    const page = records.below(directory, after, PAGE);
    const last = page.at(-1);
    if (last === undefined) return names;
    names.push(...page.map((local) => local.record.name));
    after = last.record.name;
  }
}
