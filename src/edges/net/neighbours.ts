/**
 * Reads the system's table of neighbours.
 *
 * On Linux IPv4 costs one small read. IPv6 needs a child process (Node cannot speak netlink), so it is asked at most once a
 * second, nobody waits for it, and the last answer is given in between.
 * @module
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import {
  parseArpAn,
  parseIpNeigh,
  parseNdpAn,
  parseProcNetArp,
  parseWindowsArp,
  type Neighbour,
} from '../../core/discovery/neighbour-table.ts';
import type { NeighbourTable } from '../../ports/discovery.ts';

const COMMAND_MS = 2_000;
const COMMAND_BYTES_MAX = 4 * 1024 * 1024;
const COMMAND_EVERY_MS = 1_000;

export class SystemNeighbourTable implements NeighbourTable {
  readonly #platform: NodeJS.Platform;
  #askedMs = -Infinity;
  #fromCommands: readonly Neighbour[] = [];

  constructor(platform: NodeJS.Platform = process.platform) {
    this.#platform = platform;
  }

  async read(): Promise<readonly Neighbour[]> {
    const nowMs = performance.now();
    if (nowMs - this.#askedMs >= COMMAND_EVERY_MS) {
      this.#askedMs = nowMs;
      void askCommands(this.#platform).then((found) => (this.#fromCommands = found));
    }
    const fromFile = this.#platform === 'linux' ? await readProcNetArp() : [];
    return [...fromFile, ...this.#fromCommands];
  }
}

async function readProcNetArp(): Promise<Neighbour[]> {
  // Of this process's own network namespace, whatever /proc/net points at.
  return parseProcNetArp(await readFile('/proc/self/net/arp', 'latin1').catch(() => ''));
}

async function askCommands(platform: NodeJS.Platform): Promise<Neighbour[]> {
  if (platform === 'linux') return parseIpNeigh(await output('ip', ['-j', '-6', 'neigh', 'show']));
  if (platform === 'win32') return parseWindowsArp(await output('arp', ['-a']));
  const [arp, ndp] = await Promise.all([output('arp', ['-an']), output('ndp', ['-an'])]);
  return [...parseArpAn(arp), ...parseNdpAn(ndp)];
}

/** What a command prints; nothing if it is missing, fails or takes too long. */
function output(command: string, parameters: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const options = { timeout: COMMAND_MS, maxBuffer: COMMAND_BYTES_MAX, windowsHide: true };
    execFile(command, parameters, options, (error, text) => resolve(error === null ? text : ''));
  });
}
