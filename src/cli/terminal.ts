/**
 * A person at a terminal: questions and answers, and single keys. Everything that is typed comes through here, so that
 * Ctrl-C works at any moment and nothing that was typed is lost between two questions.
 * @module
 */
import { StringDecoder } from 'node:string_decoder';

/** The two ends of a terminal, as a test may give them. */
export interface Tty {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  /** Ctrl-C was typed. */
  interrupt(): void;
}

/** What a person takes for one character. */
const CHARACTERS = new Intl.Segmenter();

type Reader = (typed: string) => void;

const ENTER = /[\r\n]/;
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const BACKSPACE = new Set(['\u007f', '\b']);
/** What arrow keys and their kin send: of no use in an answer. */
// eslint-disable-next-line no-control-regex
const ESCAPE_SEQUENCE = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|O.|.)?/g;
/** Whoever presses Enter after an answer that needed none does not mean the next question. */
const SPARE_ENTER_MS = 250;
/** Longer answers than any path are nobody's. */
const ANSWER_LENGTH_MAX = 8192;

export class Terminal implements Disposable {
  readonly #tty: Tty;
  readonly #decoder = new StringDecoder('utf8');
  readonly #listener = (bytes: Buffer): void => this.#take(this.#decoder.write(bytes));
  #reader: Reader | undefined;
  /** The question that is open, and what was typed of its answer. */
  #asked: (() => string) | undefined;
  /** Typed while nobody asked. */
  #ahead = '';
  #spareEnterUntilMs = 0;

  constructor(tty: Tty) {
    this.#tty = tty;
    tty.input.setRawMode(true);
    tty.input.on('data', this.#listener).resume();
    tty.input.unref();
  }

  /** @returns undefined when nobody sits there: input or output is a file or a pipe. */
  static here(): Terminal | undefined {
    const { stdin, stderr, stdout, pid } = process;
    if (!stdin.isTTY || !stdout.isTTY || !stderr.isTTY) return undefined;
    return new Terminal({ input: stdin, output: stdout, interrupt: () => process.kill(pid, 'SIGINT') });
  }

  [Symbol.dispose](): void {
    this.#reader = undefined;
    this.#tty.input.off('data', this.#listener).pause();
    this.#tty.input.setRawMode(false);
  }

  /**
   * Asks on the current line.
   * @param isComplete true ends the answer without Enter.
   * @returns what was typed, trimmed; undefined when the person ended the input (Ctrl-D).
   * @throws the signal's reason when it is aborted; the question's line is left.
   */
  ask(question: string, options: AskOptions = {}): Promise<string | undefined> {
    const { isComplete = () => false, signal } = options;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      let answer = '';
      const end = (): void => {
        signal?.removeEventListener('abort', onAbort);
        this.#reader = undefined;
        this.#asked = undefined;
        this.#tty.output.write('\n');
      };
      const onAbort = (): void => {
        end();
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#asked = () => `${question}${answer}`;
      this.#tty.output.write(question);
      this.#read((typed) => {
        let rest = typed;
        for (const character of typed) {
          rest = rest.slice(character.length);
          const isEnd = ENTER.test(character) || (character === CTRL_D && answer === '');
          if (!isEnd) answer = this.#edited(answer, character);
          if (!isEnd && !isComplete(answer)) continue;
          if (!isEnd) this.#spareEnterUntilMs = performance.now() + SPARE_ENTER_MS;
          end();
          this.#keep(rest);
          resolve(character === CTRL_D ? undefined : answer.trim());
          return;
        }
      });
    });
  }

  /** Says something while a question may be open: on lines of its own, and the question again below them. */
  aside(say: () => void): void {
    if (this.#asked !== undefined) this.#tty.output.write('\n');
    say();
    if (this.#asked !== undefined) this.#tty.output.write(this.#asked());
  }

  /** Calls `run` for each character that is typed, until the returned function is called. */
  onKey(run: (key: string) => void): () => void {
    const reader = (typed: string): void => {
      for (const key of typed) run(key);
    };
    this.#read(reader);
    return () => {
      if (this.#reader === reader) this.#reader = undefined;
    };
  }

  #read(reader: Reader): void {
    this.#reader = reader;
    const ahead = this.#ahead;
    this.#ahead = '';
    if (ahead !== '') reader(ahead);
  }

  #take(text: string): void {
    // Ctrl-C is for the program, whatever it waits for.
    if (text.includes(CTRL_C)) {
      this.#tty.interrupt();
      return;
    }
    const typed = this.#withoutSpareEnter(text.replaceAll(ESCAPE_SEQUENCE, ''));
    if (this.#reader === undefined) this.#keep(typed);
    else if (typed !== '') this.#reader(typed);
  }

  #keep(typed: string): void {
    this.#ahead = `${this.#ahead}${this.#withoutSpareEnter(typed)}`.slice(-ANSWER_LENGTH_MAX);
  }

  #withoutSpareEnter(typed: string): string {
    if (typed === '' || performance.now() > this.#spareEnterUntilMs) return typed;
    this.#spareEnterUntilMs = 0;
    return typed.replace(/^\r?\n?/, '');
  }

  /** The answer after one more character, which is shown. */
  #edited(answer: string, character: string): string {
    if (BACKSPACE.has(character)) {
      const last = [...CHARACTERS.segment(answer)].at(-1)?.segment ?? '';
      if (last !== '') this.#tty.output.write('\b \b');
      return answer.slice(0, answer.length - last.length);
    }
    if (/\p{Cc}/u.test(character) || answer.length >= ANSWER_LENGTH_MAX) return answer;
    this.#tty.output.write(character);
    return answer + character;
  }
}

export interface AskOptions {
  readonly isComplete?: (answer: string) => boolean;
  readonly signal?: AbortSignal;
}
