/** `lanfold folders`: what this device shares. */
import { ask } from '../ask.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Output, type CommonOptions } from '../output.ts';
import { folderName, printable, table } from '../render.ts';
import type { NodeStatus } from '../status.ts';
import { directoryPath } from '../usage.ts';
import { folderRow } from './status.ts';

export interface AddOptions extends CommonOptions {
  readonly folderId?: string;
  readonly peer?: readonly string[];
}

export async function list(options: CommonOptions): Promise<ExitCode> {
  const { folders } = await ask(options, 'status', {});
  new Output(options).data(folders, () => lines(folders));
  return EXIT.ok;
}

export async function add(directory: string, options: AddOptions): Promise<ExitCode> {
  const asked = { path: directoryPath(directory), peers: [...(options.peer ?? [])] };
  const id = options.folderId;
  const folder = await ask(options, 'folders.add', id === undefined ? asked : { ...asked, id });
  new Output(options).done(folder, `Sharing ${folderName(folder.path)}, folder ID ${printable(folder.id)}`);
  return EXIT.ok;
}

export async function remove(folderId: string, options: CommonOptions): Promise<ExitCode> {
  const answer = await ask(options, 'folders.remove', { id: folderId });
  new Output(options).done(answer, `No longer syncing ${printable(answer.id)}. No file was touched`);
  return EXIT.ok;
}

function lines(folders: NodeStatus['folders']): string[] {
  if (folders.length === 0) return ['No folder is shared yet. Add one: lanfold folders add DIR'];
  return table(folders.map((folder) => [...folderRow(folder), printable(folder.id)]));
}
