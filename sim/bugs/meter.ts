/**
 * Loaded before a detector, it says at its end how much processor time that took: unlike time on the wall, a busy machine
 * changes it little.
 * @module
 */
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    process.stderr.write(`\nprocessor seconds: ${((user + system) / 1e6).toFixed(3)}\n`);
  });
}
