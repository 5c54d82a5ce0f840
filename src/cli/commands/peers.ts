/** `lanfold peers`: whom this device trusts. */
import { foundText } from '../../index.ts';
import { ask } from '../ask.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Output, type CommonOptions } from '../output.ts';
import { printable, table, timeText } from '../render.ts';
import type { PeerReport } from '../status.ts';
import { peerRow } from './status.ts';

export interface TrustOptions extends CommonOptions {
  readonly address?: readonly string[];
  readonly folder?: readonly string[];
  readonly name?: string;
  readonly introducer?: boolean;
}

export async function list(options: CommonOptions): Promise<ExitCode> {
  const { device, peers } = await ask(options, 'status', {});
  new Output(options).data(peers, () => lines(device, peers));
  return EXIT.ok;
}

export async function trust(deviceId: string, options: TrustOptions): Promise<ExitCode> {
  const { address: addresses = [], folder: folders = [], name, introducer } = options;
  const answer = await ask(options, 'peers.trust', {
    id: deviceId,
    addresses: [...addresses],
    folders: [...folders],
    ...(name === undefined ? {} : { name }),
    ...(introducer === undefined ? {} : { introducer }),
  });
  new Output(options).done(answer, `Trusted ${printable(name ?? answer.id)}`);
  return EXIT.ok;
}

export async function rename(deviceId: string, name: string, options: CommonOptions): Promise<ExitCode> {
  const answer = await ask(options, 'peers.rename', { id: deviceId, name });
  new Output(options).done(answer, `Called ${printable(name)} from now on, on this computer`);
  return EXIT.ok;
}

export async function remove(deviceId: string, options: CommonOptions): Promise<ExitCode> {
  const answer = await ask(options, 'peers.remove', { id: deviceId });
  new Output(options).done(
    answer,
    `Removed from all folders, for all members: ${answer.id}. Files that it has already stay there`,
  );
  return EXIT.ok;
}

function lines(own: string, peers: readonly PeerReport[]): string[] {
  if (peers.length === 0) return ['No device is trusted yet. Add one: lanfold peers trust DEVICE-ID'];
  return table(peers.map((peer) => [...peerRow(peer), foundWords(peer), addedText(own, peer), peer.id]));
}

/** `added 2026-05-03 by maria-laptop`. */
function addedText(own: string, { added }: PeerReport): string {
  if (added === undefined) return '';
  const [day = ''] = timeText(new Date(added.atMs)).split(' ');
  const who = added.by === own ? 'you' : printable(added.byName ?? added.by.slice(0, 7));
  return `added ${day} by ${who}`;
}

function foundWords({ via, foundMs, connected }: PeerReport): string {
  return connected && via !== undefined && foundMs !== undefined ? foundText({ via, foundMs }) : '';
}
