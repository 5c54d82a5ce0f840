/**
 * Where each paired device was reached before: the last few addresses, newest first. A hint where to dial, kept over
 * restarts as text; whatever cannot be read is as good as nothing remembered.
 * @module
 */
import { parseIpAddress } from './ip-address.ts';

export interface RememberedPlace {
  readonly host: string;
  readonly port: number;
}

/** One at home, one at work, and one over the cable. */
const PLACES_MAX = 3;
/** More devices than anybody pairs; a file that somebody has filled must not grow the search. */
const DEVICES_MAX = 1_000;
const PORT_MAX = 65_535;

export class Remembered {
  readonly #places = new Map<string, readonly RememberedPlace[]>();

  /** @param text as {@link print} made it; anything else gives what can be understood of it. */
  static parse(text: string): Remembered {
    const remembered = new Remembered();
    const devices = Object.entries(parsedObject(text)).slice(0, DEVICES_MAX);
    for (const [device, places] of devices) {
      if (Array.isArray(places)) {
        for (const place of places.slice(0, PLACES_MAX).reverse()) if (isPlace(place)) remembered.add(device, place);
      }
    }
    return remembered;
  }

  print(): string {
    return `${JSON.stringify(Object.fromEntries(this.#places), undefined, 2)}\n`;
  }

  /** Newest first. */
  of(device: string): readonly RememberedPlace[] {
    return this.#places.get(device) ?? [];
  }

  /** A connection succeeded there. @returns false if nothing is new about that. */
  add(device: string, { host, port }: RememberedPlace): boolean {
    const before = this.of(device);
    const [newest] = before;
    if (newest?.host === host && newest.port === port) return false;
    const others = before.filter((place) => place.host !== host || place.port !== port);
    this.#places.set(device, [{ host, port }, ...others].slice(0, PLACES_MAX));
    return true;
  }

  /** @returns false if nothing was remembered. */
  forget(device: string): boolean {
    return this.#places.delete(device);
  }
}

function isPlace(value: unknown): value is RememberedPlace {
  if (typeof value !== 'object' || value === null || !('host' in value) || !('port' in value)) return false;
  const { host, port } = value;
  return typeof host === 'string' && parseIpAddress(host) !== undefined && isPort(port);
}

function isPort(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= PORT_MAX;
}

function parsedObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
