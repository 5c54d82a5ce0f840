/**
 * The computer that shows its device ID: lets one device in that then connects, with a person's yes, and puts that device's
 * folders where the person wants them.
 * @module
 */
import { renderUnicodeCompact } from 'uqr';
import { LanfoldError, type FolderOffer } from '../../index.ts';
import type { Ask } from '../asking.ts';
import type { Output } from '../output.ts';
import { printable } from '../render.ts';
import type { DeviceNews } from './device-session.ts';
import { hasFiles, isAgreed, placeOf, type PlaceOptions } from './place-folder.ts';
import { outsideShared } from './target.ts';

export interface OfferDeviceOptions extends PlaceOptions {
  /** IDs of the folders that are shared with the device. Default: all. */
  readonly folders?: readonly string[];
  /** Only this one may join. */
  readonly device?: string;
}

/** Light on dark is what a camera expects the other way round, so the colours are given: whatever the terminal's own are. */
const LIGHT_ON_BLACK = '\u001b[97;40m';
const PLAIN = '\u001b[0m';
/** Light modules around the code. */
const BORDER = 2;

/** @returns true when a device was accepted. @throws the signal's reason when it is aborted. */
export async function offerDevice(ask: Ask, output: Output, options: OfferDeviceOptions): Promise<boolean> {
  const { folders, device, signal } = options;
  const opened = await ask('device.open', {
    ...(folders === undefined ? {} : { folders: [...folders] }),
    ...(device === undefined ? {} : { device }),
  });
  show(opened, output);
  const close = (): void => void ask('device.close', {}).catch(() => {});
  signal.addEventListener('abort', close, { once: true });
  try {
    return await new Offering(ask, output, options).run();
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

function show({ device, untilMs }: { device: string; untilMs: number }, output: Output): void {
  const isTerminal = process.stdout.isTTY;
  if (!output.json) {
    for (const line of renderUnicodeCompact(device, { border: BORDER }).split('\n'))
      output.done({}, isTerminal ? `${LIGHT_ON_BLACK}${line}${PLAIN}` : line);
  }
  output.done({ type: 'device', device }, `This device is ${device}`);
  const minutes = Math.max(1, Math.round((untilMs - Date.now()) / 60_000));
  if (!output.json)
    output.done({}, `In Syncthing, add a device: scan this code or type the ID.        ${minutes} minutes left`);
}

/** Questions one after the other, while news goes on to come. */
class Offering {
  readonly #ask: Ask;
  readonly #output: Output;
  readonly #options: OfferDeviceOptions;
  /** Aborted when it is over: no question is of use then. */
  readonly #over = new AbortController();
  readonly #failed = Promise.withResolvers<never>();
  #turn: Promise<void> = Promise.resolve();
  #open = 0;
  #isAccepted = false;

  constructor(ask: Ask, output: Output, options: OfferDeviceOptions) {
    this.#ask = ask;
    this.#output = output;
    this.#options = { ...options, signal: AbortSignal.any([options.signal, this.#over.signal]) };
    this.#failed.promise.catch(() => {}); // nobody waits any more when it is over
  }

  async run(): Promise<boolean> {
    try {
      for (let heard = 0; ;) {
        const news = await Promise.race([this.#ask('device.next', { after: heard }), this.#failed.promise]);
        this.#options.signal.throwIfAborted();
        heard += news.length;
        for (const item of news) {
          if (item.is === 'closed') return this.#end();
          this.#take(item);
        }
      }
    } finally {
      this.#over.abort(new LanfoldError('E_PAIRING_CLOSED', { subject: 'it took too long' }));
    }
  }

  #end(): boolean {
    if (!this.#isAccepted)
      this.#output.done({ type: 'pairing-closed' }, 'No device has joined. Once more: lanfold pair --syncthing');
    return this.#isAccepted;
  }

  #take(news: Exclude<DeviceNews, { is: 'closed' }>): void {
    switch (news.is) {
      case 'request':
        this.#inTurn(() => this.#decide(news));
        break;
      case 'other':
        this.#tellOther(news);
        break;
      case 'offer':
        this.#inTurn(() => this.#place(news.offer));
        break;
    }
  }

  #inTurn(work: () => Promise<void>): void {
    this.#open += 1;
    this.#turn = this.#turn.then(work).then(() => void (this.#open -= 1));
    this.#turn.catch(this.#failed.reject);
  }

  /** Named, so that the person sees that the first one may not be theirs. */
  #tellOther({ id, address }: DeviceNews & { is: 'other' }): void {
    const line = `Another unknown device wants to connect and is not let in: ${id} from ${hostOf(address)}`;
    const say = (): void => this.#output.done({ type: 'stranger', id, address }, line);
    if (this.#options.terminal === undefined) say();
    else this.#options.terminal.aside(say);
  }

  async #decide({ id, address }: DeviceNews & { is: 'request' }): Promise<void> {
    if (this.#output.json) this.#output.done({ type: 'pair-request', id, address }, '');
    const { terminal, signal } = this.#options;
    const isYes =
      terminal === undefined || /^y(?:es)?$/i.test((await terminal.ask(question(id, address), { signal })) ?? '');
    const { peer } = await this.#ask('device.answer', { id, accept: isYes });
    if (peer === null) {
      this.#output.done({ type: 'declined', id }, 'It was not let in. Waiting for another');
      return;
    }
    this.#isAccepted = true;
    this.#output.done(
      { type: 'paired', peer },
      `Paired with ${id.slice(0, 7)}. There, take what is offered, and share a folder with this device`,
    );
  }

  async #place(offer: FolderOffer): Promise<void> {
    for (;;) {
      try {
        await this.#tryToPlace(offer);
        break;
      } catch (error) {
        if (this.#options.terminal === undefined || !isOfPlace(error)) throw error;
        this.#output.error(error, false);
      }
    }
    if (this.#open === 1) await this.#ask('device.close', {});
  }

  async #tryToPlace({ folder: id, label, peer }: FolderOffer): Promise<void> {
    const { folders } = await this.#ask('status', {});
    const suggested = outsideShared(label, folders);
    const path = await placeOf({ label, about: '', path: suggested, isGiven: false }, this.#output, this.#options);
    if (path === undefined) return;
    const placed = { id, path };
    const hadFiles = hasFiles(placed);
    await this.#ask('folders.take', { ...placed, peer });
    if (!hadFiles || (await isAgreed(this.#ask, this.#output, placed, this.#options))) {
      await this.#ask('join.release', { id });
      return;
    }
    await this.#ask('folders.remove', { id }); // not `leave`: the device stays trusted, and may offer it again
    this.#output.done({ type: 'declined', folder: id }, 'Nothing was changed.');
  }
}

function question(id: string, address: string): string {
  const [first = '', ...rest] = id.split('-');
  const shown = `It should show ${first} … ${rest.at(-1) ?? ''} under "Show device ID".`;
  return `A Syncthing device wants to connect: ID ${id} from ${printable(hostOf(address))}. Accept? ${shown} [y/N] `;
}

/** May it go better elsewhere? */
function isOfPlace(error: unknown): boolean {
  return error instanceof LanfoldError && error.code.startsWith('E_FOLDER_');
}

/** Without the port that it came from, which says nothing. */
function hostOf(address: string): string {
  return address.replace(/:\d+$/, '');
}
