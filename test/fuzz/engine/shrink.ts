/**
 * Makes a failing input small: leaves pieces out, then makes bytes plain, as long as it fails in the same way.
 * @module
 */

const RUNS_MAX = 2_000;

/** @param fails is asked at most 2,000 times. */
export async function shrink(
  bytes: Uint8Array,
  fails: (candidate: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let smallest = bytes;
  let runs = 0;
  const take = async (candidate: Uint8Array): Promise<boolean> => {
    runs += 1;
    if (runs > RUNS_MAX || !(await fails(candidate))) return false;
    smallest = candidate;
    return true;
  };
  for (let piece = Math.ceil(bytes.length / 2); piece >= 1; piece = piece === 1 ? 0 : Math.ceil(piece / 2)) {
    for (let at = 0; at < smallest.length && runs <= RUNS_MAX;) {
      const without = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + piece)]);
      if (!(await take(Uint8Array.from(without)))) at += piece;
    }
  }
  for (let at = 0; at < smallest.length && runs <= RUNS_MAX; at += 1) {
    for (const plain of [0, 0x61]) {
      if (smallest[at] === plain || smallest[at] === 0) break;
      const plainer = smallest.slice();
      plainer[at] = plain;
      if (await take(plainer)) break;
    }
  }
  return smallest;
}
