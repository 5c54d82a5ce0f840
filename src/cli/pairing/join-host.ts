/**
 * The computer where the code is typed: finds who waits, asks for the code, and puts the folders where the person wants them. With
 * files there already it shows first what will happen, and does nothing without a yes.
 * @module
 */
import { foundText, LanfoldError, readCode, type HostSeen } from '../../index.ts';
import type { Ask } from '../asking.ts';
import type { ResultOf } from '../operations.ts';
import type { Output } from '../output.ts';
import { countedText, printable, sizeText } from '../render.ts';
import { usageError } from '../usage.ts';
import { triesText } from './offer-code.ts';
import { hasFiles, isAgreed, placeOf, type Placed, type PlaceOptions, type Suggestion } from './place-folder.ts';
import { defaultTarget, typedTarget } from './target.ts';

export interface JoinHostOptions extends PlaceOptions {
  /** Typed elsewhere: read from standard input, say. */
  readonly code?: string;
  /** Where the folder goes. With several folders each gets a directory of its name in it. */
  readonly to?: string;
}

export type Offered = (ResultOf<'join.try'> & { is: 'offer' })['offer'];

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
    const path = await placeOf(suggestionFor(folder, offer.folders.length, options.to), output, options);
    if (path !== undefined) placed.push({ id: folder.id, path });
  }
  const hadFiles = new Set(placed.filter(hasFiles));
  await ask('join.accept', { folders: placed });
  for (const folder of placed) {
    if (hadFiles.has(folder) && !(await isAgreed(ask, output, folder, options))) {
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

function suggestionFor({ label, files, bytes }: Offered['folders'][number], folders: number, to?: string): Suggestion {
  return {
    label,
    about: ` (${countedText(files, 'file')}, ${sizeText(bytes)})`,
    path: to === undefined || folders > 1 ? defaultTarget(label, to) : typedTarget(to),
    isGiven: to !== undefined,
  };
}
