/**
 * I6: no call resolves outside the folder: the node asks for no name that leads out of it or into its own directory, and
 * what lies beside the folder on the disk stays as it was.
 * @module
 */
import type { MemoryDisk } from '../../src/edges/memory/memory-disk.ts';
import { FOLDER_ROOT } from '../hands.ts';
import type { Report } from './violation.ts';

const CANARY = 'outside/canary';
const CANARY_TEXT = 'nobody sings';

export class Confinement {
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  /** Puts something beside the folder. */
  prepare(disk: MemoryDisk): void {
    disk.makeDirectory('outside');
    disk.createFile(CANARY, 0o644, Buffer.from(CANARY_TEXT));
  }

  nameRefused(node: string, name: string): void {
    this.#report({ rule: 'I6', text: `${node} asked its disk for ${JSON.stringify(name)}` });
  }

  check(node: string, disk: MemoryDisk): void {
    const top = [...disk.top.children.keys()].sort().join();
    const outside = [...(disk.find('outside')?.children.keys() ?? [])].join();
    const canary = disk.find(CANARY);
    const isWhole = canary !== undefined && Buffer.from(canary.content).toString() === CANARY_TEXT;
    if (isWhole && top === `${FOLDER_ROOT},outside` && outside === 'canary') return;
    this.#report({ rule: 'I6', text: `something beside the folder of ${node} was changed` });
  }
}
