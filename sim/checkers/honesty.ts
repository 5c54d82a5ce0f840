/**
 * I11: when all is well, every node says so, or says what is not; a node that says "in sync" is (that half is I1).
 * @module
 */
import type { Standing } from '../sim-node.ts';
import type { Report } from './violation.ts';

/** Called when nothing moves any more. */
export function checkHonesty(
  nodes: readonly { readonly name: string; standing(): Standing | undefined }[],
  report: Report,
): void {
  for (const node of nodes) {
    const standing = node.standing();
    if (standing === undefined || standing.state === 'in-sync' || standing.problems.length > 0) continue;
    report({ rule: 'I11', text: `${node.name} says "${standing.state}", and of nothing that it is wrong` });
  }
}
