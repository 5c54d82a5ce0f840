/** What lies on the own disk, and what the own user types. */
import { fuzzAll } from './suite.ts';
import { LOCAL_TARGETS } from './targets.ts';

fuzzAll(LOCAL_TARGETS);
