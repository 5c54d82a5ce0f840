/**
 * A system that allows no more watches, or no more watchers. The limits are those of a user namespace, so that no other program
 * of the machine is touched.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { skippedHere } from '../harness/missing.ts';
import { startBehind, type Starter } from '../nodes/driven-node.ts';
import { arrives, FOLDER, Pair } from '../nodes/pair.ts';
import { problemsOf } from './shared-pair.ts';

const DIRECTORIES = 60;

/** A starter in a user namespace with this limit of inotify; it becomes the program that it starts. */
function limited(limit: 'max_inotify_watches' | 'max_inotify_instances', count: number): Starter {
  const script = `echo ${count} > /proc/sys/user/${limit} && exec "$@"`;
  return startBehind('unshare', '--user', '--map-root-user', 'sh', '-c', script, 'sh');
}

function whyMissing(): string | undefined {
  const words = ['--user', '--map-root-user', 'sh', '-c', 'echo 10 > /proc/sys/user/max_inotify_watches'];
  const isPossible = spawnSync('unshare', words, { stdio: 'ignore' }).status === 0;
  return skippedHere('test limits of watches', isPossible ? undefined : 'no user namespaces here');
}

const skip = whyMissing() ?? false;

function fill(folder: string): void {
  for (let index = 0; index < DIRECTORIES; index += 1) {
    mkdirSync(join(folder, `${index}`));
    writeFileSync(join(folder, `${index}`, 'file'), 'first');
  }
}

for (const [id, what, setting, start] of [
  ['case B06', 'watches', 'max_user_watches', limited('max_inotify_watches', 20)],
  ['case B07', 'watchers', 'max_user_instances', limited('max_inotify_instances', 0)],
] as const) {
  test(
    `${id}: where the system allows no more ${what}, that is said with what to do, and a look finds all changes`,
    { skip },
    async () => {
      await using pair = await Pair.open({ fill, start: { a: start } });
      const { a, b } = pair;
      await pair.converged();
      const { problems } = await a.node.ask('status', FOLDER);
      const said = problems.find(({ reason }) => reason === 'watching')?.text ?? JSON.stringify(a.node.warnings);
      assert.match(said, new RegExp(`sysctl .*${setting}=`, 'u'), JSON.stringify([...(await problemsOf(a))]));
      for (let index = 0; index < DIRECTORIES; index += 1) writeFileSync(pair.at(a, `${index}/file`), 'second');
      await a.node.ask('rescan', FOLDER);
      for (let index = 0; index < DIRECTORIES; index += 1) await arrives(b, `${index}/file`, 'second');
      await pair.converged();
    },
  );
}
