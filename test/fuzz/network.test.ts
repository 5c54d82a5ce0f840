/** What peers and strangers send. */
import { fuzzAll } from './suite.ts';
import { NETWORK_TARGETS } from './targets.ts';

fuzzAll(NETWORK_TARGETS);
