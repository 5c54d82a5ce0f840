/**
 * Which blocks of code an input reached that none before it did, asked of the engine itself (V8's precise coverage).
 * @module
 */
import { Session, type Profiler } from 'node:inspector';

/** Places in the text of a script, sorted, none touching the next. */
type Spans = readonly (readonly [from: number, to: number])[];

let session: Session | undefined;

/**
 * Counts from now on, until the thread ends. What was called before is known only as a whole function, for the engine adds the
 * counters to code when it first compiles it: so this comes before the modules that count are loaded.
 */
export function startCounting(): Session {
  if (session !== undefined) return session;
  session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return session;
}

export class Coverage {
  readonly #session = startCounting();
  readonly #rooms: readonly string[];
  /** By function, what of it no input has reached so far. */
  readonly #unreached = new Map<string, Spans>();

  /** @param rooms parts of the paths of the modules that count. */
  constructor(rooms: readonly string[]) {
    this.#rooms = rooms;
    this.peek();
  }

  /** Functions that were entered at least once. */
  get functions(): number {
    return this.#unreached.size;
  }

  /** @returns true if since the last call of this or {@link peek} something was reached for the first time. */
  take(): boolean {
    return this.#look(true);
  }

  /** The same, but what was reached now may be reached for the first time once more. */
  peek(): boolean {
    return this.#look(false);
  }

  #look(isKept: boolean): boolean {
    let isNew = false;
    this.#session.post('Profiler.takePreciseCoverage', (_, taken) => {
      for (const script of taken.result) if (this.#counts(script.url) && this.#add(script, isKept)) isNew = true;
    });
    return isNew;
  }

  #counts(url: string): boolean {
    return this.#rooms.some((room) => url.includes(room));
  }

  #add({ scriptId, functions }: Profiler.ScriptCoverage, isKept: boolean): boolean {
    let isNew = false;
    for (const { ranges } of functions) {
      const [whole] = ranges;
      if (whole === undefined || whole.count === 0) continue;
      const key = `${scriptId}:${whole.startOffset}`;
      const missed = missedIn(ranges);
      const before = this.#unreached.get(key);
      const after = before === undefined ? missed : common(before, missed);
      if (before === undefined || total(after) < total(before)) isNew = true;
      if (isKept) this.#unreached.set(key, after);
    }
    return isNew;
  }
}

/** The outermost ranges that were not run. */
function missedIn(ranges: readonly Profiler.CoverageRange[]): Spans {
  const missed: [number, number][] = [];
  for (const { startOffset, endOffset, count } of ranges) {
    const last = missed.at(-1);
    if (count === 0 && (last === undefined || startOffset >= last[1])) missed.push([startOffset, endOffset]);
  }
  return missed;
}

function common(a: Spans, b: Spans): Spans {
  const both: [number, number][] = [];
  for (const [aFrom, aTo] of a)
    for (const [bFrom, bTo] of b) {
      const [from, to] = [Math.max(aFrom, bFrom), Math.min(aTo, bTo)];
      if (from < to) both.push([from, to]);
    }
  return both;
}

function total(spans: Spans): number {
  return spans.reduce((sum, [from, to]) => sum + to - from, 0);
}
