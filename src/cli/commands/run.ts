/** `lanfold` and `lanfold run`: a node in the foreground, until a signal ends it. */
import { jsonLog, LanfoldError, textLog, type Log, type Node, type NodeOptions } from '../../index.ts';
import { ask as askOnce } from '../ask.ts';
import { askHere } from '../asking.ts';
import type { ExitCode } from '../exit-codes.ts';
import { inForeground, type Foreground } from '../foreground.ts';
import { Output, type CommonOptions } from '../output.ts';
import { findHosts, joinHost } from '../pairing/join-host.ts';
import { offerCode } from '../pairing/offer-code.ts';
import { Terminal } from '../terminal.ts';
import { directoryPath, usageError } from '../usage.ts';
import { status } from './status.ts';

export interface RunOptions extends CommonOptions {
  readonly listen?: string;
  readonly discovery?: 'lan' | 'off' | 'quiet';
  readonly web?: 'off' | 'on';
  readonly name?: string;
}

export interface HereOptions extends RunOptions {
  readonly directory?: string;
  readonly folderId?: string;
}

/** How long a first start looks for somebody who waits before it offers to share: the network answers in less. */
const FIRST_LOOK_MS = 700;
/** In a directory that cannot be shared there is nothing else to do than to look. */
const LONG_LOOK_MS = 5000;

/**
 * Shares one folder, beside those that the home knows already. Where a person sits at the terminal and the folder is new, joins
 * whoever waits nearby instead, or shows a code for others to join.
 */
export async function runHere(options: HereOptions): Promise<ExitCode> {
  const directory = options.directory ?? '.';
  const { folderId } = options;
  const isAutomated = folderId !== undefined || options.json === true || options.quiet === true;
  using terminal = isAutomated || options.discovery === 'off' ? undefined : Terminal.here();
  try {
    return await inForeground(
      nodeOptions(options),
      new Output(options),
      options.listen !== undefined,
      async (foreground) => {
        const { node } = foreground;
        const path = directoryPath(directory);
        const isKnown = node.configuration.folders.some((folder) => folder.path === path);
        if (terminal === undefined || isKnown) {
          await node.folder(directory, folderId === undefined ? {} : { id: folderId });
          foreground.introduce();
          return;
        }
        if (!(await joinInstead(foreground, terminal, path))) await shareAndOffer(foreground, terminal, directory);
      },
    );
  } catch (error) {
    if (await isSharedByRunning(error, options, directoryPath(directory))) return await status(options);
    throw error;
  }
}

/** Runs with what the home knows. */
export async function run(options: RunOptions): Promise<ExitCode> {
  return await inForeground(nodeOptions(options), new Output(options), options.listen !== undefined, (foreground) => {
    foreground.introduce();
    return Promise.resolve();
  });
}

/** @returns true when a computer nearby waited and its folder is here now. */
async function joinInstead({ node, output, signal }: Foreground, terminal: Terminal, path: string): Promise<boolean> {
  const ask = askHere(node);
  const hosts = await findHosts(ask, mayShare(node, path) ? FIRST_LOOK_MS : LONG_LOOK_MS, signal);
  if (hosts.length > 0) return await joinHost(ask, output, hosts, { terminal, signal });
  await ask('join.stop', {});
  return false;
}

function mayShare(node: Node, path: string): boolean {
  try {
    node.checkFolder(path);
    return true;
  } catch {
    return false; // what is wrong with it is said when nobody waits
  }
}

async function shareAndOffer(foreground: Foreground, terminal: Terminal, directory: string): Promise<void> {
  const { node, output, signal } = foreground;
  const handle = await node.folder(directory);
  foreground.introduce({ isBrief: true });
  if (handle === undefined) return;
  foreground.meanwhile(offerCode(askHere(node), output, { folders: [handle.id], terminal, signal }));
}

/** The home is in use by a node that shares this very folder: then its status is what the person wants to see. */
async function isSharedByRunning(error: unknown, options: CommonOptions, path: string): Promise<boolean> {
  if (!(error instanceof LanfoldError) || error.code !== 'E_STATE_LOCKED') return false;
  try {
    const { folders } = await askOnce(options, 'status', {});
    return folders.some((folder) => folder.path === path);
  } catch {
    return false; // it does not answer: the error says what there is to say
  }
}

export function nodeOptions(options: RunOptions): NodeOptions {
  if (options.web === 'on') throw usageError('the web page is not part of this version of lanfold; leave --web away');
  const { home, listen, discovery, name } = options;
  return {
    ...(home === undefined ? {} : { home }),
    ...(listen === undefined ? {} : { listen }),
    ...(discovery === undefined ? {} : { discovery }),
    ...(name === undefined ? {} : { name }),
    ...logOf(options),
  };
}

function logOf({ json, verbose = 0 }: RunOptions): { log?: Log } {
  if (verbose === 0) return {};
  const make = json === true ? jsonLog : textLog;
  return { log: make({ write: (line) => process.stderr.write(line), level: verbose > 1 ? 'debug' : 'info' }) };
}
