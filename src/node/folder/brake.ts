/**
 * Holds deletes that look like an accident: more than max(50, a fifth) of a folder at once, by one scan or from peers, wait
 * until a person says that they are meant (R12), and so do losses by peers one after the other ({@link ReplacementBrake}).
 * Everything else goes on meanwhile. No time that passes ends what is held, nor does a restart.
 */
import type { Clock } from '../../ports/clock.ts';
import type { FileRecord } from '../../core/model/file-record.ts';
import type { HeldFact, HeldKind } from '../../core/wire/held.ts';
import type { Problem } from './problems.ts';
import { HeldActs, type Stood } from './held-acts.ts';
import { HeldNames } from './held-names.ts';
import type { Act, Waiting } from './losses.ts';
import { recordedIn } from './names-below.ts';
import { DELETES_FREE, PeerDeletes, type PeerDeletesContext } from './peer-deletes.ts';
import { ReplacementBrake, type GiveBack } from './replacement-brake.ts';
import type { TakenNames } from './taken-names.ts';

const SHARE_FREE = 0.2;
/** Deletes this close together count as one act: the watcher reports a big removal in many pieces. */
const ONE_ACT_MS = 10_000;
/** What may be git's work waits so long for the word that it is, and is not told of meanwhile. */
const GIT_PATIENCE_MS = 20_000;
/** How long after it, and after what it allowed last, a person's yes holds for more deletes of the kind: they come in parts. */
const APPROVAL_MS = 60_000;
/** How long it holds for what was held when it was said: whoever has it may be asleep, or something large on its way before. */
const LONG_APPROVAL_MS = 24 * 3_600_000;
export const HELD_HERE = 'held-deletes-here';
export const HELD_BY_PEERS = 'held-deletes-by-peers';
export const HELD_REPLACEMENTS = 'held-replacements-by-peers';
export type HeldReason = `held-${HeldKind}`;

const KINDS: Readonly<Record<HeldReason, HeldKind>> = {
  [HELD_HERE]: 'deletes-here',
  [HELD_BY_PEERS]: 'deletes-by-peers',
  [HELD_REPLACEMENTS]: 'replacements-by-peers',
};

export interface BrakeContext extends PeerDeletesContext {
  readonly clock: Pick<Clock, 'monotonicMs' | 'nowMs'>;
  /** False while what peers want is known in part. */
  isAllHeard(): boolean;
}

export class Brake {
  readonly #context: BrakeContext;
  /** What was found gone lately: announced, and held. */
  #act = { startedMs: Number.NEGATIVE_INFINITY, deletes: 0, held: 0 };
  readonly #acts: HeldActs;
  #pulled: PeerDeletes;
  #undoing = 0;
  /** What is pulled just now is allowed although it is many. */
  #isExempt = false;
  readonly #replacements: ReplacementBrake;
  readonly #onHeld: () => void;
  readonly #approvedUntilMs = new Map<HeldReason, number>();
  /** Deletes that a person has said yes to, and that were not carried out yet. */
  readonly #approved = new Set<HeldReason>();
  #approvedLongUntilMs = Number.NEGATIVE_INFINITY;
  /** The facts that {@link #onHeld} was last called with. */
  #said = '[]';
  readonly #held = new Map<HeldReason, { readonly count: number; readonly text: string }>();
  /** Those of {@link HELD_HERE}. */
  readonly #heldNames = new HeldNames();
  /** Since when something waits that may be git's work, by reason. */
  readonly #maybeGitMs = new Map<HeldReason, number>();

  /** @param onHeld something else waits for a person than before. */
  constructor(context: BrakeContext, onHeld: () => void = () => {}) {
    this.#context = context;
    this.#onHeld = onHeld;
    const isApproved = (newest: FileRecord): boolean => this.#isLongApproved && this.#replacements.wasTold(newest);
    this.#replacements = new ReplacementBrake(context, isApproved);
    this.#acts = new HeldActs(context.records);
    this.#pulled = new PeerDeletes(context, Number.NEGATIVE_INFINITY, this.#acts.of('by peers'));
    this.#heldNames.hold((this.#acts.of('here')?.held ?? []).flatMap((name) => recordedIn(context.records, name)));
    const { size } = this.#heldNames.all;
    // What is found by the first look may have gone together with it. At most so many; the first walk counts them.
    if (size > 0) {
      this.#act = { startedMs: Number.POSITIVE_INFINITY, deletes: 0, held: size };
      this.#sayFound(size);
    } else this.#acts.release('here');
  }

  /** A person says that what is held is meant. */
  approve(): void {
    const nowMs = this.#context.clock.monotonicMs();
    this.#approvedLongUntilMs = nowMs + LONG_APPROVAL_MS;
    if (this.#held.has(HELD_REPLACEMENTS) || this.#held.has(HELD_BY_PEERS)) this.#replacements.approve();
    for (const reason of this.#held.keys()) {
      this.#approved.add(reason);
      this.#approvedUntilMs.set(reason, nowMs + APPROVAL_MS);
    }
    this.#act.held = 0;
    this.#held.clear();
    this.#heldNames.release();
    this.#releaseActs();
    this.#say();
  }

  /** What peers want of this folder by now: what they have taken back is nothing to confirm. */
  wants({ items, deletes }: { readonly items: number; readonly deletes: number }): void {
    // A yes that finds nothing is for nothing that comes hours later: who had more to tell is asked about again.
    if (deletes === 0) this.#approved.delete(HELD_BY_PEERS);
    if (!this.#context.isAllHeard()) return;
    if (deletes === 0) this.#releasePulled();
    if (items === 0) this.#release(HELD_REPLACEMENTS);
    if (items + deletes === 0) this.#replacements.release();
  }

  #releasePulled(): void {
    this.#acts.release('by peers');
    this.#release(HELD_BY_PEERS);
  }

  /** A round of pulling begins: {@link mayReplace} will be asked for all that is to be replaced. */
  beginRound(): void {
    this.#replacements.beginRound();
  }

  /** @param isWholeRound it was asked for all that is to be replaced or to go. */
  endRound(isWholeRound: boolean): void {
    const { held, heldDeletes } = this.#replacements;
    const isWhole = isWholeRound && this.#context.isAllHeard();
    if (isWhole) this.#replacements.endRound();
    if (held > 0) this.#sayReplacements();
    else if (isWhole) this.#release(HELD_REPLACEMENTS);
    if (heldDeletes > 0) this.#sayDeletes(heldDeletes);
    else if (isWhole) this.#release(HELD_BY_PEERS);
    this.#say();
  }

  #sayDeletes(count: number): void {
    const text = `Other computers deleted ${count} names of this folder. They stay here until you confirm`;
    this.#hold(HELD_BY_PEERS, count, text);
  }

  #sayReplacements(): void {
    const count = this.#replacements.held;
    if (this.#mayStillBeGit(HELD_REPLACEMENTS, this.#replacements.isMaybeGit)) return;
    const text = `Other computers replaced more than half of this folder; ${count} files stay as they are until you confirm`;
    this.#hold(HELD_REPLACEMENTS, count, text);
  }

  #hold(reason: HeldReason, count: number, text: string): void {
    const isNew = !this.#held.has(reason);
    this.#held.set(reason, { count, text });
    if (isNew) this.#say();
  }

  /** Not for each one more of many: at the end of what made it more. */
  #say(): void {
    const said = JSON.stringify([...this.#held]);
    if (said === this.#said) return;
    this.#said = said;
    this.#onHeld();
  }

  /** May this content give way to a peer's, or go? @returns what to call if it did not; undefined if it may not. */
  mayReplace(mine: FileRecord | undefined, newest: FileRecord): GiveBack | undefined {
    const giveBack = this.#replacements.take(mine, newest, newest.deleted && this.#isApproved(HELD_BY_PEERS));
    // Said at once: the round may last for hours, and whoever does it goes on.
    if (giveBack === undefined && newest.deleted) this.#sayDeletes(this.#replacements.heldDeletes);
    else if (giveBack === undefined) this.#sayReplacements();
    return giveBack;
  }

  /** Nothing goes while what is held is undone. */
  async whileUndoing<Result>(undo: () => Promise<Result>): Promise<Result> {
    this.#undoing += 1;
    try {
      return await undo();
    } finally {
      this.#undoing -= 1;
    }
  }

  /** A person has undone what was held. */
  releaseAll(): void {
    for (const reason of this.#held.keys()) this.#release(reason);
    this.#releaseActs();
    this.#replacements.undone();
  }

  #releaseActs(): void {
    this.#acts.release('here');
    this.#acts.release('by peers');
  }

  /** Whose doing is held, of what peers replaced or deleted one after the other; undefined if nothing is. */
  get act(): Act | undefined {
    return this.#replacements.act;
  }

  /** Is it held, or was it before a restart, after which nobody has judged it yet? */
  isHeld(reason: typeof HELD_HERE | typeof HELD_BY_PEERS): boolean {
    return this.#held.has(reason) || this.#acts.of(reason === HELD_HERE ? 'here' : 'by peers') !== undefined;
  }

  /** Of deletes by peers that are held, those of the same act that were carried out before it was too much: what stood there. */
  get goneByPeers(): ReadonlyMap<string, Stood> {
    return this.isHeld(HELD_BY_PEERS) ? this.#pulled.carriedOut : new Map();
  }

  /** Is there anything of the kind? */
  get isHolding(): boolean {
    return this.#held.size > 0 || this.#acts.isAny || this.act !== undefined;
  }

  /** Would this version be held, as one more of too many? */
  isReplacement(mine: FileRecord | undefined, newest: FileRecord): boolean {
    return mine !== undefined && this.#replacements.counts(mine, newest);
  }

  /** Of versions that wait, those of the {@link act}. */
  ofAct(waiting: readonly Waiting[]): Waiting[] {
    return this.#replacements.ofAct(waiting);
  }

  /** A walk is over and has missed nothing: what a yes was said to is back. (Where it could not look, a person is asked again.) */
  foundAll(): void {
    if (!this.isHoldingFound) this.#approved.delete(HELD_HERE);
  }

  /** True while deletes that were found here wait for a person. */
  get isHoldingFound(): boolean {
    return this.#held.has(HELD_HERE);
  }

  /** The names of them. */
  get heldFound(): HeldNames | undefined {
    return this.isHoldingFound ? this.#heldNames : undefined;
  }

  /** They are all back. */
  foundAgain(): void {
    this.#acts.release('here');
    this.#release(HELD_HERE);
  }

  /** What waits for a person. */
  held(): Problem[] {
    return [...this.#held].map(([reason, { text }]) => ({ name: '', reason, text }));
  }

  /** The same, for others. */
  facts(folder: string): HeldFact[] {
    return [...this.#held].map(([reason, { count }]) => ({ folder, kind: KINDS[reason], count }));
  }

  /**
   * May this many deletes, found here by looking, be announced? Names that only moved are not to be counted.
   * @param names of all that is gone.
   * @param isOfHeld all names that are held already, and are still gone, are among them. Else none is.
   * @param others those of what is held that are not gone any more, and not back either: they still count.
   */
  mayAnnounceDeletes(
    count: number,
    names: readonly string[] = [],
    { isOfHeld, others }: { isOfHeld: boolean; others: readonly string[] } = { isOfHeld: true, others: [] },
  ): boolean {
    const nowMs = this.#context.clock.monotonicMs();
    if (nowMs - this.#act.startedMs > ONE_ACT_MS) this.#act = { startedMs: nowMs, deletes: 0, held: 0 };
    // What is gone when this device starts anew may have gone together with what was held before.
    this.#act.startedMs = Math.min(this.#act.startedMs, nowMs);
    const { local } = this.#context.records.counts();
    const before = isOfHeld ? this.#acts.of('here')?.deletes : undefined;
    // What comes soon after what is held is of the same act.
    const lately = this.isHoldingFound && isOfHeld ? 0 : this.#act.deletes + (isOfHeld ? 0 : this.#act.held);
    const deletes = (before ?? 0) + lately + count;
    const total = local.files + local.directories + local.symlinks + (before ?? 0) + this.#act.deletes;
    if (isTooMany(deletes + others.length, total) && !this.#isAllowed(HELD_HERE)) {
      this.#holdFound(count, [...names, ...others], isOfHeld);
      return false;
    }
    this.#act.deletes += count;
    if (isOfHeld && this.isHoldingFound) this.foundAgain();
    return true;
  }

  #sayFound(count: number): void {
    const text = `${count} files are gone from this folder. They stay on the other computers until you confirm`;
    this.#held.set(HELD_HERE, { count, text });
  }

  #holdFound(count: number, names: readonly string[], isOfHeld: boolean): void {
    const isMore = this.isHoldingFound && !isOfHeld;
    if (isMore || !this.isHoldingFound) this.#act.held += count;
    const all = count + (isMore ? (this.#held.get(HELD_HERE)?.count ?? 0) : 0);
    this.#heldNames.hold([...(isMore ? this.#heldNames.all : []), ...names]);
    this.#acts.hold('here', { deletes: this.#act.deletes, gone: new Map(), held: this.#heldNames.topmost });
    this.#acts.update('here', this.#heldNames.topmost);
    this.#sayFound(all);
    this.#say();
  }

  /**
   * May the deletes that peers announced be carried out here? They come in parts, which count as one act. `later`: ask again.
   * @param taken what gets another spelling of its name does not go.
   */
  mayPullDeletes(taken: Pick<TakenNames, 'respelling'>): boolean | 'later' {
    if (this.#undoing > 0) return 'later';
    // A part of what is held, told anew, would be few.
    if (this.isHeld(HELD_BY_PEERS) && !this.#context.isAllHeard()) return 'later';
    const nowMs = this.#context.clock.monotonicMs();
    const isOver = nowMs - this.#pulled.startedMs > ONE_ACT_MS && this.#acts.of('by peers') === undefined;
    if (isOver) this.#pulled = new PeerDeletes(this.#context, nowMs);
    const pulled = this.#pulled;
    const isMaybeGit = pulled.count(taken);
    const { need } = this.#context.records.counts();
    const isMany = isTooMany(pulled.deletes + need.deletes, pulled.total);
    if (isMany && pulled.gone.size > DELETES_FREE && !this.#isAllowed(HELD_BY_PEERS)) {
      if (this.#mayStillBeGit(HELD_BY_PEERS, isMaybeGit)) return 'later';
      if (this.#acts.of('by peers') === undefined) this.#acts.hold('by peers', pulled.hold());
      this.#sayDeletes(need.deletes);
      this.#say();
      return false;
    }
    this.#acts.release('by peers');
    pulled.letGo(taken);
    this.#isExempt = isMany && pulled.gone.size <= DELETES_FREE;
    return true;
  }

  /** So many of them were carried out; the others are asked for again. */
  pulledDeletes(count: number): void {
    // Of so many that they are only allowed as moves, or as git's work, the few that are neither count in what is left of the act.
    this.#pulled.deletes = this.#isExempt ? this.#pulled.gone.size : this.#pulled.deletes + count;
  }

  #release(reason: HeldReason): void {
    this.#held.delete(reason);
    if (reason === HELD_HERE) this.#heldNames.release();
    this.#maybeGitMs.delete(reason);
    this.#say();
  }

  #mayStillBeGit(reason: HeldReason, isMaybeGit: boolean): boolean {
    const nowMs = this.#context.clock.monotonicMs();
    if (!isMaybeGit || this.#held.has(reason)) return false;
    const sinceMs = this.#maybeGitMs.get(reason) ?? nowMs;
    this.#maybeGitMs.set(reason, sinceMs);
    return nowMs - sinceMs < GIT_PATIENCE_MS;
  }

  get #isLongApproved(): boolean {
    return this.#context.clock.monotonicMs() <= this.#approvedLongUntilMs;
  }

  /** Has a person said yes to these deletes? That counts for those that come to it next, and after a while for no others. */
  #isAllowed(reason: HeldReason): boolean {
    const isNext = this.#approved.delete(reason);
    const isAllowed = this.#isApproved(reason) || (isNext && this.#isLongApproved);
    if (isAllowed) this.#approvedUntilMs.set(reason, this.#context.clock.monotonicMs() + APPROVAL_MS);
    return isAllowed;
  }

  #isApproved(reason: HeldReason): boolean {
    return this.#context.clock.monotonicMs() <= (this.#approvedUntilMs.get(reason) ?? Number.NEGATIVE_INFINITY);
  }
}

function isTooMany(deletes: number, total: number): boolean {
  return deletes > Math.max(DELETES_FREE, total * SHARE_FREE);
}
