/** `lanfold history` and `lanfold restore`: what was replaced or deleted, and bringing it back. */
import { ask } from '../ask.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Version } from '../operations.ts';
import { Output, type CommonOptions } from '../output.ts';
import { printable, sizeText, table, timeText } from '../render.ts';
import { parseTime, syncedPath } from '../usage.ts';

export interface PathOptions extends CommonOptions {
  readonly directory?: string;
}

export async function history(path: string, options: PathOptions): Promise<ExitCode> {
  const versions = await ask(options, 'history', { path: syncedPath(path, options.directory) });
  new Output(options).data(versions, () => lines(path, versions));
  return EXIT.ok;
}

export async function restore(path: string, options: PathOptions & { readonly at?: string }): Promise<ExitCode> {
  const asked = { path: syncedPath(path, options.directory) };
  const at = options.at === undefined ? {} : { atMs: parseTime(options.at).getTime() };
  const version = await ask(options, 'restore', { ...asked, ...at });
  const what = version.path === '' ? path : version.path; // '' is the folder itself
  new Output(options).done(version, `Restored ${printable(what)} as it was until ${timeOf(version)}`);
  return EXIT.ok;
}

function lines(path: string, versions: readonly Version[]): string[] {
  if (versions.length === 0) return [`The history has no version of ${printable(path)}`];
  return table(versions.map((version) => [timeOf(version), sizeText(version.bytes), printable(version.path)]));
}

function timeOf(version: Version): string {
  return timeText(new Date(version.at));
}
