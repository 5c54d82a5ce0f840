/**
 * The computer where the code is typed: finds who waits, asks for the code, and puts the folders where the person wants them. With
 * files there already it shows first what will happen, and does nothing without a yes.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { foundText, LanfoldError, readCode, type HostSeen, type JoinPreview } from '../../index.ts';
import type { Ask } from '../asking.ts';
import type { ResultOf } from '../operations.ts';
import type { Output } from '../output.ts';
import { countedText, countText, printable, sizeText } from '../render.ts';
import type { Terminal } from '../terminal.ts';
import { usageError } from '../usage.ts';
import { triesText } from './offer-code.ts';
import { contentOf, defaultTarget, shownPath, typedTarget } from './target.ts';

export interface JoinHostOptions {
  /** Nobody to ask: undefined. */
  readonly terminal?: Terminal;
  /** Typed elsewhere: read from standard input, say. */
  readonly code?: string;
  /** Where the folder goes. With several folders each gets a directory of its name in it. */
  readonly to?: string;
  /** Go on without asking, also where there are files already. */
  readonly yes?: boolean;
  readonly signal: AbortSignal;
}

export type Offered = (ResultOf<'join.try'> & { is: 'offer' })['offer'];

interface Placed {
  readonly id: string;
  readonly path: string;
}

/** @returns hosts that wait; none when nobody did for so long. */
export async function findHosts(ask: Ask, forMs: number, signal: AbortSignal): Promise<readonly HostSeen[]> {
  const endMs = performance.now() + forMs;
  for (;;) {
    const hosts = await ask('join.search', { forMs: Math.max(1, endMs - performance.now()) });
    signal.throwIfAborted();
    if (hosts.length > 0 || performance.now() >= endMs) return hosts;
  }
}

/** @returns false when the person did not want what would have happened; nothing was done then. */
export async function joinHost(
  ask: Ask,
  output: Output,
  hosts: readonly HostSeen[],
  options: JoinHostOptions,
): Promise<boolean> {
  const host = await chosenHost(hosts, output, options);
  const name = printable(host.name);
  const offer = await provenOffer(ask, output, host, options);
  output.done({ type: 'paired', id: host.id, name: host.name }, `Paired with ${name}.`);
  const placed: Placed[] = [];
  for (const folder of offer.folders) {
    const path = await placeOf(folder, offer.folders.length, output, options);
    if (path !== undefined) placed.push({ id: folder.id, path });
  }
  const hadFiles = new Set(placed.filter(({ path }) => contentOf(path) > 0));
  await ask('join.accept', { folders: placed });
  for (const folder of placed) {
    if (hadFiles.has(folder) && !(await agreed(ask, output, folder, options))) {
      await ask('leave', { id: folder.id });
      output.done({ type: 'declined', folder: folder.id }, 'Nothing was changed.');
      return false;
    }
    await ask('join.release', { id: folder.id });
  }
  return true;
}

async function chosenHost(
  hosts: readonly HostSeen[],
  output: Output,
  { terminal, signal }: JoinHostOptions,
): Promise<HostSeen> {
  const [only] = hosts;
  if (only === undefined) throw new LanfoldError('E_NO_HOST', { subject: 'a computer that waits' });
  if (hosts.length === 1) {
    const found = `${printable(only.name)} is nearby and waiting to pair (${foundText(only)}).`;
    output.done({ type: 'host', ...only }, found);
    return only;
  }
  if (terminal === undefined) throw usageError('several computers wait to pair; leave one of them open');
  output.done({ type: 'hosts', hosts }, `${hosts.length} computers are waiting to pair:`);
  for (const [index, { name, system, address }] of hosts.entries())
    output.done({}, `  ${index + 1}  ${printable(name)}  ${printable(system)}  ${address}`);
  for (;;) {
    const typed = await terminal.ask(`Which? [1-${hosts.length}] `, { signal });
    const host = hosts[Number(typed) - 1];
    if (host !== undefined) return host;
    if (typed === undefined) throw new LanfoldError('E_NO_HOST', { subject: 'a computer that waits' });
  }
}

async function provenOffer(ask: Ask, output: Output, host: HostSeen, options: JoinHostOptions): Promise<Offered> {
  const name = printable(host.name);
  for (;;) {
    const tried = await ask('join.try', { host: host.id, code: await typedCode(output, options) });
    switch (tried.is) {
      case 'offer':
        return tried.offer;
      case 'wrong':
        if (options.code !== undefined || options.terminal === undefined)
          throw new LanfoldError('E_CODE_WRONG', { subject: host.name });
        output.done(
          { type: 'wrong-code', triesLeft: tried.triesLeft },
          `That code does not match (${triesText(tried.triesLeft)} left). Type the code as ${name} shows it now.`,
        );
        break;
      case 'too-many':
        throw new LanfoldError('E_TOO_MANY_TRIES', { subject: host.name });
      case 'closed':
        throw new LanfoldError('E_CODE_EXPIRED', { subject: host.name });
    }
  }
}

async function typedCode(output: Output, { code, terminal, signal }: JoinHostOptions): Promise<string> {
  if (code !== undefined) return code;
  if (terminal === undefined) throw usageError('nobody is here to type the code; give it with --code-stdin');
  for (;;) {
    const typed = await terminal.ask('Code shown there: ', {
      signal,
      isComplete: (text) => readCode(text) !== undefined,
    });
    if (typed === undefined) throw usageError('no code was typed');
    if (readCode(typed) !== undefined) return typed;
    output.done({}, 'A code has six digits.');
  }
}

/** @returns where a folder is to be put; undefined when the person does not want it. */
async function placeOf(
  { label, files, bytes }: Offered['folders'][number],
  folders: number,
  output: Output,
  { terminal, to, yes, signal }: JoinHostOptions,
): Promise<string | undefined> {
  const suggested = to === undefined || folders > 1 ? defaultTarget(label, to) : typedTarget(to);
  if (terminal === undefined || yes === true || to !== undefined) {
    output.done(
      { type: 'placed', label, path: suggested },
      `Its folder "${printable(label)}" goes to ${shownPath(suggested)}`,
    );
    return suggested;
  }
  const content = `${countedText(files, 'file')}, ${sizeText(bytes)}`;
  const typed = await terminal.ask(
    `Put its folder "${printable(label)}" (${content}) in ${printable(shownPath(suggested))}?  [Enter = yes, or type a path] `,
    { signal },
  );
  if (typed === undefined || /^no?$/i.test(typed)) return undefined;
  return typed === '' || /^y(?:es)?$/i.test(typed) ? suggested : typedTarget(typed);
}

/** Shows what will happen to files that are there already. */
async function agreed(ask: Ask, output: Output, { id, path }: Placed, options: JoinHostOptions): Promise<boolean> {
  const { terminal, yes, signal } = options;
  let preview: JoinPreview | null = null;
  while (preview === null) {
    preview = await ask('join.preview', { id });
    signal.throwIfAborted();
    if (preview === null) await delay(0);
  }
  output.done({ type: 'preview', folder: id, ...preview }, previewText(path, preview));
  if (yes === true) return true;
  if (terminal === undefined) throw usageError('there are files already; say --yes to go on without being asked');
  const typed = await terminal.ask('Go on? [Y/n] ', { signal });
  return typed !== undefined && !/^no?$/i.test(typed);
}

export function previewText(path: string, { same, onlyHere, onlyThere, different }: JoinPreview): string {
  const parts = [
    `Same: ${countText(same)}.`,
    `Only here: ${countText(onlyHere)} (will be sent).`,
    `Only there: ${countText(onlyThere)} (will be brought).`,
    `Different: ${countText(different)} (both kept).`,
  ];
  const here = countedText(same + onlyHere + different, 'file');
  return `${shownPath(path)} has ${here} already. ${parts.join(' ')} Nothing is overwritten or deleted.`;
}
