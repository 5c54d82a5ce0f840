/** `lanfold leave`: stops syncing a folder on this computer. */
import { LanfoldError } from '../../index.ts';
import { ask } from '../ask.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Output, type CommonOptions } from '../output.ts';
import { folderName } from '../render.ts';
import { Terminal } from '../terminal.ts';
import { directoryPath } from '../usage.ts';

export interface LeaveOptions extends CommonOptions {
  readonly directory?: string;
  readonly yes?: boolean;
}

export async function leave(options: LeaveOptions): Promise<ExitCode> {
  const path = directoryPath(options.directory ?? '.');
  const { folders } = await ask(options, 'status', {});
  const folder = folders.find((candidate) => candidate.path === path);
  if (folder === undefined) throw new LanfoldError('E_FOLDER_UNKNOWN', { subject: path });
  const output = new Output(options);
  using terminal = options.yes === true || output.json ? undefined : Terminal.here();
  const name = folderName(path);
  if (terminal !== undefined) {
    const typed = await terminal.ask(`Stop syncing ${name} on this computer? No file is deleted anywhere. [Y/n] `);
    if (typed === undefined || /^no?$/i.test(typed)) return EXIT.failed;
  }
  await ask(options, 'leave', { id: folder.id });
  output.done(
    { type: 'left', folder: folder.id, path },
    `${name} is not synced any more. No file was deleted anywhere`,
  );
  return EXIT.ok;
}
