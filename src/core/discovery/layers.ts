/**
 * The layers of discovery: ways of finding somebody that work under different firewalls and cost different packets. Each can
 * be switched by its name, and is named to the user for whom it found.
 * @module
 */
import { LanfoldError } from '../errors.ts';

/** In the order of what they cost. */
export const LAYERS = ['remembered', 'announce', 'findOpenPorts', 'prime', 'meet'] as const;

/**
 * `remembered`: dial where a peer was before. `announce`: tell the link of this device and hear others, by broadcast,
 * multicast and mDNS. `findOpenPorts`: dial the neighbours that the system knows. `prime`: make the system get to know the
 * neighbours. `meet`: connect to each other at the same time, through two firewalls.
 */
export type LayerName = (typeof LAYERS)[number];

/** `lan`: all layers. `quiet`: nothing is sent but to known addresses. `off`: configured addresses alone. Or some by name. */
export type DiscoveryChoice = 'lan' | 'quiet' | 'off' | readonly LayerName[];

export interface Layers {
  readonly on: ReadonlySet<LayerName>;
  /** Hears announcements without making any. */
  readonly isQuiet: boolean;
}

/** @returns undefined when there is nothing to discover by. @throws LanfoldError `E_USAGE` for a layer that does not exist. */
export function layersOf(choice: DiscoveryChoice): Layers | undefined {
  if (choice === 'off') return undefined;
  if (choice === 'lan') return { on: new Set(LAYERS), isQuiet: false };
  // A dial at a mere neighbour is a knock at a stranger's door, which is not quiet.
  if (choice === 'quiet') return { on: new Set(['remembered', 'announce']), isQuiet: true };
  const unknown = choice.find((name) => !LAYERS.includes(name));
  if (unknown !== undefined) {
    throw new LanfoldError('E_USAGE', {
      subject: `"${unknown}" is no layer of discovery; they are ${LAYERS.join(', ')}`,
    });
  }
  return choice.length === 0 ? undefined : { on: new Set(choice), isQuiet: false };
}

/** How somebody was found. `incoming`: it found us. */
export type Via =
  | 'configured'
  | 'remembered'
  | 'announcement'
  | 'member'
  | 'mdns'
  | 'neighbour'
  | 'sweep'
  | 'meeting'
  | 'incoming';

const VIA_TEXTS: Readonly<Record<Exclude<Via, 'incoming'>, string>> = {
  configured: 'configured address',
  remembered: 'remembered address',
  announcement: 'announcement',
  member: 'word of another member',
  mdns: 'mDNS',
  neighbour: 'neighbour table',
  sweep: 'sweep',
  meeting: 'meeting in the middle',
};

/** How somebody was found, and how long that took since it was looked for. */
export interface Found {
  readonly via: Via;
  readonly foundMs: number;
}

/** In words: "found by neighbour table in 0.2 s". */
export function foundText({ via, foundMs }: Found): string {
  const seconds = `${(foundMs / 1000).toFixed(1)} s`;
  return via === 'incoming' ? `it found us after ${seconds}` : `found by ${VIA_TEXTS[via]} in ${seconds}`;
}
