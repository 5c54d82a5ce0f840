/** `lanfold approve` and `lanfold rescan`: what a person tells a running node. */
import { ask } from '../ask.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Output, type CommonOptions } from '../output.ts';
import { countedText } from '../render.ts';

export interface ChoiceOptions extends CommonOptions {
  /** Folder ID; all folders without it. */
  readonly folder?: string;
}

export async function approve(options: ChoiceOptions): Promise<ExitCode> {
  const answer = await ask(options, 'approve', choice(options));
  const count = answer.folders.length;
  new Output(options).done(answer, count === 0 ? 'Nothing is held' : `Approved in ${countedText(count, 'folder')}`);
  return EXIT.ok;
}

export async function rescan(options: ChoiceOptions): Promise<ExitCode> {
  const answer = await ask(options, 'rescan', choice(options));
  new Output(options).done(answer, `Looking again at ${countedText(answer.folders.length, 'folder')}`);
  return EXIT.ok;
}

function choice({ folder }: ChoiceOptions): { folder?: string } {
  return folder === undefined ? {} : { folder };
}
