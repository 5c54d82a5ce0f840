/**
 * Builds what the package carries: `dist`, from nothing, so that no file of an older build stays in it.
 *
 *   npm run build
 * @module
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, globSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

rmSync(DIST, { recursive: true, force: true });
const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const { status } = spawnSync(process.execPath, [compiler, '-b', 'src/core', 'src'], { cwd: ROOT, stdio: 'inherit' });
if (status !== 0) process.exit(1);
// The compiler's own notes: of no use to who installs lanfold.
for (const notes of globSync('**/*.tsbuildinfo', { cwd: DIST })) rmSync(join(DIST, notes));
chmodSync(join(ROOT, 'bin', 'lanfold.cjs'), 0o755);
if (!existsSync(join(DIST, 'cli', 'main.js'))) throw new Error('The compiler made no dist/cli/main.js');
