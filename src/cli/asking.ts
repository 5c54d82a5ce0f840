/**
 * How the commands that talk with a person for a while ask a node: the same words, whether it runs in this process or in another.
 * @module
 */
import type { Home, Node } from '../index.ts';
import { LanfoldError } from '../index.ts';
import { askRunning, UNREACHABLE } from './control-client.ts';
import { perform, type ArgsOf, type OperationName, type ResultOf } from './operations.ts';

export type Ask = <Name extends OperationName>(name: Name, args: ArgsOf<Name>) => Promise<ResultOf<Name>>;

/** Asks a node of this process. */
export function askHere(node: Node): Ask {
  const ask = (name: OperationName, args: unknown): Promise<unknown> => perform(node, name, args);
  return ask as Ask; // the result's type follows from the name's row
}

/** Asks the node that runs on a home. @throws LanfoldError `E_NOT_RUNNING` when it has ended meanwhile. */
export function askThere(home: Home): Ask {
  const ask = async <Name extends OperationName>(name: Name, args: ArgsOf<Name>): Promise<unknown> => {
    const answer = await askRunning(home, name, args);
    if (answer === UNREACHABLE) throw new LanfoldError('E_NOT_RUNNING', { subject: home.state });
    return answer;
  };
  return ask as Ask;
}
