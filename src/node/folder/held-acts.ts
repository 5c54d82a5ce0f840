/**
 * Of deletes that are held, what had gone of the same act before it was too much: they are judged with it for as long as they are
 * held, also after a restart. Were they judged by themselves, a few that are left would be few (R12).
 * @module
 */
import type { Look } from '../../core/model/file-record.ts';
import type { FolderRecords } from '../../ports/record-store.ts';

/** Of a file that stood somewhere: it tells its versions from each other. */
export type Stood = Pick<Look, 'size' | 'modifiedNs'>;

export interface HeldAct {
  /** Deletes that were carried out, or announced, before it was too much. */
  readonly deletes: number;
  /** By peers: names of those, and of what is held, whose content is nowhere else, and what stood there. */
  readonly gone: ReadonlyMap<string, Stood>;
  /** By peers: the same of those that had been carried out, whether or not they stand there again. */
  readonly carriedOut?: ReadonlyMap<string, Stood>;
  /** By peers: names that the folder had then, with those that had gone. */
  readonly total?: number;
  /** Here: names of what is held, each with all below it. */
  readonly held: readonly string[];
}

export type ActKind = 'here' | 'by peers';

export class HeldActs {
  readonly #records: Pick<FolderRecords, 'note' | 'setNote'>;
  readonly #acts = new Map<ActKind, HeldAct>();

  constructor(records: Pick<FolderRecords, 'note' | 'setNote'>) {
    this.#records = records;
    for (const kind of ['here', 'by peers'] as const) {
      const act = parsed(records.note(noteOf(kind)));
      if (act !== undefined) this.#acts.set(kind, act);
    }
  }

  of(kind: ActKind): HeldAct | undefined {
    return this.#acts.get(kind);
  }

  get isAny(): boolean {
    return this.#acts.size > 0;
  }

  hold(kind: ActKind, act: HeldAct): void {
    if (this.#acts.has(kind)) return;
    this.#set(kind, act);
  }

  /** More of it is held by now, or less. */
  update(kind: ActKind, held: readonly string[]): void {
    const act = this.#acts.get(kind);
    const isSame = act?.held.length === held.length && act.held.every((name, at) => name === held[at]);
    if (act !== undefined && !isSame) this.#set(kind, { ...act, held });
  }

  release(kind: ActKind): void {
    if (this.#acts.delete(kind)) this.#note(kind, undefined);
  }

  #set(kind: ActKind, act: HeldAct): void {
    this.#acts.set(kind, act);
    const carriedOut = act.carriedOut === undefined ? undefined : notedOf(act.carriedOut);
    this.#note(kind, JSON.stringify({ ...act, gone: notedOf(act.gone), carriedOut }));
  }

  /** What cannot be noted, on a full disk, counts until the next start. */
  #note(kind: ActKind, value: string | undefined): void {
    try {
      this.#records.setNote(noteOf(kind), value);
    } catch {}
  }
}

type NotedStood = readonly (readonly [name: string, size: number, modifiedNs: string])[];

/** Undefined what a note lacks that somebody else has written. */
interface Noted {
  readonly deletes?: unknown;
  readonly gone?: NotedStood;
  readonly carriedOut?: NotedStood;
  readonly total?: unknown;
  readonly held?: readonly string[];
}

function noteOf(kind: ActKind): string {
  return `held deletes ${kind}`;
}

function parsed(note: string | undefined): HeldAct | undefined {
  try {
    const { deletes, gone, carriedOut = gone, total, held } = JSON.parse(note ?? '{}') as Noted;
    if (!Number.isSafeInteger(deletes) || gone === undefined || held === undefined) return undefined;
    const act = { deletes: Number(deletes), gone: stoodOf(gone), carriedOut: stoodOf(carriedOut ?? []), held };
    return Number.isSafeInteger(total) ? { ...act, total: Number(total) } : act;
  } catch {
    return undefined;
  }
}

function notedOf(stood: ReadonlyMap<string, Stood>): NotedStood {
  return [...stood].map(([name, { size, modifiedNs }]) => [name, size, String(modifiedNs)]);
}

function stoodOf(noted: NotedStood): Map<string, Stood> {
  return new Map(noted.map(([name, size, modifiedNs]) => [name, { size, modifiedNs: BigInt(modifiedNs) }]));
}
