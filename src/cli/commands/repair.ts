/** `lanfold repair`: the good content of damaged files, from other computers. */
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { ask } from '../ask.ts';
import { followHealth, type HealthOptions } from '../health/follow.ts';
import type { FolderHealth } from '../health/operations.ts';
import { Output } from '../output.ts';
import { countedText, printable, table } from '../render.ts';

export async function repair(paths: readonly string[], options: HealthOptions): Promise<ExitCode> {
  const output = new Output(options);
  const { folders } = await followHealth('repair', paths, options, output);
  const left = folders.reduce((sum, { repaired }) => sum + (repaired?.left.length ?? 0), 0);
  const report = { folders: folders.map(({ id, path, repaired }) => ({ id, path, ...repaired })) };
  const { peers } = output.json || output.quiet ? { peers: [] } : await ask(options, 'status', {});
  const names = new Map(peers.map(({ id, name }) => [id, name ?? id.slice(0, 7)]));
  const nameOf = (id: string): string => printable(names.get(id) ?? id.slice(0, 7));
  if (output.json || !output.quiet || left > 0) output.data(report, () => lines(folders, nameOf));
  return left === 0 ? EXIT.ok : EXIT.damaged;
}

function lines(folders: readonly FolderHealth[], nameOf: (id: string) => string): string[] {
  const mended = folders.flatMap(({ repaired }) => repaired?.mended ?? []);
  const left = folders.flatMap(({ repaired }) => repaired?.left ?? []);
  if (mended.length + left.length === 0)
    return ['Nothing is known to be damaged. To read all files again: lanfold verify'];
  const rows = [
    ...mended.map(({ path, from }) => ['mended', printable(path), sourceText(from.map(nameOf))]),
    ...left.map(({ path, text, holders }) => ['left', printable(path), leftText(printable(text), holders.map(nameOf))]),
  ];
  const count = `Mended ${countedText(mended.length, 'file')}; what stood there is in the history`;
  return [
    ...table(rows),
    left.length === 0 ? count : `${count}. ${countedText(left.length, 'file')} left as they were`,
  ];
}

function sourceText(from: readonly string[]): string {
  return from.length === 0 ? 'from other files here' : `from ${from.join(', ')}`;
}

function leftText(text: string, holders: readonly string[]): string {
  return holders.length === 0 ? text : `${text} (${holders.join(', ')})`;
}
