/**
 * What the command line says, and where: what was asked for on standard output, everything else on standard error. With
 * `--json`, standard output is JSON and nothing else.
 * @module
 */
import { LanfoldError } from '../index.ts';
import { jsonLine, printable } from './render.ts';

/** Options that every command has. */
export interface CommonOptions {
  readonly home?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** How often `-v` was given. */
  readonly verbose?: number;
}

export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Called before each line, for who has drawn something that is not a whole line. */
  beforeLine: (() => void) | undefined;

  constructor(options: CommonOptions) {
    this.json = options.json ?? false;
    this.quiet = options.quiet ?? false;
  }

  /** What was asked for. */
  data(value: unknown, lines: () => readonly string[]): void {
    if (this.json) this.#write(process.stdout, jsonLine(value));
    else for (const line of lines()) this.#write(process.stdout, line);
  }

  /** That something was done: nothing with `--quiet`. */
  done(value: unknown, line: string): void {
    if (this.json) this.#write(process.stdout, jsonLine(value));
    else if (!this.quiet) this.#write(process.stdout, line);
  }

  /** Something that the user should know and that stops nothing. */
  warning(warning: LanfoldError): void {
    if (this.json) this.#write(process.stdout, jsonLine({ type: 'warning', ...described(warning) }));
    this.#write(process.stderr, `Warning: ${sentence(warning)}`);
  }

  /** Why the command failed. */
  error(error: unknown, isVerbose: boolean): void {
    if (this.json) this.#write(process.stdout, jsonLine({ type: 'error', error: described(error) }));
    this.#write(process.stderr, `lanfold: ${sentence(error)}`);
    if (isVerbose && error instanceof Error && error.stack !== undefined)
      for (const line of error.stack.split('\n')) this.#write(process.stderr, printable(line));
  }

  #write(stream: NodeJS.WriteStream, line: string): void {
    this.beforeLine?.();
    stream.write(`${line}\n`);
  }
}

/** One sentence and its stable code. */
function sentence(error: unknown): string {
  const { code, message } = described(error);
  return `${printable(message)} (${code})`;
}

/** Anything but a LanfoldError is the system's word, or a mistake of ours: it has no code of the catalogue. */
function described(error: unknown): { code: string; message: string } {
  if (error instanceof LanfoldError) return { code: error.code, message: error.message };
  if (!(error instanceof Error)) return { code: 'E_UNEXPECTED', message: String(error) };
  return { code: 'code' in error ? String(error.code) : 'E_UNEXPECTED', message: error.message };
}
