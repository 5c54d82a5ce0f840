/**
 * Keeps a pair of nodes at hand for the rounds of one script: a new one whenever the old one has served, or was found at fault.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { parseDeviceId, shortId, shortIdText } from '../../src/core/model/device-id.ts';
import { openRecordStore } from '../../src/edges/store/record-store.ts';
import type { Random } from '../harness/random.ts';
import { FOLDER } from '../nodes/pair.ts';
import type { BuiltNode } from './built-node.ts';
import { faultsOf } from './patience.ts';
import { play, type Trap, type Verdict } from './play.ts';
import { Stage, type StageOptions } from './round.ts';
import type { Script } from './scripts.ts';

const RECORDS_MAX = 10_000;

export class Stages implements AsyncDisposable {
  readonly #built: BuiltNode;
  readonly #script: Script;
  readonly #random: Random;
  #stage: Stage | undefined;
  #round = 0;

  readonly #options: StageOptions;

  constructor(built: BuiltNode, script: Script, random: Random, options: StageOptions = {}) {
    this.#options = options;
    this.#built = built;
    this.#script = script;
    this.#random = random;
  }

  /** Plays the next round. The faults include what is found when a pair is put away after its last round. */
  async play(trap: (stage: Stage) => ReturnType<Trap>): Promise<Verdict> {
    const verdict = await faultsOf(
      async () => {
        const stage = (this.#stage ??= await this.#open());
        return await play(stage, this.#script, this.#round, () => trap(stage));
      },
      (fault): Verdict => ({ killed: false, faults: [fault] }),
    );
    this.#round += 1;
    const isOver = this.#round >= this.#script.roundsMax || verdict.faults.length > 0;
    return isOver ? { ...verdict, faults: [...verdict.faults, ...(await this.#putAway())] } : verdict;
  }

  async #open(): Promise<Stage> {
    this.#round = 0;
    const together = this.#script.together ?? true;
    const stage = await Stage.open(this.#built, this.#random, { together, ...this.#options });
    if (together) await stage.pair.converged();
    return stage;
  }

  /** Ends both nodes, and looks into their records. */
  async #putAway(): Promise<string[]> {
    const stage = this.#stage;
    this.#stage = undefined;
    if (stage === undefined) return [];
    await using _ = stage;
    for (const { node } of stage.pair.sides) await node.end();
    return (['a', 'b'] as const).flatMap((side) => strangeAuthors(stage, side, this.#script));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stage?.[Symbol.asyncDispose]();
  }
}

/** Names with a version in which somebody has a part who never changed a file: an echo, or damage that was announced. */
function strangeAuthors(stage: Stage, side: 'a' | 'b', { authors }: Script): string[] {
  const { home } = stage.side(side).node.options;
  const store = openRecordStore(join(home, 'records.sqlite'), {
    randomBytes,
    visit: true,
  });
  try {
    const known = new Set(authors.map((author) => shortOf(stage.side(author).node.id)));
    if (!store.folderIds().includes(FOLDER)) return []; // the round failed before it was shared
    return store
      .folder(FOLDER)
      .changesSince(0, RECORDS_MAX)
      .flatMap(({ name, version }) =>
        version
          .filter(({ device }) => !known.has(device))
          .map(({ device }) => `${side}: "${name}" has a version by ${shortIdText(device)}, who changed nothing`),
      );
  } finally {
    store.close();
  }
}

function shortOf(deviceId: string): bigint {
  const parsed = parseDeviceId(deviceId);
  if (!parsed.ok) throw new Error(`"${deviceId}" is no device ID`);
  return shortId(parsed.device);
}
