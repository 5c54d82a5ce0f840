/**
 * The one table of commands: `--help`, docs/cli.md and what is accepted all follow from it. What a command needs is loaded
 * when it is called.
 * @module
 */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import type { ExitCode } from './exit-codes.ts';
import { exitCodesHelp } from './exit-codes.ts';
import type { CommonOptions } from './output.ts';
import { usageError } from './usage.ts';

/** @param ended told how the command ended, unless it threw. */
export function createProgram(ended: (code: ExitCode) => void): Command {
  const program = new Command('lanfold')
    .description('Keeps a folder the same on every computer of a local network.')
    .usage('[options]\n       lanfold [command]')
    .version(packageVersion(), '-V, --version', 'print the version')
    .enablePositionalOptions()
    .configureOutput({ writeErr: () => {} }) // one sentence, written by main.ts
    .exitOverride();
  common(running(program))
    .option('-C, --directory <dir>', 'the folder to share (default: this one)')
    .option('--folder-id <id>', 'what all its members call the folder (default: made from its name)')
    .action(async (options) => ended(await (await import('./commands/run.ts')).runHere(options)));
  program.hook('preSubcommand', (root) => demandCommonOnly(root));

  const command = (parent: Command, usage: string, description: string): Command =>
    common(parent.command(usage).description(description));

  running(command(program, 'run', 'sync the folders that are known already, until Ctrl-C')).action(async (options) =>
    ended(await (await import('./commands/run.ts')).run(options)),
  );
  command(program, 'id', "print this device's ID").action(async (_, self: Command) =>
    ended(await (await import('./commands/id.ts')).id(all(self))),
  );
  command(program, 'status', 'what is in sync, and what keeps the rest')
    .option('--check', 'tell it by the exit code')
    .action(async (_, self: Command) => ended(await (await import('./commands/status.ts')).status(all(self))));
  addPeers(program, command, ended);
  addFolders(program, command, ended);
  addFolderCommands(program, command, ended);
  return program;
}
