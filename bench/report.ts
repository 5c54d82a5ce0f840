/**
 * Raw figures of a benchmark: kept as they are in a file, and shown as medians and ratios.
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';

/** One measured value. */
export type Sample = {
  /** What was run, with its settings: `syncthing 1.19.2, tuned`. */
  readonly contender: string;
  /** What was measured: `first sync of 10000 x 4 KiB`. */
  readonly measure: string;
  readonly unit: 's' | 'ms' | 'MiB';
  readonly value: number;
};

/** All samples of one contender for one measure. Less is better in every unit. */
export type Row = {
  readonly measure: string;
  readonly contender: string;
  readonly unit: Sample['unit'];
  readonly count: number;
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** This median divided by the base's: below 1 is better than the base. Undefined without a base for this measure. */
  readonly ratio: number | undefined;
};

/** One row per measure and contender, in the order in which they first came. */
export function summarize(samples: readonly Sample[], base: string): Row[] {
  const groups = Map.groupBy(samples, (sample) => JSON.stringify([sample.measure, sample.contender]));
  const medians = new Map([...groups].map(([key, group]) => [key, median(group.map(({ value }) => value))]));
  const order = [...new Set(samples.map(({ measure }) => measure))];
  const rows = [...groups].flatMap(([key, group]): Row[] => {
    const [first] = group;
    const middle = medians.get(key);
    if (first === undefined || middle === undefined) return [];
    const values = group.map(({ value }) => value);
    const baseMedian = medians.get(JSON.stringify([first.measure, base]));
    const { measure, contender, unit } = first;
    const ratio = baseMedian === undefined ? undefined : middle / baseMedian;
    return [
      {
        measure,
        contender,
        unit,
        count: values.length,
        median: middle,
        least: Math.min(...values),
        most: Math.max(...values),
        ratio,
      },
    ];
  });
  return rows.sort((left, right) => order.indexOf(left.measure) - order.indexOf(right.measure));
}

/** The middle value; of an even number, the mean of the two in the middle. NaN when there is none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] ?? Number.NaN;
  const lower = sorted[Math.ceil(half) - 1] ?? Number.NaN;
  return (upper + lower) / 2;
}

/** The summary as lines of a text table. */
export function table(samples: readonly Sample[], base: string): string {
  const lines = summarize(samples, base).map((row) => [
    row.measure,
    row.contender,
    `${figure(row.median)} ${row.unit}`,
    row.count > 1 ? `${figure(row.least)}..${figure(row.most)}` : '',
    `n=${row.count}`,
    row.ratio === undefined ? '' : `x${row.ratio.toFixed(2)}`,
  ]);
  const head = ['measure', 'contender', 'median', 'range', '', `ratio to ${base}`];
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0)));
  return [head, ...lines]
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Writes all samples, with what a reader must know of the machine, to bench/results/NAME.json; returns the file's path. */
export function writeReport(
  name: string,
  samples: readonly Sample[],
  notes: Readonly<Record<string, unknown>> = {},
): string {
  const directory = join(import.meta.dirname, 'results');
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${name}.json`);
  const machine = {
    cores: cpus().length,
    processor: cpus()[0]?.model ?? 'unknown',
    memoryMiB: Math.round(totalmem() / (1 << 20)),
    system: `${platform()} ${release().replace(/-.*$/, '')} ${arch()}`,
    node: process.version,
  };
  writeFileSync(path, `${JSON.stringify({ takenAt: new Date().toISOString(), machine, notes, samples }, null, 2)}\n`);
  return path;
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
