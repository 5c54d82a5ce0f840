/** `lanfold verify`: is every byte what it was when it was recorded? */
import type { VerifyReport } from '../../index.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { followHealth, type HealthOptions } from '../health/follow.ts';
import type { FolderHealth } from '../health/operations.ts';
import { Output } from '../output.ts';
import { countedText, folderName, printable, sizeText, table } from '../render.ts';

/** More findings than that are counted, not listed; `--json` has the first thousand. */
const LISTED_MAX = 100;

export async function verify(paths: readonly string[], options: HealthOptions): Promise<ExitCode> {
  const output = new Output(options);
  const { folders, faults = [] } = await followHealth('verify', paths, options, output);
  const isGood = faults.length === 0 && folders.every(({ verified }) => verified !== undefined && !isBad(verified));
  const report = { folders: folders.map(({ id, path, verified }) => ({ id, path, ...verified })), records: { faults } };
  const isUnderstood = folders.every(({ verified }) => (verified?.unknown ?? 0) === 0);
  if (output.json || !output.quiet || !isGood || !isUnderstood)
    output.data(report, () => [...lines(folders), ...recordLines(faults)]);
  if (!isGood) return EXIT.damaged;
  return isUnderstood ? EXIT.ok : EXIT.usage;
}

function isBad({ damaged, unreadable }: VerifyReport): boolean {
  return damaged + unreadable > 0;
}

function lines(folders: readonly FolderHealth[]): string[] {
  if (folders.length === 0) return ['No folder is shared here'];
  const said = folders.flatMap(({ path, verified }) => (verified === undefined ? [] : folderLines(path, verified)));
  const damaged = folders.reduce((sum, { verified }) => sum + (verified?.damaged ?? 0), 0);
  return damaged === 0 ? said : [...said, 'To bring the good content from another computer: lanfold repair'];
}

function recordLines(faults: readonly string[]): string[] {
  if (faults.length === 0) return [];
  const next = 'At its next start lanfold sets them aside and rebuilds them from disk and peers; no file is touched';
  return ['The records contradict themselves:', ...faults.map((fault) => `  ${printable(fault)}`), next];
}

function folderLines(path: string, report: VerifyReport): string[] {
  const { files, bytes, damaged, unreadable, changed, missing, unknown, findings } = report;
  const counts = [
    damaged > 0 ? `${countedText(damaged, 'file')} damaged` : 'no damage',
    ...(unreadable > 0 ? [`${countedText(unreadable, 'name')} cannot be read`] : []),
    ...(changed > 0 ? [`${countedText(changed, 'name')} changed since, and synced as usual`] : []),
    ...(missing > 0 ? [`${countedText(missing, 'name')} gone`] : []),
    ...(unknown > 0 ? [`${countedText(unknown, 'name')} not known`] : []),
  ];
  const listed = findings
    .slice(0, LISTED_MAX)
    .map(({ path: name, is, text }) => [is, printable(name), printable(text)]);
  const more = damaged + unreadable + changed + missing + unknown - listed.length;
  return [
    `${folderName(path)}  ${countedText(files, 'file')} as recorded (${sizeText(bytes)}) · ${counts.join(' · ')}`,
    ...table(listed).map((row) => `  ${row}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
