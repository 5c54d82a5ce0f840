/**
 * `npm run bugs [-- NAME…]`: plants every bug, or those that are named, one after the other, and prints who found it, how soon,
 * and how short the shortest plan is that shows it. Exit codes: 0 all were found, 1 one was not, 2 wrong usage.
 * @module
 */
import { detect, type Detection } from './detect.ts';
import type { PlantedBug } from './planted-bug.ts';
import { PLANTED_BUGS, plantedBug } from './table.ts';

/** Side by side: a detector has one busy thread. */
const AT_ONCE = 2;

function rowOf({ name, what, breaks }: PlantedBug, { isFound, by, seconds, steps }: Detection): string {
  const found = isFound ? [by, seconds.toFixed(1), steps ?? '–'] : ['**nobody**', '–', '–'];
  return `| ${[`\`${name}\``, what, breaks, ...found].join(' | ')} |`;
}

async function main(names: readonly string[]): Promise<number> {
  let bugs: readonly PlantedBug[];
  try {
    bugs = names.length === 0 ? PLANTED_BUGS : names.map(plantedBug);
  } catch (fault) {
    console.error(fault instanceof Error ? fault.message : fault);
    return 2;
  }
  const rows = new Map<PlantedBug, string>();
  const missed: PlantedBug[] = [];
  const queue = bugs.filter(({ foundBy }) => !('waitsFor' in foundBy));
  const work = async (): Promise<void> => {
    for (let bug = queue.shift(); bug !== undefined; bug = queue.shift()) {
      const detection = await detect(bug, { shrink: true });
      rows.set(bug, rowOf(bug, detection));
      if (!detection.isFound) missed.push(bug);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  console.log('| bug | what goes wrong | breaks | found by | processor seconds | steps |\n|---|---|---|---|---|---|');
  for (const bug of bugs) {
    const row = rows.get(bug);
    if (row !== undefined) console.log(row);
    else if ('waitsFor' in bug.foundBy)
      console.log(`| \`${bug.name}\` | ${bug.what} | ${bug.breaks} | ${bug.foundBy.waitsFor} | – | – |`);
  }
  console.log(`\n${rows.size - missed.length} of ${bugs.length} were found`);
  return missed.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
