/** The simulated peers that follow other rules really do, and lanfold comes to rest with them. */
import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { engineNode } from './engine-node.ts';
import type { Plan } from './plan.ts';
import type { Rules } from './syncthing-rules.ts';
import { runWorld } from './world.ts';

/** One edits a file while the other one, some seconds later, deletes it; neither knows of the other. */
function planOf(rules: Plan['rules']): Plan {
  const step = { kind: 'user', path: 'a', other: 'b', sizeBytes: 20, parts: 1, pauseMsMax: 5 } as const;
  return {
    seed: 1,
    nodes: 2,
    topology: 'mesh',
    skewsMs: [0, 0],
    diskMsMax: 2,
    newsLossRate: 0,
    bufferBytes: 4 * 1024 * 1024,
    ...(rules === undefined ? {} : { rules }),
    steps: [
      { ...step, id: 0, atMs: 100, node: 0, verb: 'write' },
      { kind: 'cut', id: 1, atMs: 2000, forMs: 10_000, link: [0, 1] },
      { ...step, id: 2, atMs: 3000, node: 0, verb: 'append' },
      { ...step, id: 3, atMs: 6000, node: 1, verb: 'delete' },
    ],
  };
}

const cases: readonly (readonly [who: string, rules: readonly (Rules | undefined)[], what: string])[] = [
  ['of two lanfolds', [undefined, undefined], 'file'],
  ['of two by the rules of Syncthing 1', ['syncthing-1', 'syncthing-1'], 'file'],
  ['of two by the rules of Syncthing 2 the later', ['syncthing-2', 'syncthing-2'], 'deleted'],
  ['where a lanfold edits and a Syncthing 2 deletes', [undefined, 'syncthing-2'], 'file'],
];
for (const [who, rules, what] of cases) {
  test(`O15 a delete against an edit, ${who}: ${what}`, async () => {
    const lines: string[] = [];
    const print = (line: string): void => void lines.push(line);
    const { violations } = await runWorld({ plan: planOf(rules), create: engineNode, print });
    deepEqual(violations, []);
    const last = ['node-a', 'node-b'].map((node) => lines.findLast((line) => line.includes(`${node} records`)));
    deepEqual(
      last.map((line) => /: a as (\w+)/u.exec(line ?? '')?.[1]),
      [what, what],
    );
  });
}
