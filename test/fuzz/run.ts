/**
 * `npm run fuzz`: throws inputs at every reader of strangers' bytes, for as long as it is told, and prints each that breaks a
 * promise: in hex, shrunk, with the command that shows it again. Exit codes: 0 all is well, 1 a promise is broken, 2 wrong usage.
 * @module
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Campaign, describeFinding } from './engine/campaign.ts';
import { findTarget, TARGETS } from './targets.ts';

const USAGE = `usage: npm run fuzz -- [options]
  --minutes M     for all targets together (default 10)
  --target NAME   this one only; may be given several times
  --seed N        the same inputs again (default: another one each time)
  --input HEX     runs one input of the target, and nothing else
  --list          prints the targets`;

const SEED_MAX = 2 ** 32 - 1;

async function main(words: readonly string[]): Promise<number> {
  let options;
  try {
    options = readOptions(words);
  } catch (fault) {
    console.error(`${fault instanceof Error ? fault.message : String(fault)}\n${USAGE}`);
    return 2;
  }
  const { targets, seed, minutes, input } = options;
  if (input !== undefined) {
    for (const target of targets) await target.run(input);
    console.log('nothing is broken');
    return 0;
  }
  console.log(`seed ${seed}`);
  const campaign = new Campaign();
  let broken = 0;
  const untilMs = performance.now() + minutes * 60_000;
  for (const [index, target] of targets.entries()) {
    const budgetMs = (untilMs - performance.now()) / (targets.length - index);
    const { inputs, kept, functions, stretched, findings, elapsedMs } = await campaign.run(target.name, {
      seed,
      budgetMs,
    });
    const perSecond = Math.round(inputs / (elapsedMs / 1000));
    console.log(
      `${target.name.padEnd(26)} ${inputs} inputs (${perSecond}/s), ${kept} reached new code, ${functions} functions, ` +
        `${stretched} stretched, ${findings.length} broken`,
    );
    for (const finding of findings) console.log(describeFinding(target.name, finding));
    broken += findings.length;
  }
  await campaign.close();
  return broken === 0 ? 0 : 1;
}

function readOptions(words: readonly string[]) {
  const { values } = parseArgs({
    args: [...words],
    options: {
      minutes: { type: 'string', default: '10' },
      target: { type: 'string', multiple: true, default: [] },
      seed: { type: 'string', default: String(randomInt(SEED_MAX)) },
      input: { type: 'string' },
      list: { type: 'boolean', default: false },
    },
  });
  if (values.list) throw new Error(TARGETS.map(({ name }) => name).join('\n'));
  const minutes = Number(values.minutes);
  const seed = Number(values.seed);
  if (!(minutes > 0) || !Number.isInteger(seed)) throw new Error('minutes and seed are numbers');
  if (values.input !== undefined && values.target.length === 0) throw new Error('an input is one of a target');
  return {
    targets: values.target.length === 0 ? TARGETS : values.target.map(findTarget),
    minutes,
    seed,
    input: values.input === undefined ? undefined : Uint8Array.from(Buffer.from(values.input, 'hex')),
  };
}

process.exit(await main(process.argv.slice(2)));
