/**
 * Worlds with many files, as stories about acts on all of them at once begin.
 * @module
 */
import { ok } from 'node:assert/strict';
import type { Desk, Machine } from './desk.ts';
import { share, three, two, type Three, type Two } from './desks.ts';

const HOUR_MS = 3_600_000;

/** Of the file with this number; they sort by it. */
export function nameOf(index: number): string {
  return `file ${String(index).padStart(4, '0')}`;
}

/** @param to exclusive. */
export function namesOf(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => nameOf(from + index));
}

/** By name: a content that no other has. */
export function filesOf(total: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: total }, (_, index) => [nameOf(index), `content ${index}`]));
}

/** In how many files the machine has content that begins so. */
export function countOf(machine: Machine, start: string): number {
  return machine.names().filter((name) => machine.read(name)?.startsWith(start)).length;
}

/** As `rm` does. @param to exclusive. */
export function remove(machine: Machine, from: number, to: number): void {
  machine.remove(...namesOf(from, to));
}

/** One file after the other, as fast as a disk allows. */
export async function replace(desk: Desk, machine: Machine, total: number, name = nameOf): Promise<void> {
  for (let index = 0; index < total; index += 1) {
    machine.write(name(index), `X ${index}`);
    if (index % 50 === 0) await desk.runFor(5000);
  }
}

/** Two that have had these files for hours: nothing of them was just made. */
export async function twoWithMany(total: number): Promise<Two> {
  return hoursLater(two(), total);
}

/** See {@link twoWithMany}. */
export async function threeWithMany(total: number): Promise<Three> {
  return hoursLater(three(), total);
}

async function hoursLater<World extends Two>(world: World, total: number): Promise<World> {
  await share(world, filesOf(total));
  await world.desk.runFor(2 * HOUR_MS);
  return world;
}

/**
 * Of one act at a the first part passes everywhere, and the rest waits there for a person: it would be too much.
 * @param all where the rest ends; it begins at `few`, which may be 0.
 */
export async function holdAtA({ desk, a, b }: Two, few: number, all: number): Promise<void> {
  const left = b.names().length - few;
  remove(a, 0, few);
  ok(await desk.until(() => b.names().length === left));
  remove(a, few, all);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
}

/** As {@link holdAtA}, but that the person there means it: now the rest waits at b. */
export async function holdAtB(world: Two, few: number, all: number): Promise<void> {
  await holdAtA(world, few, all);
  const { desk, a, b } = world;
  a.folder().approveDeletes();
  ok(await desk.until(() => b.folder().state === 'needs-you'));
}
