/** Builds dist/: the library and the command line as JavaScript, with their types. */
import { spawnSync } from 'node:child_process';
import { globSync, rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
const built = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b', '--force', 'src/core', 'src'], {
  stdio: 'inherit',
});
// What the compiler notes for its next run is of no use to who installs the package.
for (const note of globSync('dist/**/*.tsbuildinfo')) rmSync(note);
process.exitCode = built.status ?? 1;
