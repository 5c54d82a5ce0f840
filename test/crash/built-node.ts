/**
 * The driven node (test/nodes/node-process.ts) as a bundle, with crash points in it. It starts in a third of the time that Node
 * needs for the sources, and these tests start nodes by the thousand.
 * @module
 */
import { build } from 'esbuild';
import { spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleOptions } from '../../tools/bundle.ts';
import type { Starter } from '../nodes/driven-node.ts';
import { ORDER_VARIABLE } from './crash-point.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** One node's processes, one after the other. */
export interface Host {
  readonly start: Starter;
  /** The process that runs, or ran last. */
  readonly process: ChildProcess;
  readonly pid: number;
  /** Resolves when that process has ended. */
  readonly ended: Promise<void>;
  /** A program and its options that the next start, and that one alone, is handed to. */
  startThrough: readonly string[];
}

export class BuiltNode implements Disposable {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async build(): Promise<BuiltNode> {
    // Inside the repository, so that its packages are found.
    mkdirSync(join(ROOT, 'tmp'), { recursive: true });
    const directory = mkdtempSync(join(ROOT, 'tmp', 'crash-'));
    const built = new BuiltNode(directory);
    try {
      await bundle(join(directory, 'dist', 'command'));
      copyFileSync(join(ROOT, 'package.json'), join(directory, 'package.json'));
      return built;
    } catch (error) {
      built[Symbol.dispose]();
      throw error;
    }
  }

  /** @param order where it reads what its crash points are to do, if anything; see crash-point.ts. */
  host(order?: string): Host {
    const main = join(this.#directory, 'dist', 'command', 'node-process.js');
    // One thread of libuv's, so that the n-th call of a thread is the n-th call of its kind of work.
    const env = { ...process.env, [ORDER_VARIABLE]: order, UV_THREADPOOL_SIZE: '1' };
    let child: ChildProcess | undefined;
    let ended: Promise<void> = Promise.resolve();
    const running = (): ChildProcess => {
      if (child === undefined) throw new Error('This node was never started');
      return child;
    };
    const host: Host = {
      startThrough: [],
      get process() {
        return running();
      },
      get pid() {
        return running().pid ?? -1;
      },
      get ended() {
        return ended;
      },
      start: (_source, ...parameters) => {
        const [file = '', ...rest] = [...host.startThrough, process.execPath, main, ...parameters];
        host.startThrough = [];
        child = spawn(file, rest, { stdio: ['pipe', 'pipe', 'inherit'], env });
        const { promise, resolve } = Promise.withResolvers<void>();
        child.once('close', () => resolve());
        ended = promise;
        return child;
      },
    };
    return host;
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

async function bundle(directory: string): Promise<void> {
  await build({
    ...bundleOptions('test/nodes/node-process.ts', directory),
    plugins: [
      {
        name: 'crash-points',
        setup: (bundler) => {
          bundler.onResolve({ filter: /^\.\/machine\.ts$/ }, ({ importer }) =>
            importer.endsWith(join('src', 'node', 'node.ts'))
              ? { path: join(import.meta.dirname, 'machine-with-points.ts') }
              : undefined,
          );
        },
      },
    ],
  });
}
