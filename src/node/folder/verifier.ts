/**
 * Holds the folder on disk against what the records say, byte by byte, when a person asks for it (rules U80–U83).
 *
 *   records, page by page → look → (looks as recorded: read) → finding
 *
 * Bytes that differ under the look that was recorded are damage, and are listed for who mends them ({@link Damage}). Whatever
 * looks otherwise is an edit, and is left to the scanner as ever. Nothing is written but that list.
 * @module
 */
import { sameLook, type LocalRecord } from '../../core/model/file-record.ts';
import { topmost } from '../../core/model/folder-path.ts';
import type { Clock } from '../../ports/clock.ts';
import { isTrouble, type Looked } from '../../ports/file-tree.ts';
import type { Damage, DamageContext } from './damage.ts';
import type { FolderContext } from './folder-context.ts';
import { hasContent, Pace, reread } from './rereading.ts';
import { isDamaged } from './unclaimed.ts';

/** As fast as one slow disk reads, while nobody else wants it: a person waits for it. */
const BYTES_PER_SECOND = 50_000_000;
const BYTES_PER_SECOND_BESIDE = 5_000_000;
const PAGE = 200;
/** More findings are counted, not listed. */
const LISTED_MAX = 1000;
const FIRST_NAME = '';

export interface VerifyOptions {
  /** Names relative to the folder; of a directory all below it. Default: the whole folder. */
  readonly paths?: readonly string[];
  /** Default: 50 MB/s, and a tenth of that while a walk, a pull or a peer wants the same disk. */
  readonly bytesPerSecond?: number;
  /** Ends it at once; what was found by then stays listed. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

export interface VerifyProgress {
  readonly files: number;
  readonly bytes: number;
  /** What there is to read, by the records, if all of the folder is; else what was read. */
  readonly filesTotal: number;
  readonly bytesTotal: number;
}

/**
 * `damaged`: other bytes than recorded, and no look that shows it. `changed`: an edit, which the scanner takes up. `missing`:
 * recorded and not there; the scanner takes that up, too. `unreadable`: nobody can tell. `unknown`: asked for by this name, under
 * which nothing is recorded, so that nothing was read.
 */
export type FindingKind = 'damaged' | 'changed' | 'missing' | 'unreadable' | 'unknown';

export interface Finding {
  readonly path: string;
  readonly is: FindingKind;
  /** One sentence for people. */
  readonly text: string;
}

export interface VerifyReport extends Readonly<Record<FindingKind, number>> {
  /** Files that were read whole, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** The first thousand. */
  readonly findings: readonly Finding[];
}

export type VerifierContext = DamageContext & Pick<FolderContext, 'mounts' | 'suspect'> & { readonly clock: Clock };

const TEXTS: Readonly<Record<Exclude<FindingKind, 'unreadable'>, string>> = {
  damaged: 'Its bytes changed although nothing wrote to it',
  changed: 'It was changed since it was recorded',
  missing: 'It is not there any more',
  unknown: 'No file that is synced here has this name',
};

export class Verifier {
  readonly #context: VerifierContext;
  readonly #damage: Damage;
  readonly #isDiskWanted: () => boolean;

  /** @param isDiskWanted is anything else reading or writing the folder's files right now? */
  constructor(context: VerifierContext, damage: Damage, isDiskWanted: () => boolean) {
    this.#context = context;
    this.#damage = damage;
    this.#isDiskWanted = isDiskWanted;
  }

  /** @throws the signal's reason when it is aborted; whatever the disk says of a root that is lost. */
  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    const { paths = [FIRST_NAME], bytesPerSecond, signal = new AbortController().signal } = options;
    const rate = (): number => bytesPerSecond ?? (this.#isDiskWanted() ? BYTES_PER_SECOND_BESIDE : BYTES_PER_SECOND);
    const run = new Run(this.#context, this.#damage, new Pace(this.#context.clock, rate), signal, options.onProgress);
    await this.#context.mounts.refresh();
    for (const path of topmost(new Set(paths))) await run.path(path);
    return run.report();
  }
}

/** One verification. */
class Run {
  readonly #context: VerifierContext;
  readonly #damage: Damage;
  readonly #pace: Pace;
  readonly #signal: AbortSignal;
  readonly #onProgress: VerifyOptions['onProgress'];
  readonly #counts: Record<FindingKind, number> = { damaged: 0, changed: 0, missing: 0, unreadable: 0, unknown: 0 };
  readonly #findings: Finding[] = [];
  #files = 0;
  #bytes = 0;
  #all = { files: 0, bytes: 0 };

  constructor(
    context: VerifierContext,
    damage: Damage,
    pace: Pace,
    signal: AbortSignal,
    onProgress: VerifyOptions['onProgress'],
  ) {
    this.#context = context;
    this.#damage = damage;
    this.#pace = pace;
    this.#signal = signal;
    this.#onProgress = onProgress;
  }

  report(): VerifyReport {
    return { files: this.#files, bytes: this.#bytes, ...this.#counts, findings: this.#findings };
  }

  async path(path: string): Promise<void> {
    const { records } = this.#context;
    if (path === FIRST_NAME) this.#all = records.counts().local;
    const own = path === FIRST_NAME ? undefined : records.local(path);
    let isKnown = path === FIRST_NAME || (own !== undefined && isHere(own));
    if (own !== undefined && isHere(own)) await this.#page([own]);
    for (let after = FIRST_NAME; ;) {
      const page = records.below(path, after, PAGE);
      const last = page.at(-1);
      if (last === undefined) break;
      const here = page.filter(isHere);
      isKnown ||= here.length > 0;
      await this.#page(here);
      after = last.record.name;
    }
    if (!isKnown) this.#found(path, 'unknown', TEXTS.unknown);
  }

  async #page(page: readonly LocalRecord[]): Promise<void> {
    const { tree, mounts } = this.#context;
    const there = page.filter(({ record }) => !mounts.isAway(record.name)); // the mount point is listed as a problem
    const looks = await tree.look(there.map(({ record }) => record.name));
    for (const [index, local] of there.entries()) {
      this.#signal.throwIfAborted();
      await this.#name(local, looks[index]);
      this.#signal.throwIfAborted();
      this.#onProgress?.({
        files: this.#files,
        bytes: this.#bytes,
        filesTotal: Math.max(this.#all.files, this.#files),
        bytesTotal: Math.max(this.#all.bytes, this.#bytes),
      });
    }
  }

  async #name(local: LocalRecord, look: Looked): Promise<void> {
    const { record } = local;
    if (this.#isOld(local)) {
      // It was looked at just now, by whoever recorded it; who reads what was written shortly before the stop, say.
      const now = this.#context.records.local(record.name);
      if (now !== undefined && isDamaged(this.#context, now.record)) this.#found(record.name, 'damaged', TEXTS.damaged);
      return;
    }
    if (isTrouble(look)) this.#found(record.name, 'unreadable', `It cannot be looked at: ${look.detail}`);
    else if (look === undefined || look.type === 'other') this.#suspect(record.name, 'missing');
    else if (!sameLook(local.look, look)) this.#suspect(record.name, 'changed');
    else if (isDamaged(this.#context, record)) {
      this.#found(record.name, 'damaged', TEXTS.damaged); // the record says what is there until the good copy comes
    } else if (record.type === 'file') await this.#content(local);
  }

  async #content(local: LocalRecord): Promise<void> {
    const { name, size } = local.record;
    const found = hasContent(local) ? await reread(this.#context.tree, local, this.#pace, this.#signal) : 'right';
    if (this.#signal.aborted) return;
    if (found === 'wrong') {
      if (await this.#damage.doubt(local)) this.#found(name, 'damaged', TEXTS.damaged);
      else if (!this.#isOld(local)) this.#suspect(name, 'changed');
    } else if (isTrouble(found)) {
      if (found.trouble === 'absent') this.#suspect(name, 'missing');
      else this.#found(name, 'unreadable', `It cannot be read: ${found.detail}`);
    } else {
      this.#files += 1;
      this.#bytes += size;
    }
  }

  /** Has the name got another record since, or is it being put in place? */
  #isOld({ record }: LocalRecord): boolean {
    const { records, busy } = this.#context;
    return busy.has(record.name) || records.local(record.name)?.record.sequence !== record.sequence;
  }

  #suspect(path: string, is: 'changed' | 'missing'): void {
    this.#found(path, is, TEXTS[is]);
    this.#context.suspect([path]);
  }

  #found(path: string, is: FindingKind, text: string): void {
    this.#counts[is] += 1;
    if (this.#findings.length < LISTED_MAX) this.#findings.push({ path, is, text });
  }
}

function isHere({ record, look }: LocalRecord): boolean {
  return !record.deleted && !record.invalid && look !== undefined;
}
