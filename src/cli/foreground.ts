/**
 * A node in the foreground: opened, reachable for other commands, told of, and closed in time when a signal ends it.
 * @module
 */
import { setFlagsFromString } from 'node:v8';
import type { Node, NodeOptions } from '../index.ts';
import { openToRun } from './ask.ts';
import { serveControl, type ControlServer } from './control-server.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { introduce, tellOfPeers } from './introduction.ts';
import type { Output } from './output.ts';
import { ProgressReporter } from './progress-reporter.ts';
import { stopSignal, withinGrace } from './signals.ts';

export interface Foreground {
  readonly node: Node;
  readonly output: Output;
  /** Aborted when a signal ends the node. */
  readonly signal: AbortSignal;
  /** Says what is shared and where this listens. */
  introduce(options?: { readonly isBrief: boolean }): void;
  /** Something that goes on beside the node; if it fails, so does the command. */
  meanwhile(work: Promise<unknown>): void;
}

/**
 * Runs a node until a signal ends it.
 * @param prepare what comes first: folders to add, a person to ask. Given up when the signal comes.
 * @throws what `Node.open` and `prepare` throw.
 */
export async function inForeground(
  options: NodeOptions,
  output: Output,
  isListenFixed: boolean,
  prepare: (foreground: Foreground) => Promise<void>,
): Promise<ExitCode> {
  keepHeapSmall();
  const node = await openToRun(options);
  const stopping = new AbortController();
  const stopped = stopSignal().then((signal) => {
    stopping.abort(new Error(signal));
    return signal;
  });
  const failed = Promise.withResolvers<never>();
  let control: ControlServer | undefined;
  let progress: ProgressReporter | undefined;
  const foreground: Foreground = {
    node,
    output,
    signal: stopping.signal,
    introduce: (about = { isBrief: false }) => introduce(node, output, { isListenFixed, ...about }),
    meanwhile: (work) => void work.catch(failed.reject),
  };
  try {
    node.on('warning', (warning) => output.warning(warning));
    control = await serveControl(node);
    const prepared = prepare(foreground).then(() => {
      if (stopping.signal.aborted) return;
      tellOfPeers(node, output);
      progress = new ProgressReporter(node, output);
    });
    prepared.catch(failed.reject);
    const signal = await Promise.race([stopped, failed.promise]);
    output.done({ type: 'result', signal }, 'Stopped');
    return signal === 'SIGINT' ? EXIT.interrupted : EXIT.ok;
  } finally {
    stopping.abort();
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
