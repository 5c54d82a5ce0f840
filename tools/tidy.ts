/**
 * Holds the architecture: which room may import which, no cycles, no dead files, and no clock, chance or I/O in the core.
 * The compiler keeps Node's types out of the core; what it lets through is banned here. And no file is too long to be read, be it
 * of the product, of its tests or a tool.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export interface Source {
  readonly path: string;
  readonly text: string;
}

/** From room → the rooms that it may import, besides itself. The first prefix that fits a path is its room. */
const ROOMS: readonly (readonly [room: string, mayImport: readonly string[]])[] = [
  ['src/core/', []],
  ['src/ports/', ['src/core/']],
  ['src/edges/disk/', ['src/core/', 'src/ports/']],
  ['src/edges/net/', ['src/core/', 'src/ports/']],
  ['src/edges/store/', ['src/core/', 'src/ports/']],
  ['src/edges/system/', ['src/core/', 'src/ports/']],
  ['src/edges/memory/', ['src/core/', 'src/ports/']],
  ['src/node/machine.ts', ['src/core/', 'src/ports/', 'src/node/', 'src/edges/']],
  ['src/node/lan.ts', ['src/core/', 'src/ports/', 'src/node/', 'src/edges/net/', 'src/edges/system/']],
  ['src/node/', ['src/core/', 'src/ports/']],
  ['src/index.ts', ['src/node/', 'src/core/', 'src/ports/', 'src/edges/system/']],
  ['src/cli/', ['src/index.ts']],
  ['sim/', ['src/core/', 'src/ports/', 'src/node/', 'src/edges/memory/', 'src/edges/store/']],
];

const BANNED_IN_CORE =
  /\b(Date\.now|Math\.random|new Date\(\)|performance\.|setTimeout|setInterval|process\.|Buffer\.|async |await |Promise\b)/;
/** R21: what the node does must be repeatable in a simulated world. */
const BANNED_IN_NODE = /\b(Date\.now|Math\.random|new Date\(\)|performance\.|setTimeout|setInterval|setImmediate)\b/;
const LINES_MAX = 400;
const ENTRIES = [
  'src/index.ts',
  'src/cli/main.ts',
  'sim/run.ts',
  // threads: started by name
  'src/edges/disk/worker.ts',
  'src/edges/disk/watcher-inotify-worker.ts',
];

export function findFaults(sources: readonly Source[]): string[] {
  const code = sources.filter(({ path }) => !path.endsWith('.test.ts'));
  const imports = new Map(code.map((source) => [source.path, importsOf(source)]));
  return [
    ...directionFaults(imports),
    ...cycleFaults(imports),
    ...deadFaults(imports),
    ...code.flatMap(bannedFaults),
    ...sources.flatMap(lengthFaults),
  ];
}

/** Tests are read as often as what they hold. */
function lengthFaults({ path, text }: Source): string[] {
  const lines = text.trimEnd().split('\n').length;
  return lines > LINES_MAX ? [`${path}: ${lines} lines, at most ${LINES_MAX} are easy to read`] : [];
}

function importsOf({ path, text }: Source): string[] {
  const found: string[] = [];
  for (const match of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'|new URL\(\s*[`'](\.[^`']+)[`']/g)) {
    const target = match[1] ?? match[2];
    if (target !== undefined && target.endsWith('.ts')) found.push(normalize(join(dirname(path), target)));
  }
  return found;
}

function roomOf(path: string): readonly [string, readonly string[]] | undefined {
  return ROOMS.find(([room]) => path.startsWith(room));
}

function directionFaults(imports: ReadonlyMap<string, readonly string[]>): string[] {
  return [...imports].flatMap(([path, targets]) => {
    const room = roomOf(path);
    if (room === undefined) return path.startsWith('src/') ? [`${path}: lies in no room`] : [];
    const [own, allowed] = room;
    return targets
      .filter((target) => !target.startsWith(own) && !allowed.some((prefix) => target.startsWith(prefix)))
      .map((target) => `${path}: may not import ${target}`);
  });
}

function cycleFaults(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const faults: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) {
      faults.push(`cycle: ${[...trail.slice(start), path].join(' → ')}`);
      return;
    }
    if (done.has(path)) return;
    for (const target of imports.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return faults;
}

/** Files that nothing reaches from an entry: dead code, or an entry that should be named here. */
function deadFaults(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const reached = new Set<string>();
  const reach = (path: string): void => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const target of imports.get(path) ?? []) reach(target);
  };
  ENTRIES.forEach(reach);
  return [...imports.keys()]
    .filter((path) => path.startsWith('src/') && !reached.has(path))
    .map((path) => `${path}: nothing imports it`);
}

function bannedFaults({ path, text }: Source): string[] {
  const banned = path.startsWith('src/core/')
    ? BANNED_IN_CORE
    : path.startsWith('src/node/')
      ? BANNED_IN_NODE
      : undefined;
  if (banned === undefined) return [];
  return text.split('\n').flatMap((line, index) => {
    const bare = line
      .replace(/\/\/.*$/, '')
      .replace(/^\s*\*.*$/, '')
      .replace(/^\s*\/\*\*.*$/, '');
    const match = banned.exec(bare);
    return match === null ? [] : [`${path}:${index + 1}: "${match[1] ?? ''}" is not allowed here`];
  });
}

export function readSources(): Source[] {
  const paths = globSync('{src,sim,test,bench,tools,docs}/**/*.ts', { exclude: ['**/node_modules/**'] }).sort();
  return paths.map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

if (import.meta.main) {
  const sources = readSources();
  const faults = sources.length < 50 ? ['fewer than 50 files were read: run it from the root'] : findFaults(sources);
  for (const fault of faults) console.error(fault);
  console.log(faults.length === 0 ? `tidy: ${sources.length} files, no fault` : `tidy: ${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
