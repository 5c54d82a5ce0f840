/** A disk that is mounted inside a folder, and then is not. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { mountsMissing } from '../harness/mounts.ts';
import { until } from '../harness/process.ts';
import { snapshotTree } from '../harness/snapshot.ts';
import { FOLDER, Pair } from './pair.ts';

/** Long enough for deletes to be announced, if anybody wanted to. */
const DELETES_MS = 3000;

test(
  'F2 case B12: what lies on a disk inside the folder is not taken for deleted while that disk is not mounted',
  { skip: mountsMissing() ?? false },
  async () => {
    let mounted: string | undefined;
    try {
      await using pair = await Pair.open({
        fill: (folder) => {
          mounted = join(folder, 'photos');
          mkdirSync(mounted);
          execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=755', 'tmpfs', mounted]);
          for (let index = 0; index < 20; index += 1) writeFileSync(join(mounted, `${index}`), `photo ${index}`);
        },
      });
      await pair.converged();
      execFileSync('umount', ['-l', mounted ?? '']);
      mounted = undefined;
      await pair.a.node.ask('rescan', FOLDER);
      await until('it is listed', async () => {
        const { problems } = await pair.a.node.ask('status', FOLDER);
        return problems.some(({ name, reason }) => name === 'photos' && reason === 'not-mounted') ? true : undefined;
      });
      await delay(DELETES_MS);
      assert.equal(snapshotTree(pair.b.folder).size, 21);
    } finally {
      if (mounted !== undefined) execFileSync('umount', ['-l', mounted]);
    }
  },
);
