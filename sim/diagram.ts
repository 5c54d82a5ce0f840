/**
 * A run as a space-time diagram: time runs down, one column for each node, so that a person sees who did what before whom.
 *
 * Made of the lines of the trace that tell of people, faults, names on the disks and records; what is only traffic is left out.
 * @module
 */

const TIME_WIDTH = 12;
const COLUMN_WIDTH = 52;

/** @param lines of the trace, `<milliseconds>  <what>`. @returns lines to print. */
export function drawDiagram(lines: readonly string[], nodes: readonly string[]): string[] {
  const rows = lines.flatMap((line) => rowOf(line, nodes) ?? []);
  const head = row('ms', nodes, (node) => node);
  return [head, '-'.repeat(head.length), ...rows];
}

function rowOf(line: string, nodes: readonly string[]): string | undefined {
  const match = /^\s*([\d.]+) {2}(.*)$/u.exec(line);
  if (match === null) return undefined;
  const [, time = '', what = ''] = match;
  const step = /#\d+ {2}(.*)$/u.exec(what);
  if (step !== null) return stepRow(time, step[1] ?? '', nodes);
  const who = nodes.find((node) => what.startsWith(`${node} `));
  if (who === undefined) return undefined;
  const text = toldOf(what.slice(who.length + 1));
  return text === undefined ? undefined : row(time, nodes, (node) => (node === who ? text : ''));
}

/** A person's step stands in the column of its node, a fault of two nodes in both. */
function stepRow(time: string, text: string, nodes: readonly string[]): string {
  const short = text.replace(/ \([^)]*\)$/u, '').replace(/^node-[a-z]: /u, '');
  return row(time, nodes, (node) => (text.includes(node) ? `* ${short}` : ''));
}

/** What is worth a row. */
function toldOf(text: string): string | undefined {
  const disk = /^disk: (\S+) (.*)$/u.exec(text);
  if (disk !== null) {
    const [, what = '', path = ''] = disk;
    const isOurs = path.includes('/.lanfold') || !path.startsWith('folder/') || what === 'closed';
    return isOurs ? undefined : `${what.replace('-directory', '')} ${path.slice('folder/'.length)}`;
  }
  if (text.startsWith('records #')) return text.replace(/^records (#\d+): /u, '$1 ');
  return /^(starts|stops|crashes|loses its power)$/u.test(text) ? `= ${text}` : undefined;
}

function row(time: string, nodes: readonly string[], text: (node: string) => string): string {
  const columns = nodes.map((node) =>
    text(node)
      .slice(0, COLUMN_WIDTH - 2)
      .padEnd(COLUMN_WIDTH),
  );
  return `${time.padStart(TIME_WIDTH)}  ${columns.join('| ')}`.trimEnd();
}
