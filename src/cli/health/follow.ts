/**
 * Follows a verification or a repair to its end, with one line that moves on a terminal.
 * @module
 */
import { withNode } from '../ask.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommonOptions, Output } from '../output.ts';
import { folderName, shortened, sizeText } from '../render.ts';
import { parseRate, syncedPath } from '../usage.ts';
import type { HealthProgress, HealthReport } from './operations.ts';

export interface HealthOptions extends CommonOptions {
  readonly rate?: string;
  readonly directory?: string;
}

/** @throws LanfoldError what the work ended with. */
export async function followHealth(
  what: 'verify' | 'repair',
  paths: readonly string[],
  options: HealthOptions,
  output: Output,
): Promise<HealthReport> {
  const args = {
    what,
    paths: paths.map((path) => syncedPath(path, options.directory)),
    ...(options.rate === undefined ? {} : { bytesPerSecond: parseRate(options.rate) }),
  };
  const line = new MovingLine(output);
  // Nothing has to be tidied up: a running node notices that nobody asks any more, and nothing but a list was ever written.
  process.once('SIGINT', () => {
    line.erase();
    process.exit(EXIT.interrupted);
  });
  return await withNode(options, async (ask) => {
    const { work } = await ask('health.start', args);
    try {
      for (;;) {
        const news = await ask('health.next', { work });
        if ('report' in news) return news.report;
        if (news.progress !== null) line.draw(news.progress);
      }
    } finally {
      line.erase();
    }
  });
}

class MovingLine {
  readonly #terminal = process.stderr;
  readonly #isLive: boolean;
  #isDrawn = false;

  constructor(output: Output) {
    this.#isLive = this.#terminal.isTTY && !output.json && !output.quiet && process.env['TERM'] !== 'dumb';
  }

  draw({ path, bytes, bytesTotal }: HealthProgress): void {
    if (!this.#isLive) return;
    const percent = bytesTotal === 0 ? 0 : Math.floor((100 * bytes) / bytesTotal);
    const line = `${folderName(path)}  reading ${sizeText(bytes)} of ${sizeText(bytesTotal)}  ${percent} %`;
    this.erase();
    this.#terminal.write(shortened(line, Math.max(20, this.#terminal.columns - 1)));
    this.#isDrawn = true;
  }

  erase(): void {
    if (this.#isDrawn) this.#terminal.write('\r\u001b[K');
    this.#isDrawn = false;
  }
}
