/**
 * What a node in the foreground says of itself and of others.
 * @module
 */
import { foundText, LISTEN_PORTS, type FolderOffer, type Node, type PeerStatus } from '../index.ts';
import type { Output } from './output.ts';
import { folderName, printable, shellWord } from './render.ts';

export interface IntroductionOptions {
  readonly isListenFixed: boolean;
  /** A code is shown next: nobody needs to read anything else. */
  readonly isBrief?: boolean;
}

/** What is shared, who this is, where it listens, and the one next step. */
export function introduce(node: Node, output: Output, options: IntroductionOptions): void {
  const { id, listening = '' } = node;
  for (const folder of node.configuration.folders) {
    const about = options.isBrief === true ? '' : ` (${printable(folder.path)}, folder ID ${printable(folder.id)})`;
    output.done(
      { type: 'sharing', folder: folder.id, path: folder.path },
      `Sharing ${folderName(folder.path)}${about}`,
    );
  }
  const [usual] = LISTEN_PORTS;
  const port = Number(listening.slice(listening.lastIndexOf(':') + 1));
  const isMoved = !options.isListenFixed && port !== usual;
  if (options.isBrief === true && !isMoved) return;
  const place = options.isListenFixed ? listening : `port ${port}`;
  output.done(
    { type: 'listening', device: id, listening },
    isMoved ? `Port ${usual} is taken; listening on ${port}` : `Listening on ${place}`,
  );
  if (options.isBrief === true) return;
  output.done({ type: 'device', device: id }, `This device is ${id}`);
  const hint = nextStep(node);
  if (hint !== undefined && !output.json) output.done({}, hint);
}

function nextStep(node: Node): string | undefined {
  const { folders, peers } = node.configuration;
  const [folder] = folders;
  if (folder === undefined) return 'No folder is shared yet. Add one: lanfold folders add DIR';
  if (peers.length > 0) return undefined;
  return `No device is trusted yet. On the other computer: lanfold peers trust ${node.id} --folder ${printable(folder.id)}`;
}

/** More strangers than that are somebody's game. */
const STRANGERS_MAX = 20;

/** Who is connected already, then who comes and goes. */
export function tellOfPeers(node: Node, output: Output): void {
  const tell = (peer: PeerStatus): void => {
    const name = printable(peer.name ?? peer.id.slice(0, 7));
    const where = peer.connected && peer.address !== undefined ? ` (${[peer.address, ...found(peer)].join(', ')})` : '';
    output.done({ type: 'peer', ...peer }, `${name} ${peer.connected ? 'connected' : 'disconnected'}${where}`);
  };
  for (const peer of node.peers()) if (peer.connected) tell(peer);
  node.on('peer', tell);
  node.on('member', ({ folder, is, device, name, by, byName }) => {
    const who = printable(byName ?? by.slice(0, 7));
    const whom = printable(name ?? device.slice(0, 7));
    const line = is === 'added' ? `${who} added ${whom} to` : `${who} removed ${whom} from`;
    output.done({ type: 'member', folder, is, device, name, by, byName }, `${line} ${printable(folder)}`);
  });
  node.on('offer', (offer) => output.done({ type: 'offer', ...offer }, offerText(offer)));
  const seen = new Set<string>();
  node.on('stranger', ({ id, address }) => {
    if (seen.has(id) || seen.size >= STRANGERS_MAX) return;
    seen.add(id);
    const line = `A device that is not trusted here wants to connect (${address}). If it is yours: lanfold peers trust ${id}`;
    output.done({ type: 'stranger', id, address }, line);
  });
}

/** What a peer offers, and how to take it. */
export function offerText({ peer, name, folder, label }: FolderOffer): string {
  const who = printable(name ?? peer.slice(0, 7));
  const command = `lanfold folders add DIR --folder-id ${shellWord(folder)} --peer ${peer}`;
  return `${who} offers folder "${printable(label)}": ${command}`;
}

/** Which layer of discovery found it, and how soon. */
function found({ via, foundMs }: PeerStatus): string[] {
  return via === undefined || foundMs === undefined ? [] : [foundText({ via, foundMs })];
}
