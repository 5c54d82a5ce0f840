/**
 * Desks with two machines or three, as most tests begin.
 * @module
 */
import { ok } from 'node:assert/strict';
import { Desk, FOLDER, type Machine } from './desk.ts';

export interface Two {
  readonly desk: Desk;
  readonly a: Machine;
  readonly b: Machine;
}

export interface Three extends Two {
  readonly c: Machine;
}

/** None of them runs yet. */
export function two(folderIds: readonly string[] = [FOLDER], records: 'memory' | 'files' = 'memory'): Two {
  const desk = new Desk(['a', 'b'], folderIds, records);
  const [a, b] = desk.machines;
  ok(a !== undefined && b !== undefined);
  return { desk, a, b };
}

/** None of them runs yet. */
export function three(records: 'memory' | 'files' = 'memory'): Three {
  const desk = new Desk(['a', 'b', 'c'], [FOLDER], records);
  const [a, b, c] = desk.machines;
  ok(a !== undefined && b !== undefined && c !== undefined);
  return { desk, a, b, c };
}

/** Starts all, lets a write files into the root, and waits until everybody has them and nobody has anything to do. */
export async function share({ desk, a }: Two, files: Readonly<Record<string, string>> = {}): Promise<void> {
  await desk.start(...desk.machines);
  for (const [name, content] of Object.entries(files)) a.write(name, content);
  for (const machine of desk.machines)
    for (const [name, content] of Object.entries(files))
      ok(await desk.until(() => machine.read(name) === content), `"${name}" at ${machine.name}`);
  ok(await desk.inSync(...desk.machines));
}

/** Two that run and share these files; see {@link share}. */
export async function twoWith(files: Readonly<Record<string, string>> = {}): Promise<Two> {
  const world = two();
  await share(world, files);
  return world;
}
