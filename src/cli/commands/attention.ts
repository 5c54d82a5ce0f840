/** `lanfold approve` and `lanfold rescan`: what a person tells a running node. */
import { ask } from '../ask.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Output, type CommonOptions } from '../output.ts';
import { countedText, printable } from '../render.ts';
import { syncedPath } from '../usage.ts';

export interface ChoiceOptions extends CommonOptions {
  /** Folder ID; all folders without it. */
  readonly folder?: string;
}

export interface ApproveOptions extends ChoiceOptions {
  readonly undo?: boolean;
  /** Where a disk was mounted. */
  readonly disk?: string;
  readonly directory?: string;
}

export async function approve(options: ApproveOptions): Promise<ExitCode> {
  if (options.disk !== undefined) return await approveDisk(options.disk, options);
  if (options.undo === true) return await undo(options);
  const answer = await ask(options, 'approve', choice(options));
  const count = answer.folders.length;
  new Output(options).done(answer, count === 0 ? 'Nothing is held' : `Approved in ${countedText(count, 'folder')}`);
  return EXIT.ok;
}

async function approveDisk(path: string, options: ApproveOptions): Promise<ExitCode> {
  const answer = await ask(options, 'approve.disk', { path: syncedPath(path, options.directory) });
  new Output(options).done(answer, `Not waited for any more: ${printable(answer.path)}. What was on it is deleted`);
  return EXIT.ok;
}

async function undo(options: ChoiceOptions): Promise<ExitCode> {
  const answer = await ask(options, 'approve.undo', choice(options));
  const total = (what: 'fetched' | 'kept' | 'restored' | 'lost' | 'failed'): number =>
    answer.folders.reduce((sum, folder) => sum + folder[what], 0);
  const parts = [
    [total('fetched'), 'come back from other computers'],
    [total('kept'), 'stay as they are here, and come back to the others'],
    [total('restored'), 'were brought back from the history'],
    [total('lost'), 'are on no other computer that is known'],
    [total('failed'), 'could not be brought back: see "lanfold status", and say it again'],
  ] as const;
  const said = parts.flatMap(([count, what]) => (count === 0 ? [] : [`${countedText(count, 'name')} ${what}`]));
  new Output(options).done(answer, answer.folders.length === 0 ? 'Nothing is held' : `Undone: ${said.join(' · ')}`);
  return total('failed') > 0 ? EXIT.failed : EXIT.ok;
}

export async function rescan(options: ChoiceOptions): Promise<ExitCode> {
  const answer = await ask(options, 'rescan', choice(options));
  new Output(options).done(answer, `Looking again at ${countedText(answer.folders.length, 'folder')}`);
  return EXIT.ok;
}

function choice({ folder }: ChoiceOptions): { folder?: string } {
  return folder === undefined ? {} : { folder };
}
