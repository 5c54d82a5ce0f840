/** `lanfold join`: types the code that another computer shows. */
import { text } from 'node:stream/consumers';
import { LanfoldError } from '../../index.ts';
import { askHere, askThere, type Ask } from '../asking.ts';
import { askRunning, UNREACHABLE } from '../control-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { inForeground } from '../foreground.ts';
import { Output } from '../output.ts';
import { findHosts, joinHost } from '../pairing/join-host.ts';
import { stopSignal } from '../signals.ts';
import { Terminal } from '../terminal.ts';
import { homeOf } from '../usage.ts';
import { nodeOptions, type RunOptions } from './run.ts';

export interface JoinOptions extends RunOptions {
  readonly to?: string;
  readonly codeStdin?: boolean;
  readonly yes?: boolean;
}

/** Whoever waits is found in less than a second; a person who is told to wait is told so. */
const LOOK_MS = 60_000;

/** With a node that runs: until the folder is there. Without one: the node runs here from now on. */
export async function join(options: JoinOptions): Promise<ExitCode> {
  const output = new Output(options);
  const code = options.codeStdin === true ? (await text(process.stdin)).trim() : undefined;
  using terminal = output.json || code !== undefined ? undefined : Terminal.here();
  const about = {
    ...(terminal === undefined ? {} : { terminal }),
    ...(code === undefined ? {} : { code }),
    ...(options.to === undefined ? {} : { to: options.to }),
    ...(options.yes === undefined ? {} : { yes: options.yes }),
  };
  const joinWith = async (ask: Ask, signal: AbortSignal): Promise<boolean> => {
    output.done({ type: 'searching' }, 'Looking for a computer that waits to pair (there: lanfold pair)');
    const hosts = await findHosts(ask, LOOK_MS, signal);
    if (hosts.length === 0) throw new LanfoldError('E_NO_HOST', { subject: 'a computer that waits' });
    return await joinHost(ask, output, hosts, { ...about, signal });
  };
  const home = homeOf(options);
  if ((await askRunning(home, 'id', {})) === UNREACHABLE) {
    return await inForeground(nodeOptions(options), output, options.listen !== undefined, async ({ node, signal }) => {
      await joinWith(askHere(node), signal);
    });
  }
  const stopping = new AbortController();
  const stopped = stopSignal().then((): ExitCode => {
    stopping.abort(new Error('Interrupted'));
    return EXIT.interrupted;
  });
  const joined = joinWith(askThere(home), stopping.signal).then((isDone) => (isDone ? EXIT.ok : EXIT.failed));
  return await Promise.race([stopped, joined]);
}
