/** `lanfold status`: one line a folder, one line a peer, and what is not in sync and why. */
import type { PeerStatus } from '../../index.ts';
import { ask } from '../ask.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Output, type CommonOptions } from '../output.ts';
import { STATE_TEXT } from '../progress-reporter.ts';
import { countedText, folderName, printable, sizeText, table, timeText } from '../render.ts';
import { offerText } from '../introduction.ts';
import { checkCode, isOpen, type NodeStatus, type PeerReport } from '../status.ts';

/** More problems than that are counted, not listed, and more offers are left out; `--json` has them. */
const LISTED_MAX = 20;

export async function status(options: CommonOptions & { readonly check?: boolean }): Promise<ExitCode> {
  const answer = await ask(options, 'status', {});
  const output = new Output(options);
  if (output.json || !output.quiet) output.data(answer, () => lines(answer));
  if (options.check === true) return checkCode(answer);
  return answer.running ? EXIT.ok : EXIT.notRunning;
}

/** Name, state, content, path. */
export function folderRow(folder: NodeStatus['folders'][number]): string[] {
  const name = folderName(folder.path);
  const path = printable(folder.path);
  if (!isOpen(folder)) return [name, STATE_TEXT[folder.state], '', path];
  const { need } = folder;
  const missing = need.items + need.deletes;
  const state =
    missing === 0 ? STATE_TEXT[folder.state] : `${STATE_TEXT[folder.state]}, ${countedText(missing, 'name')} left`;
  return [name, state, `${countedText(folder.files, 'file')}  ${sizeText(folder.bytes)}`, path];
}

/** Name, state, place. */
export function peerRow(peer: PeerReport): string[] {
  return [printable(peer.name ?? peer.id.slice(0, 7)), stateOf(peer), peer.address ?? peer.addresses[0] ?? ''];
}

function stateOf(peer: PeerStatus & Pick<PeerReport, 'completion'>): string {
  if (peer.connected) return peer.completion === null ? 'connected' : `connected, has ${peer.completion} %`;
  return peer.sinceMs === undefined ? 'not connected' : `offline since ${timeText(new Date(peer.sinceMs))}`;
}

function lines(answer: NodeStatus): string[] {
  const { folders, peers, offers } = answer;
  const head = answer.running
    ? `Running, listening on ${answer.listening ?? 'nothing'}`
    : 'Not running. Start it: lanfold run';
  return [
    head,
    '',
    'Folders',
    ...(folders.length === 0 ? ['  none. Add one: lanfold folders add DIR'] : indented(table(folders.map(folderRow)))),
    ...folders.flatMap(problemLines),
    '',
    'Peers',
    ...(peers.length === 0 ? ['  none. Add one: lanfold peers trust DEVICE-ID'] : indented(table(peers.map(peerRow)))),
    ...(offers.length === 0 ? [] : ['', ...offers.slice(0, LISTED_MAX).map(offerText)]),
  ];
}

function problemLines(folder: NodeStatus['folders'][number]): string[] {
  if (!isOpen(folder)) return [];
  const { problems, error } = folder;
  const listed = problems.slice(0, LISTED_MAX).map(({ name, text }) => (name === '' ? text : `${name}: ${text}`));
  if (problems.length > LISTED_MAX) listed.push(`and ${problems.length - LISTED_MAX} more; see lanfold status --json`);
  const all = [...(error === undefined ? [] : [`${error.message} (${error.code})`]), ...listed];
  const held = problems.map(({ reason }) => reason).filter((reason) => /^held-(?!elsewhere)/.test(reason));
  const isUndoable = held.some((reason) => reason !== 'held-join');
  if (folder.state === 'needs-you' && held.length > 0)
    all.push(`If this is meant: lanfold approve${isUndoable ? '   if not: lanfold approve --undo' : ''}`);
  return all.map((line) => `    ${printable(line)}`);
}

function indented(rows: readonly string[]): string[] {
  return rows.map((row) => `  ${row}`);
}
