/**
 * What the nodes are doing when one of them dies. Each script is short, so that every single system call of it can be the last.
 * @module
 */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { conflictCopies } from '../harness/snapshot.ts';
import { FOLDER } from '../nodes/pair.ts';
import type { SideName, Stage } from './round.ts';

export interface Script {
  readonly name: string;
  /** Who dies. */
  readonly victim: SideName;
  /** Who changes files, and so may have counters in the versions. */
  readonly authors: readonly SideName[];
  /** How many rounds one pair of nodes is good for. */
  readonly roundsMax: number;
  /** False: the nodes do not know each other when it begins. */
  readonly together?: boolean;
  /** The victim dies while it starts, so its start is what is watched. */
  readonly atStart?: boolean;
  /** Both nodes are in sync before it and after it. */
  prepare?(stage: Stage, round: number): Promise<void>;
  /** What happens; it need not be over when this resolves. What may fail because the victim dies is caught by the caller. */
  act(stage: Stage, round: number): Promise<void>;
  /** What a person does again whose command was cut off. */
  again?(stage: Stage, round: number): Promise<void>;
  /** What more must be true when all is in sync. */
  faults?(stage: Stage, round: number): string[];
}

const BLOCK_BYTES = 131_072;
const OLD_SLOT = '2001-02-03T04-05-06.007Z';

export const SCRIPTS: readonly Script[] = [
  {
    name: 'pairing and first pull',
    victim: 'b',
    authors: ['a'],
    roundsMax: 1,
    together: false,
    async prepare(stage) {
      writeOneOfEach(stage);
      await stage.pair.trust(stage.pair.a);
      await stage.pair.share(stage.pair.a);
      // With another folder its threads run already, and can be watched.
      const own = join(stage.pair.root, 'of b alone');
      mkdirSync(own);
      await stage.pair.b.node.ask('share', own, 'alone', []);
    },
    async act(stage) {
      await stage.pair.trust(stage.pair.b);
      await stage.pair.share(stage.pair.b);
    },
    async again(stage) {
      await stage.pair.trust(stage.pair.b);
      await stage.pair.share(stage.pair.b);
    },
  },
  {
    name: 'update',
    victim: 'b',
    authors: ['a'],
    roundsMax: 40,
    async prepare(stage, round) {
      if (round > 0) return;
      for (const name of ['one.txt', 'below/two.txt', 'below/deep/three.txt']) stage.writeNew('a', name, 700);
      stage.writeNew('a', 'blocks.bin', BLOCK_BYTES * 2 + 5000);
      await stage.pair.converged();
    },
    act: (stage) => {
      for (const name of ['one.txt', 'below/two.txt']) stage.writeNew('a', name, stage.random.between(1, 5000));
      stage.writeNew('a', 'below/deep/three.txt', 700);
      stage.chmod('a', 'below/deep/three.txt', stage.random.pick([0o600, 0o644, 0o755]));
      // One block is new, the others are copied from the old file.
      const blocks = stage.random.bytes(BLOCK_BYTES * 2 + 5000);
      blocks.fill(7, 0, BLOCK_BYTES * 2);
      stage.write('a', 'blocks.bin', blocks);
      return Promise.resolve();
    },
  },
  {
    name: 'scan',
    victim: 'a',
    authors: ['a'],
    // Quick rounds delete so much within ten seconds that the brake would hold the seventh.
    roundsMax: 6,
    act: (stage, round) => {
      for (const name of ['new.txt', 'in/new.txt', 'in/deeper/new.txt'])
        stage.writeNew('a', `round-${round}/${name}`, stage.random.between(1, 3000));
      stage.writeNew('a', `round-${round}/blocks.bin`, BLOCK_BYTES + 77);
      stage.link('a', `round-${round}/link`, 'new.txt');
      if (round > 0) stage.remove('a', `round-${round - 1}`);
      return Promise.resolve();
    },
  },
  {
    name: 'conflict',
    victim: 'b',
    authors: ['a', 'b'],
    roundsMax: 15,
    async prepare(stage, round) {
      if (round === 0) {
        stage.writeNew('a', 'ours.txt', 400);
        await stage.pair.converged();
      }
      await stage.pair.a.node.kill();
    },
    async act(stage) {
      stage.writeNew('b', 'ours.txt', 500);
      // Clearly the older one, so that it is the one to be set aside.
      const older = Date.now() / 1000 - 5;
      utimesSync(stage.pair.at(stage.pair.b, 'ours.txt'), older, older);
      stage.writeNew('a', 'ours.txt', 600);
      await stage.pair.a.node.up();
    },
    faults(stage) {
      const copies = conflictCopies(stage.tree('a'));
      const fresh = copies.filter((copy) => !stage.conflictCopies.has(copy));
      stage.conflictCopies = new Set(copies);
      return fresh.length === 1 ? [] : [`one conflict made ${fresh.length} conflict copies: ${fresh.join(', ')}`];
    },
  },
  {
    name: 'delete tree',
    victim: 'b',
    authors: ['a'],
    roundsMax: 25,
    async prepare(stage) {
      for (const name of ['tree/one.txt', 'tree/in/two.txt', 'tree/in/deeper/three.txt'])
        stage.writeNew('a', name, 600);
      await stage.pair.converged();
    },
    act: (stage) => {
      stage.remove('a', 'tree');
      return Promise.resolve();
    },
  },
  {
    name: 'kinds and names',
    victim: 'b',
    authors: ['a'],
    roundsMax: 20,
    async prepare(stage) {
      for (const name of ['file', 'directory', 'link', 'moved here', 'to move']) stage.remove('a', name);
      await stage.pair.converged();
      for (const name of ['file', 'directory/in it', 'to move']) stage.writeNew('a', name, 800);
      stage.link('a', 'link', 'file');
      await stage.pair.converged();
    },
    act: (stage) => {
      for (const name of ['file', 'directory', 'link']) stage.remove('a', name);
      stage.writeNew('a', 'file/now in it', 300);
      stage.writeNew('a', 'directory', 300);
      stage.writeNew('a', 'link', 300);
      stage.rename('a', 'to move', 'moved here');
      return Promise.resolve();
    },
  },
  {
    name: 'history',
    victim: 'b',
    authors: ['a'],
    roundsMax: 20,
    async prepare(stage, round) {
      const { b } = stage.pair;
      if (round === 0) {
        for (const name of ['kept.txt', 'deep/kept.txt']) stage.writeNew('a', name, 500);
        await stage.pair.converged();
      }
      for (const slot of [OLD_SLOT, `${OLD_SLOT}-1`])
        for (const name of ['long ago.txt', 'deep/longer ago.txt']) {
          const path = join(b.folder, '.lanfold', 'history', slot, name);
          mkdirSync(dirname(path), { recursive: true });
          writeFileSync(path, 'forgotten after thirty days');
        }
    },
    async act(stage) {
      for (const name of ['kept.txt', 'deep/kept.txt']) stage.writeNew('a', name, stage.random.between(1, 900));
      await stage.pair.b.node.ask('rescan', FOLDER);
    },
  },
  {
    name: 'start',
    victim: 'b',
    authors: ['a'],
    roundsMax: 20,
    atStart: true,
    async prepare(stage, round) {
      const names = ['one.txt', 'two.txt', 'in/three.txt'];
      if (round === 0) {
        for (const name of names) stage.writeNew('a', name, 700);
        await stage.pair.converged();
      }
      for (const name of names) stage.writeNew('a', name, stage.random.between(1, 4000));
      // It dies somewhere in the work, so that its next start has something to find.
      await delay(stage.random.below(150));
      await stage.pair.b.node.kill();
    },
    async act(stage) {
      await stage.pair.b.node.up();
    },
  },
];

/** An empty file, one of several blocks, directories, a link, one that only its owner may read. */
function writeOneOfEach(stage: Stage): void {
  stage.write('a', 'empty file', new Uint8Array());
  stage.writeNew('a', 'below/some.txt', 2000);
  stage.writeNew('a', 'private', 100);
  stage.chmod('a', 'private', 0o600);
  stage.writeNew('a', 'blocks.bin', BLOCK_BYTES * 2 + 300);
  stage.link('a', 'below/link', 'some.txt');
  mkdirSync(join(stage.pair.a.folder, 'below', 'nothing in it'));
}
