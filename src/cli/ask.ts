/**
 * Gets a question answered: by the node that runs on a home, else by opening the home for this one question.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { LanfoldError, Node, type NodeOptions } from '../index.ts';
import { askHere, askThere, type Ask } from './asking.ts';
import { askRunning, UNREACHABLE } from './control-client.ts';
import { OPERATIONS, perform, type ArgsOf, type OperationName, type ResultOf } from './operations.ts';
import { homeOf } from './usage.ts';

/**
 * Who holds the lock of a home answers at its socket, but for moments: a node that starts or ends, a short command. Those
 * are waited for.
 */
const LOCKED_MS = 5000;
const RETRY_MS = 40;

/**
 * @param from `home` as in {@link NodeOptions}.
 * @throws LanfoldError what the operation throws; `E_NOT_RUNNING` when only a running node can do it and none runs;
 * `E_STATE_LOCKED` when one runs that does not answer.
 */
export async function ask<Name extends OperationName>(
  from: { readonly home?: string },
  name: Name,
  args: ArgsOf<Name>,
): Promise<ResultOf<Name>> {
  const home = homeOf(from);
  return await untilUnlocked(async () => {
    const answer = await askRunning(home, name, args);
    if (answer !== UNREACHABLE) return answer;
    await using node = await Node.open({ ...(from.home === undefined ? {} : { home: from.home }), offline: true });
    if ('online' in OPERATIONS[name]) throw new LanfoldError('E_NOT_RUNNING', { subject: home.state });
    return (await perform(node, name, args)) as ResultOf<Name>;
  });
}

/**
 * As {@link ask}, for what takes several questions: the running node is asked, else the home is opened for all of them.
 * @throws as {@link ask}.
 */
export async function withNode<Result>(
  from: { readonly home?: string },
  use: (ask: Ask, isRunning: boolean) => Promise<Result>,
): Promise<Result> {
  const home = homeOf(from);
  const node = await untilUnlocked(async () => {
    if ((await askRunning(home, 'id', {})) !== UNREACHABLE) return undefined;
    return await Node.open({ ...(from.home === undefined ? {} : { home: from.home }), offline: true });
  });
  if (node === undefined) return await use(askThere(home), true);
  try {
    return await use(askHere(node), false);
  } finally {
    await node.close();
  }
}

/**
 * Opens a node that is to run.
 * @throws LanfoldError what `Node.open` throws; `E_STATE_LOCKED` at once when another one runs on the same home.
 */
export async function openToRun(options: NodeOptions): Promise<Node> {
  const home = homeOf(options);
  const isAnswering = async (): Promise<boolean> => (await askRunning(home, 'id', {})) !== UNREACHABLE;
  return await untilUnlocked(() => Node.open(options), isAnswering);
}

async function untilUnlocked<Value>(
  attempt: () => Promise<Value>,
  isHopeless = (): Promise<boolean> => Promise.resolve(false),
): Promise<Value> {
  const endMs = performance.now() + LOCKED_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const isLocked = error instanceof LanfoldError && error.code === 'E_STATE_LOCKED';
      if (!isLocked || performance.now() > endMs || (await isHopeless())) throw error;
    }
    await delay(RETRY_MS);
  }
}
