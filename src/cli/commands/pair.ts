/** `lanfold pair`: shows a code, at which other computers join. */
import { askRunning, UNREACHABLE } from '../control-client.ts';
import { askHere, askThere } from '../asking.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { inForeground } from '../foreground.ts';
import { Output } from '../output.ts';
import { offerCode } from '../pairing/offer-code.ts';
import { stopSignal } from '../signals.ts';
import { Terminal } from '../terminal.ts';
import { homeOf, usageError } from '../usage.ts';
import { pairSyncthing, type PairSyncthingOptions } from './pair-syncthing.ts';
import { nodeOptions } from './run.ts';

export interface PairOptions extends PairSyncthingOptions {
  /** Let a device join that runs Syncthing, instead of showing a code. */
  readonly syncthing?: boolean;
}

/** With a node that runs: until somebody has joined. Without one: the node runs here from now on. */
export async function pair(options: PairOptions): Promise<ExitCode> {
  if (options.syncthing === true) return await pairSyncthing(options);
  if (options.device !== undefined || options.yes === true) throw usageError('--device and --yes go with --syncthing');
  const output = new Output(options);
  using terminal = output.json ? undefined : Terminal.here();
  const about = {
    ...(options.folder === undefined ? {} : { folders: options.folder }),
    ...(terminal === undefined ? {} : { terminal }),
  };
  const home = homeOf(options);
  if ((await askRunning(home, 'id', {})) === UNREACHABLE) {
    return await inForeground(nodeOptions(options), output, options.listen !== undefined, (foreground) => {
      foreground.introduce({ isBrief: !output.json });
      foreground.meanwhile(offerCode(askHere(foreground.node), output, { ...about, signal: foreground.signal }));
      return Promise.resolve();
    });
  }
  const stopping = new AbortController();
  void stopSignal().then(() => stopping.abort());
  const ended = await offerCode(askThere(home), output, { ...about, signal: stopping.signal });
  if (ended === 'paired') return EXIT.ok;
  return ended === undefined ? EXIT.interrupted : EXIT.noSuchPeer;
}
