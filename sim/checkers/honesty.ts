/**
 * I11: when all is well, every node says so, or says what is not; a node that says "in sync" is (that half is I1). What it says is
 * something that no time mends: no fault is left by then, and each has been tried again since.
 * @module
 */
import { isBelowOneOf } from '../../src/core/model/folder-path.ts';
import type { Standing } from '../sim-node.ts';
import type { Report } from './violation.ts';

/**
 * exists: its disk cannot have the name. damaged: nobody has a good copy, or it waits to be taken. no-source: nobody gives the content.
 * parent: one of these is true of a directory around it, or of what is to be in the place of that.
 */
const LASTING: ReadonlySet<string> = new Set(['exists', 'parent', 'damaged', 'no-source']);

/** Called when nothing moves any more. */
export function checkHonesty(
  nodes: readonly { readonly name: string; standing(): Standing | undefined }[],
  report: Report,
): void {
  for (const node of nodes) {
    const standing = node.standing();
    if (standing === undefined) continue;
    const { state, problems } = standing;
    if (state !== 'in-sync' && (state !== 'syncing' || problems.length === 0)) {
      report({
        rule: 'I11',
        text: `${node.name} says "${state}", and of ${problems.length} names that they are wrong`,
      });
    }
    const lasting = problems.filter(({ reason }) => reason !== 'parent' && LASTING.has(reason));
    const above = new Set(lasting.map(({ name }) => name));
    for (const { name, reason } of problems) {
      if (LASTING.has(reason) && (reason !== 'parent' || isBelowOneOf(above, name))) continue;
      report({ rule: 'I11', text: `${node.name} still says "${reason}" of ${name}` });
    }
  }
}
