/** Builds dist/: the library as JavaScript with its types, and the command line in a few files of its own. */
import { spawnSync } from 'node:child_process';
import { globSync, rmSync } from 'node:fs';
import { bundleCommand } from './bundle.ts';

rmSync('dist', { recursive: true, force: true });
const built = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b', '--force', 'src/core', 'src'], {
  stdio: 'inherit',
});
// What the compiler notes for its next run is of no use to who installs the package.
for (const note of globSync('dist/**/*.tsbuildinfo')) rmSync(note);
bundleCommand('dist/command');
process.exitCode = built.status ?? 1;
