/** `lanfold peers`: whom this device trusts. */
import { ask } from '../ask.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Output, type CommonOptions } from '../output.ts';
import { printable, table } from '../render.ts';
import type { PeerReport } from '../status.ts';
import { peerRow } from './status.ts';

export interface TrustOptions extends CommonOptions {
  readonly address?: readonly string[];
  readonly folder?: readonly string[];
  readonly name?: string;
}

export async function list(options: CommonOptions): Promise<ExitCode> {
  const { peers } = await ask(options, 'status', {});
  new Output(options).data(peers, () => lines(peers));
  return EXIT.ok;
}

export async function trust(deviceId: string, options: TrustOptions): Promise<ExitCode> {
  const { address: addresses = [], folder: folders = [], name } = options;
  const asked = { id: deviceId, addresses: [...addresses], folders: [...folders] };
  const answer = await ask(options, 'peers.trust', name === undefined ? asked : { ...asked, name });
  new Output(options).done(answer, `Trusted ${printable(name ?? answer.id)}`);
  return EXIT.ok;
}

export async function remove(deviceId: string, options: CommonOptions): Promise<ExitCode> {
  const answer = await ask(options, 'peers.remove', { id: deviceId });
  new Output(options).done(answer, `No longer trusted: ${answer.id}. No file was touched`);
  return EXIT.ok;
}

function lines(peers: readonly PeerReport[]): string[] {
  if (peers.length === 0) return ['No device is trusted yet. Add one: lanfold peers trust DEVICE-ID'];
  return table(peers.map((peer) => [...peerRow(peer), peer.id]));
}
