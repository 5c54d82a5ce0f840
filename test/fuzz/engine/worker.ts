/**
 * The thread in which targets are fuzzed, so that a hang or a full heap ends it and not the one who looks on.
 * @module
 */
import { startCounting } from './coverage.ts';

startCounting();
const [{ serve }, { findTarget }] = await Promise.all([import('./serve.ts'), import('../targets.ts')]);
serve(findTarget);
