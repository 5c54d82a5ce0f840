/** `lanfold pair --syncthing`: shows this device's ID, and lets a device join that runs Syncthing. */
import { askHere, askThere, type Ask } from '../asking.ts';
import { askRunning, UNREACHABLE } from '../control-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { inForeground } from '../foreground.ts';
import { Output } from '../output.ts';
import { offerDevice } from '../pairing/offer-device.ts';
import { stopSignal } from '../signals.ts';
import { Terminal } from '../terminal.ts';
import { homeOf, usageError } from '../usage.ts';
import { nodeOptions, type RunOptions } from './run.ts';

export interface PairSyncthingOptions extends RunOptions {
  readonly folder?: readonly string[];
  /** Only this device may join. */
  readonly device?: string;
  readonly yes?: boolean;
}

/** With a node that runs: until a device has joined and its folders are placed. Without one: the node runs here from now on. */
export async function pairSyncthing(options: PairSyncthingOptions): Promise<ExitCode> {
  const output = new Output(options);
  const { folder, device, yes } = options;
  if (yes === true && device === undefined) throw usageError('--yes accepts one device only; name it with --device ID');
  using terminal = output.json || yes === true ? undefined : Terminal.here();
  if (terminal === undefined && yes !== true)
    throw usageError('nobody is here to accept a device; name it with --device ID, and add --yes');
  const offerWith = (ask: Ask, signal: AbortSignal): Promise<boolean> =>
    offerDevice(ask, output, {
      ...(folder === undefined ? {} : { folders: folder }),
      ...(device === undefined ? {} : { device }),
      ...(terminal === undefined ? {} : { terminal }),
      ...(yes === undefined ? {} : { yes }),
      signal,
    });
  const home = homeOf(options);
  if ((await askRunning(home, 'id', {})) === UNREACHABLE) {
    return await inForeground(nodeOptions(options), output, options.listen !== undefined, async (foreground) => {
      foreground.introduce({ isBrief: !output.json });
      await offerWith(askHere(foreground.node), foreground.signal);
    });
  }
  const stopping = new AbortController();
  const stopped = stopSignal().then((): ExitCode => {
    stopping.abort(new Error('Interrupted'));
    return EXIT.interrupted;
  });
  const offered = offerWith(askThere(home), stopping.signal).then((isDone) => (isDone ? EXIT.ok : EXIT.noSuchPeer));
  return await Promise.race([stopped, offered]);
}
