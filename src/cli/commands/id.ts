/** `lanfold id`: makes the identity if there is none yet. */
import { ask } from '../ask.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Output, type CommonOptions } from '../output.ts';

export async function id(options: CommonOptions): Promise<ExitCode> {
  const answer = await ask(options, 'id', {});
  new Output(options).data(answer, () => [answer.id]);
  return EXIT.ok;
}
