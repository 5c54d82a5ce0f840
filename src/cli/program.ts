/**
 * The one table of commands: `--help`, docs/cli.md and what is accepted all follow from it. What a command needs is loaded
 * when it is called.
 * @module
 */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { exitCodesHelp, type ExitCode } from './exit-codes.ts';
import type { CommonOptions } from './output.ts';
import { usageError } from './usage.ts';

type Ended = (code: ExitCode) => void;

/** @param ended told how the command ended, unless it threw. */
export function createProgram(ended: Ended): Command {
  const program = new Command('lanfold')
    .description('Keeps a folder the same on every computer of a local network. Without a command: shares this folder.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .enablePositionalOptions()
    .configureOutput({ writeErr: () => {} }) // one sentence instead, written by main.ts
    .exitOverride()
    .hook('preSubcommand', (root) => demandCommonOnly(root));
  running(common(program))
    .option('-C, --directory <dir>', 'the folder to share (default: this one)')
    .option('--folder-id <id>', 'what all its members call the folder (default: made from its name)')
    .action(async () => ended(await (await import('./commands/run.ts')).runHere(given(program))));
  running(add(program, 'run', 'sync the folders that are known already')).action(async (_, self: Command) =>
    ended(await (await import('./commands/run.ts')).run(given(self))),
  );
  add(program, 'id', "print this device's ID").action(async (_, self: Command) =>
    ended(await (await import('./commands/id.ts')).id(given(self))),
  );
  add(program, 'status', 'what is in sync, and what keeps the rest')
    .option('--check', 'tell it by the exit code')
    .action(async (_, self: Command) => ended(await (await import('./commands/status.ts')).status(given(self))));
  addPairing(program, ended);
  addPeers(program, ended);
  addFolders(program, ended);
  addFolderCommands(program, ended);
  addHealth(program, ended);
  return program;
}

function addPairing(program: Command, ended: Ended): void {
  running(add(program, 'pair', 'show a code, at which another computer joins'))
    .option('--folder <id>', 'offer this folder; may be given several times (default: all)', collect)
    .option('--syncthing', 'let a device join that runs Syncthing: shows this device ID as a QR code')
    .option('--device <device-id>', 'with --syncthing: let this device join and no other')
    .option('--yes', 'with --syncthing and --device: go on without being asked')
    .action(async (_, self: Command) => ended(await (await import('./commands/pair.ts')).pair(given(self))));
  running(add(program, 'join', 'type the code that another computer shows'))
    .option('--to <dir>', 'where its folder goes (default: asked)')
    .option('--code-stdin', 'read the code from standard input')
    .option('--yes', 'go on without being asked, also where there are files already')
    .action(async (_, self: Command) => ended(await (await import('./commands/join.ts')).join(given(self))));
  add(program, 'leave', 'stop syncing this folder on this computer; no file is touched')
    .option('-C, --directory <dir>', 'the folder to leave (default: this one)')
    .option('--yes', 'without being asked')
    .action(async (_, self: Command) => ended(await (await import('./commands/leave.ts')).leave(given(self))));
}

function addPeers(program: Command, ended: Ended): void {
  const peers = program
    .command('peers')
    .description('the devices that are trusted')
    .addHelpText('after', exitCodesHelp());
  add(peers, 'list', 'list them', { isDefault: true }).action(async (_, self: Command) =>
    ended(await (await import('./commands/peers.ts')).list(given(self))),
  );
  add(peers, 'trust <device-id>', 'trust a device')
    .option('--address <host:port>', 'where it is; may be given several times', collect)
    .option('--folder <id>', 'share this folder with it, now or when it is added; may be given several times', collect)
    .option('--name <name>', 'what to call it')
    .option('--introducer', 'a Syncthing: share each folder here with whom it shares it there')
    .action(async (id: string, _, self: Command) =>
      ended(await (await import('./commands/peers.ts')).trust(id, given(self))),
    );
  add(peers, 'rename <device-id> <name>', 'call a device by another name, on this computer').action(
    async (id: string, name: string, _, self: Command) =>
      ended(await (await import('./commands/peers.ts')).rename(id, name, given(self))),
  );
  add(peers, 'remove <device-id>', 'remove a device from all folders, for all members; no file is touched').action(
    async (id: string, _, self: Command) => ended(await (await import('./commands/peers.ts')).remove(id, given(self))),
  );
}

function addFolders(program: Command, ended: Ended): void {
  const folders = program
    .command('folders')
    .description('the folders that are shared')
    .addHelpText('after', exitCodesHelp());
  add(folders, 'list', 'list them', { isDefault: true }).action(async (_, self: Command) =>
    ended(await (await import('./commands/folders.ts')).list(given(self))),
  );
  add(folders, 'add <dir>', 'share a folder')
    .option('--folder-id <id>', 'what all its members call it (default: made from its name)')
    .option('--peer <device-id>', 'share it with this device; may be given several times', collect)
    .action(async (directory: string, _, self: Command) =>
      ended(await (await import('./commands/folders.ts')).add(directory, given(self))),
    );
  add(folders, 'remove <id>', 'stop syncing a folder; no file is touched').action(
    async (id: string, _, self: Command) =>
      ended(await (await import('./commands/folders.ts')).remove(id, given(self))),
  );
}

function addFolderCommands(program: Command, ended: Ended): void {
  add(program, 'history <path>', 'the versions of a file that were replaced or deleted')
    .option('-C, --directory <dir>', 'the path is relative to this directory')
    .action(async (path: string, _, self: Command) =>
      ended(await (await import('./commands/history.ts')).history(path, given(self))),
    );
  add(program, 'restore <path>', 'bring a file, or a directory with all below it, back as it was')
    .option(
      '--at <time>',
      'as it was at that time: 10:31, or "2026-11-24 10:31:05" (default: the last version; of a directory, what is gone)',
    )
    .option('-C, --directory <dir>', 'the path is relative to this directory')
    .action(async (path: string, _, self: Command) =>
      ended(await (await import('./commands/history.ts')).restore(path, given(self))),
    );
  add(program, 'approve', 'carry out what is held, because it is so much')
    .option('--folder <id>', 'that of this folder only')
    .option('--undo', 'it was not meant: bring back what is gone, keep what others deleted or replaced')
    .addOption(
      new Option(
        '--disk <path>',
        'instead: the disk that was mounted at this path is gone for good, with all that was on it',
      ).conflicts(['undo', 'folder']),
    )
    .option('-C, --directory <dir>', 'the path is relative to this directory')
    .action(async (_, self: Command) => ended(await (await import('./commands/attention.ts')).approve(given(self))));
  add(program, 'rescan', 'look at all files again, now')
    .option('--folder <id>', 'those of this folder only')
    .action(async (_, self: Command) => ended(await (await import('./commands/attention.ts')).rescan(given(self))));
}

function addHealth(program: Command, ended: Ended): void {
  add(program, 'verify [path...]', 'read all files again, and hold every byte against the records; changes nothing')
    .option('--rate <bytes>', 'read so much in a second at most, such as 20M (default: 50M, a tenth beside other work)')
    .option('-C, --directory <dir>', 'paths are relative to this directory')
    .action(async (paths: string[], _, self: Command) =>
      ended(await (await import('./commands/verify.ts')).verify(paths, given(self))),
    );
  add(program, 'repair [path...]', 'bring the good content of damaged files from other computers')
    .option('--rate <bytes>', 'read the paths at this rate at most, such as 20M')
    .option('-C, --directory <dir>', 'paths are relative to this directory')
    .action(async (paths: string[], _, self: Command) =>
      ended(await (await import('./commands/repair.ts')).repair(paths, given(self))),
    );
}

function add(parent: Command, usage: string, description: string, options: { isDefault?: boolean } = {}): Command {
  return common(parent.command(usage, options).description(description));
}

const COMMON = ['home', 'json', 'quiet', 'verbose'];

function common(command: Command): Command {
  return command
    .option('--home <dir>', "where identity, configuration and records are (default: the system's own place)")
    .option('--json', 'print JSON')
    .option('-q, --quiet', 'print nothing when all is well')
    .option('-v, --verbose', 'print the log on standard error; twice: all of it', (_, times = 0) => Number(times) + 1)
    .addHelpText('after', exitCodesHelp());
}

/** Options of the two commands that run a node. */
function running(command: Command): Command {
  return command
    .option('--listen <host:port>', 'where to listen (default: port 1111, or the next free of 1113-1119)')
    .addOption(
      new Option('--discovery <where>', 'look for peers on the local network').choices(['lan', 'off', 'quiet']),
    )
    .addOption(new Option('--web <page>', 'the web page; not part of this version').choices(['off', 'on']))
    .option('--name <name>', "what peers see (default: this computer's name)");
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** The command's own options, and the common ones that stand before its name. */
function given<Options extends CommonOptions>(command: Command): Options {
  let options: Record<string, unknown> = {};
  for (let at: Command | null = command; at !== null; at = at.parent) options = { ...at.opts(), ...options };
  return options as Options;
}

/** `lanfold --listen … status` would be silently ignored else. */
function demandCommonOnly(root: Command): void {
  const foreign = root.options.find((option) => {
    const name = option.attributeName();
    return root.getOptionValue(name) !== undefined && !COMMON.includes(name);
  });
  if (foreign !== undefined)
    throw usageError(`write ${foreign.long ?? foreign.flags} after the command it is meant for`);
}

function packageVersion(): string {
  const url = new URL('../../package.json', import.meta.url); // the same two steps up from src/cli and from dist/cli
  return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version;
}
