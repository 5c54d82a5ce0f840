/**
 * A pair of nodes of which `b` lives on a disk whose power fails.
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../harness/random.ts';
import type { BuiltNode } from './built-node.ts';
import { DiskImage, type FileSystem, type Flush } from './disk-image.ts';
import { Stage, type StageOptions } from './round.ts';

export interface CutOptions extends StageOptions {
  /** The node's own files are on the normal disk, which keeps its power. */
  readonly homeElsewhere?: boolean;
}

export class CutStage implements AsyncDisposable {
  readonly stage: Stage;
  readonly disk: DiskImage;
  readonly #directory: string;

  private constructor(stage: Stage, disk: DiskImage, directory: string) {
    this.stage = stage;
    this.disk = disk;
    this.#directory = directory;
  }

  /** @param parent where the image may lie. */
  static async open(
    built: BuiltNode,
    fileSystem: FileSystem,
    parent: string,
    random: Random,
    { homeElsewhere, ...options }: CutOptions = {},
  ): Promise<CutStage> {
    const directory = mkdtempSync(join(parent, 'cut-'));
    const disk = new DiskImage(fileSystem, directory);
    try {
      const root = join(directory, 'normal disk');
      mkdirSync(root);
      const places = {
        root,
        folderB: join(disk.path, 'folder'),
        ...(homeElsewhere === true ? {} : { homeB: join(disk.path, 'home') }),
      };
      return new CutStage(await Stage.open(built, random, { ...places, ...options }), disk, directory);
    } catch (error) {
      disk[Symbol.dispose]();
      throw error;
    }
  }

  /** Takes the power from b's disk, and with it from b: what it does afterwards nobody sees. */
  async cut(flush: Flush): Promise<void> {
    const { process } = this.stage.hosts.b;
    // Stopped first: a node that lives on without its disk would be another case.
    process.kill('SIGSTOP');
    this.disk.cut(flush);
    process.kill('SIGKILL');
    await this.stage.hosts.b.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stage[Symbol.asyncDispose]();
    this.disk[Symbol.dispose]();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
