/**
 * The computer that shows a code: says it, and tells what comes of it until somebody has joined or it is over.
 * @module
 */
import { CLOSED_BECAUSE, showCode, type PairingEnd } from '../../index.ts';
import type { Ask } from '../asking.ts';
import type { Output } from '../output.ts';
import { printable } from '../render.ts';
import type { Terminal } from '../terminal.ts';
import type { CodeNews } from './operations.ts';

export interface OfferCodeOptions {
  /** IDs of the folders that whoever joins is offered. Default: all. */
  readonly folders?: readonly string[];
  /** For the one key that undoes a pairing with somebody else. */
  readonly terminal?: Terminal;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Whoever joined under a person's eyes is noticed within this time. */
const UNDO_MS = 60_000;
const UNDO_KEY = 'u';

/** @returns how it ended; undefined when the signal ended it. */
export async function offerCode(ask: Ask, output: Output, options: OfferCodeOptions): Promise<PairingEnd | undefined> {
  const { folders, signal } = options;
  const first = await ask('pair.open', folders === undefined ? {} : { folders: [...folders] });
  output.done({ type: 'code', ...first }, 'On the other computer, same network:   lanfold');
  tellCode(first, output, 'Code:');
  const onAbort = (): void => void ask('pair.close', {}).catch(() => {});
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    for (let heard = 0; ;) {
      const news = await ask('pair.next', { after: heard });
      if (signal.aborted) return undefined;
      heard += news.length;
      for (const item of news) {
        tell(item, ask, output, options);
        if (item.is === 'closed') return item.because;
      }
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function tell(news: CodeNews, ask: Ask, output: Output, options: OfferCodeOptions): void {
  switch (news.is) {
    case 'code':
      if (output.json) output.done({ type: 'code', ...news }, '');
      tellCode(news, output, 'New code:');
      break;
    case 'wrong-code': {
      const { source, triesLeft } = news;
      output.done(
        { type: 'wrong-code', source, triesLeft },
        `Wrong code from ${source} (${triesText(triesLeft)} left)`,
      );
      break;
    }
    case 'paired':
      tellPaired(news, ask, output, options);
      break;
    case 'closed':
      if (news.because === 'paired') break;
      output.done(
        { type: 'pairing-closed', because: news.because },
        `The code is closed: ${CLOSED_BECAUSE[news.because]}. For a new one: lanfold pair`,
      );
      break;
  }
}

function tellCode({ digits, untilMs }: CodeNews & { is: 'code' }, output: Output, label: string): void {
  if (output.json) return;
  const minutes = Math.max(1, Math.round((untilMs - Date.now()) / 60_000));
  output.done({}, `${label}   ${showCode(digits)}        ${minutes} minutes left`);
}

function tellPaired(
  { peer, folders }: CodeNews & { is: 'paired' },
  ask: Ask,
  output: Output,
  { terminal }: OfferCodeOptions,
): void {
  const name = printable(peer.name ?? peer.id.slice(0, 7));
  const where = peer.addresses[0] ?? peer.address;
  const place = where === undefined ? '' : ` (${where.replace(/:\d+$/, '')})`;
  const undo = terminal === undefined ? '' : `  Not you? Undo with: ${UNDO_KEY}`;
  output.done({ type: 'paired', peer, folders }, `Paired with ${name}${place}.${undo}`);
  if (terminal === undefined) return;
  const stop = terminal.onKey((key) => {
    if (key.toLowerCase() !== UNDO_KEY) return;
    stop();
    clearTimeout(timer);
    void ask('peers.remove', { id: peer.id }).then(
      () => output.done({ type: 'undone', id: peer.id }, `${name} is removed again. No file was touched`),
      (error: unknown) => output.error(error, false),
    );
  });
  const timer = setTimeout(stop, UNDO_MS).unref();
}

export function triesText(tries: number): string {
  return tries === 1 ? '1 try' : `${tries} tries`;
}
