/**
 * `lanfold`: reads the command line, runs the one command, and turns how it ended into an exit code and, if it failed, into
 * one sentence.
 * @module
 */
import { CommanderError } from 'commander';
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes.ts';
import { Output } from './output.ts';
import { createProgram } from './program.ts';
import { usageError } from './usage.ts';

// Whoever reads our output may stop reading, as "head" does: nothing is left to be said then.
process.stdout.on('error', () => process.exit(EXIT.failed));
void main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<void> {
  let code: ExitCode = EXIT.ok;
  const program = createProgram((ended) => (code = ended));
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return; // help or version, printed already
    const error = thrown instanceof CommanderError ? inOurWords(thrown, words, program.args) : thrown;
    // The options may be what is wrong, so they are looked for by hand.
    new Output({ json: words.includes('--json') }).error(error, words.includes('-v') || words.includes('--verbose'));
    code = exitCodeOf(error);
  }
  // Not left to the end of the last handle: whatever a failed start has left open must not keep a person waiting.
  process.exit(code);
}

function inOurWords(error: CommanderError, words: readonly string[], operands: readonly string[]): Error {
  const [first] = operands;
  if (error.code === 'commander.excessArguments' && first !== undefined && words.at(-1) === first) {
    return usageError(`there is no command "${first}". To share a folder: lanfold -C ${first}`);
  }
  const sentence = error.message
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
  return usageError(`${sentence}. See "lanfold --help"`);
}
