/** `lanfold` and `lanfold run`: a node in the foreground, until a signal ends it. */
import { setFlagsFromString } from 'node:v8';
import { jsonLog, textLog, type Log, type Node, type NodeOptions } from '../../index.ts';
import { openToRun } from '../ask.ts';
import { serveControl, type ControlServer } from '../control-server.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { introduce, tellOfPeers } from '../introduction.ts';
import { Output, type CommonOptions } from '../output.ts';
import { ProgressReporter } from '../progress-reporter.ts';
import { stopSignal, withinGrace } from '../signals.ts';
import { usageError } from '../usage.ts';

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

/** Shares one folder, beside those that the home knows already. */
export async function runHere(options: HereOptions): Promise<ExitCode> {
  return await runNode(options, async (node) => {
    await node.folder(options.directory ?? '.', options.folderId === undefined ? {} : { id: options.folderId });
  });
}

/** Runs with what the home knows. */
export async function run(options: RunOptions): Promise<ExitCode> {
  return await runNode(options, () => Promise.resolve());
}

async function runNode(options: RunOptions, prepare: (node: Node) => Promise<void>): Promise<ExitCode> {
  if (options.web === 'on') throw usageError('the web page is not part of this version of lanfold; leave --web away');
  keepHeapSmall();
  const output = new Output(options);
  const node = await openToRun(nodeOptions(options));
  const stopped = stopSignal();
  let control: ControlServer | undefined;
  let progress: ProgressReporter | undefined;
  try {
    node.on('warning', (warning) => output.warning(warning));
    await prepare(node);
    control = await serveControl(node);
    introduce(node, output, { isListenFixed: options.listen !== undefined });
    tellOfPeers(node, output);
    progress = new ProgressReporter(node, output);
    const signal = await stopped;
    output.done({ type: 'result', signal }, 'Stopped');
    return signal === 'SIGINT' ? EXIT.interrupted : EXIT.ok;
  } finally {
    progress?.close();
    control?.close();
    await withinGrace(node.close());
  }
}

/**
 * Keeps V8's space for young objects at its first size, for a process that runs all day and mostly waits: it would grow to
 * 64 MB under load, in each thread, and stay so. Measured on a first sync of 8,000 files: a third less memory, the same
 * time. (`--max-semi-space-size` has no effect once V8 runs.)
 */
function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

function nodeOptions(options: RunOptions): NodeOptions {
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
