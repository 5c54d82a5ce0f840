/**
 * Tells of long work: one line that moves on a terminal, a plain line now and then elsewhere, lines of JSON with `--json`.
 * While all is in sync it does nothing at all: it wakes when the node says that something changed.
 * @module
 */
import type { FolderHandle, FolderStatus, Node } from '../index.ts';
import { isAtRest, progressText, WorkMeter, type Progress } from './progress.ts';
import type { Output } from './output.ts';
import { countedText, durationText, folderName, shortened, sizeText } from './render.ts';

/** Nothing is told of work that is over sooner. */
const WORTH_TELLING_MS = 300;
const LOOK_MS = { terminal: 200, elsewhere: 500 } as const;
/** Not on a terminal: so often, or each so many percent. */
const LINE_MS = 10_000;
const LINE_PERCENT = 10;
const JSON_MS = 1000;

interface Work {
  readonly meter: WorkMeter;
  toldMs: number | undefined;
  toldPercent: number;
}

export class ProgressReporter {
  readonly #node: Node;
  readonly #output: Output;
  readonly #terminal = process.stderr;
  readonly #isLive: boolean;
  readonly #work = new Map<string, Work>();
  /** As each folder was when it was last at rest. */
  readonly #rested = new Map<string, FolderStatus>();
  #timer: NodeJS.Timeout | undefined;
  #drawn = false;

  constructor(node: Node, output: Output) {
    this.#node = node;
    this.#output = output;
    this.#isLive = this.#terminal.isTTY && !output.json && !output.quiet && process.env['TERM'] !== 'dumb';
    output.beforeLine = () => this.#erase();
    const wake = (): void => this.#wake();
    node.on('folder', wake).on('peer', wake);
    this.#wake();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#erase();
    this.#output.beforeLine = undefined;
  }

  #wake(): void {
    this.#timer ??= setTimeout(() => this.#look(), this.#isLive ? LOOK_MS.terminal : LOOK_MS.elsewhere);
  }

  #look(): void {
    this.#timer = undefined;
    const nowMs = performance.now();
    let isBusy = false;
    for (const handle of this.#node.folders()) {
      const status = handle.status();
      if (isAtRest(status)) this.#rest(status, nowMs);
      else {
        isBusy = true;
        this.#report(handle, status, nowMs);
      }
    }
    if (isBusy) this.#wake();
    else this.#erase();
  }

  #report(handle: FolderHandle, status: FolderStatus, nowMs: number): void {
    let work = this.#work.get(handle.id);
    if (work === undefined) {
      work = { meter: new WorkMeter(nowMs), toldMs: undefined, toldPercent: 0 };
      this.#work.set(handle.id, work);
    }
    const progress = work.meter.take(status, nowMs);
    if (nowMs - work.meter.startedMs < WORTH_TELLING_MS) return;
    if (this.#isLive) this.#draw(progressText(handle.path, progress));
    else if (this.#isDue(work, progress, nowMs)) {
      work.toldMs = nowMs;
      work.toldPercent = progress.percent;
      this.#output.done({ type: 'progress', ...progress }, progressText(handle.path, progress));
    }
  }

  #isDue(work: Work, progress: Progress, nowMs: number): boolean {
    const sinceMs = nowMs - (work.toldMs ?? work.meter.startedMs);
    if (this.#output.json) return work.toldMs === undefined || sinceMs >= JSON_MS;
    return sinceMs >= LINE_MS || progress.percent >= work.toldPercent + LINE_PERCENT;
  }

  /** The work is over: its last line stays. */
  #rest(status: FolderStatus, nowMs: number): void {
    const work = this.#work.get(status.id);
    const { id, state, files, bytes, error } = status;
    const told = this.#rested.get(id);
    this.#work.delete(id);
    const tookMs = work === undefined ? 0 : nowMs - work.meter.startedMs;
    const isWorthTelling = tookMs >= WORTH_TELLING_MS || told?.state !== state;
    const isNews = told?.state !== state || told.files !== files || told.bytes !== bytes;
    this.#rested.set(id, status);
    if (!(this.#output.json ? isNews : isWorthTelling)) return;
    const took = tookMs < WORTH_TELLING_MS ? '' : `  in ${durationText(tookMs / 1000)}`;
    this.#output.done(
      { type: 'folder', folder: id, state, files, bytes, ...(error === undefined ? {} : { error }) },
      `${folderName(status.path)}  ${STATE_TEXT[state]} · ${countedText(files, 'file')} · ${sizeText(bytes)}${took}`,
    );
  }

  #draw(line: string): void {
    this.#erase();
    this.#terminal.write(shortened(line, Math.max(20, this.#terminal.columns - 1)));
    this.#drawn = true;
  }

  #erase(): void {
    if (this.#drawn) this.#terminal.write('\r\u001b[K');
    this.#drawn = false;
  }
}

/** A folder's state in a person's words. */
export const STATE_TEXT: Readonly<Record<FolderStatus['state'] | 'not-running', string>> = {
  starting: 'starting',
  scanning: 'looking for changes',
  syncing: 'syncing',
  'in-sync': 'in sync',
  'needs-you': 'needs you',
  stopped: 'stopped',
  'not-running': 'not running',
};
