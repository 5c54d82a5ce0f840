/**
 * Finds missing peers: says whom to dial now, and when to look again. It never gives up (the seed's findOpenPorts).
 *
 *   next(view)   every known address of a missing peer, then every neighbour on an own network: port 1111, then 22000,
 *                and where 1111 is refused once those that a lanfold takes instead
 *                - less those under way and those that failed a moment ago
 *   ended(...)   a failure makes one address wait: longer each time, with jitter, up to a limit
 *
 * Time and chance are arguments. An address is dialled by one attempt at a time, and a change of the own addresses (another
 * network, a cable put in) forgets all waiting.
 * @module
 */
import type { Via } from './layers.ts';
import type { Neighbour } from './neighbour-table.ts';
import { isOnLink, usableLinks, type InterfaceAddress } from './prefix.ts';
import { lookWaitMs } from './schedules.ts';
import type { TryResult } from './try-result.ts';

export interface Endpoint {
  /** An IP address, with a zone if it is link-local IPv6, or a host name. */
  readonly host: string;
  readonly port: number;
}

/** Where somebody may be, and who says so. */
export interface Hint extends Endpoint {
  readonly via: Via;
}

/** A trusted device without a connection. */
export interface MissingPeer {
  /** Raw device ID. */
  readonly device: Uint8Array;
  /** Where it may be: as configured, as remembered, as announced. */
  readonly addresses: readonly Hint[];
}

/** A neighbour, and whether it was known before this device swept its network. */
export interface SeenNeighbour extends Neighbour {
  readonly via: 'neighbour' | 'sweep';
}

/** What is known of the world at one look. */
export interface View {
  readonly missing: readonly MissingPeer[];
  readonly neighbours: readonly SeenNeighbour[];
  readonly own: readonly InterfaceAddress[];
  /** Also try neighbours on the interfaces of containers and tunnels. Default: false. */
  readonly virtualToo?: boolean;
}

export interface Dial {
  /** Whom to expect there. Behind a neighbour's address it is a guess; the answer says who it is. */
  readonly device: Uint8Array;
  readonly endpoint: Endpoint;
  readonly via: Via;
  /** When to give up. Somebody who is known gets more time than a mere neighbour. */
  readonly timeoutMs: number;
}

export interface Plan {
  readonly dials: readonly Dial[];
  /** When to call again, also if nothing happens. Undefined: nobody is missing. */
  readonly lookAgainMs: number | undefined;
}

const LANFOLD_PORT = 1111;
const SYNCTHING_PORT = 22_000;
/** Where a lanfold listens when its port is taken. */
const SPARE_PORTS: readonly number[] = [1113, 1114, 1115, 1116, 1117, 1118, 1119];

const UNDER_WAY_MAX = 64;
/** Fewer than all, so that a crowded network never keeps a known address waiting. */
const NEIGHBOURS_UNDER_WAY_MAX = 32;
/** Whoever forges ARP answers must not make this grow. */
const NEIGHBOURS_MAX = 256;

/** A neighbour that does not answer must not keep others waiting; it gets twice as long each time. */
const TIMEOUTS_MS = { known: 10_000, neighbourFirst: 1_000, neighbourMax: 10_000 } as const;
/** On a LAN whoever answers at all answers sooner. */
const SILENT_AFTER_MS = 300;

/** [first, longest] wait; it doubles in between, with each failure. */
const WAITS = {
  // Not a failure; but a conversation that ends at once must not become a storm of them.
  connected: [500, 500],
  // With a quarter more by chance it is over at the next look, 5 s later: one more would make it 10 s.
  known: [200, 4_000],
  // Each dial at a host that is off costs everybody on the link three broadcast frames, and there may be many such addresses.
  remembered: [200, 12_000],
  neighbour: [500, 10_000],
  'somebody-else': [60_000, 60_000],
} as const;

/** An address that is said again and again is dialled so often at most. */
const SAID_EVERY_MS = 200;

interface Try {
  /** Key of the device that was expected. */
  readonly device: string;
  /** Which dial it was: the smallest is the oldest. */
  readonly turn: number;
  readonly startedMs: number;
  readonly underWay: boolean;
  readonly known: boolean;
  readonly via: Via;
  readonly failures: number;
  readonly notBeforeMs: number;
  readonly host: string;
  /** Of the last attempt that has ended. */
  readonly result: TryResult['is'] | undefined;
  /** Who proved to be there, when somebody else was expected. */
  readonly found: string | undefined;
}

interface Place {
  readonly endpoint: Endpoint;
  /** The devices that may be there. */
  readonly devices: Uint8Array[];
  readonly known: boolean;
  readonly via: Via;
  /** For the first time not before this other place was tried; `refused`: and only if it was refused, and only once. */
  readonly after?: { readonly key: string; readonly mustBe: 'tried' | 'refused' };
}

/** A place that may be dialled now. */
interface Due {
  readonly key: string;
  readonly place: Place;
  readonly device: Uint8Array;
  readonly before: Try | undefined;
}

export class Search {
  readonly #tries = new Map<string, Try>();
  /** When each missing device last had its turn. */
  #turns = new Map<string, number>();
  #turn = 0;
  #beganMs: number | undefined;
  #missing: ReadonlyMap<string, Uint8Array> = new Map();
  #ownBefore: string | undefined;

  /**
   * Whom to dial now. Each dial must be answered by {@link Search.ended}.
   *
   * @param nowMs monotonic milliseconds
   */
  next(view: View, nowMs: number): Plan {
    this.#noticeChanges(view, nowMs);
    if (view.missing.length === 0 || this.#beganMs === undefined) return { dials: [], lookAgainMs: undefined };
    const places = placesOf(view);
    for (const [key, entry] of this.#tries) if (!entry.underWay && !places.has(key)) this.#tries.delete(key);

    const due = [...places]
      .flatMap(([key, place]): Due[] => {
        const before = this.#tries.get(key);
        const device = this.#deviceFor(place, before);
        return device === undefined || !this.#isDue(place, before, nowMs) ? [] : [{ key, place, device, before }];
      })
      .sort((a, b) => this.#age(a) - this.#age(b));
    const underWay = [...this.#tries.values()].filter((entry) => entry.underWay);
    const room = UNDER_WAY_MAX - underWay.length;
    const roomForNeighbours = NEIGHBOURS_UNDER_WAY_MAX - underWay.filter(({ known }) => !known).length;
    const known = this.#inTurns(
      due.filter(({ place }) => place.known),
      underWay,
      room,
    );
    const neighbours = due
      .filter(({ place }) => !place.known)
      .slice(0, Math.max(0, Math.min(roomForNeighbours, room - known.length)));
    const dials: Dial[] = [];
    for (const { key, place, device, before } of [...known, ...neighbours]) {
      this.#turn += 1;
      if (place.known) this.#turns.set(deviceKey(device), this.#turn);
      this.#tries.set(key, {
        device: deviceKey(device),
        turn: this.#turn,
        startedMs: nowMs,
        underWay: true,
        known: place.known,
        via: place.via,
        failures: before?.failures ?? 0,
        notBeforeMs: 0,
        host: place.endpoint.host,
        result: before?.result,
        found: before?.found,
      });
      dials.push({
        device,
        endpoint: place.endpoint,
        via: place.via,
        timeoutMs: timeoutOf(place, before?.failures ?? 0),
      });
    }
    return { dials, lookAgainMs: lookWaitMs(nowMs - this.#beganMs) };
  }

  /** True if no port of this host answers: a firewall refuses what comes in, or nobody is there. */
  isSilent(host: string, nowMs: number): boolean {
    const tries = [...this.#tries.values()].filter((entry) => entry.host === host);
    if (tries.some(({ result }) => result !== undefined && result !== 'silent')) return false;
    return tries.some(
      ({ underWay, result, startedMs }) => result === 'silent' || (underWay && nowMs - startedMs >= SILENT_AFTER_MS),
    );
  }

  /**
   * Tells what became of a dial.
   *
   * @param fraction of chance, in [0, 1): spreads the next attempt by ±25 %, so that two nodes do not fall into step
   */
  ended(dial: Dial, result: TryResult, nowMs: number, fraction: number): void {
    const key = endpointKey(dial.endpoint);
    const entry = this.#tries.get(key);
    if (entry === undefined) return;
    const found = result.is === 'somebody-else' && result.found !== undefined ? deviceKey(result.found) : undefined;
    const isAnotherMissing = found !== undefined && found !== deviceKey(dial.device) && this.#missing.has(found);
    const waitMs = isAnotherMissing ? 0 : waitAfter(entry, result) * (0.75 + fraction / 2);
    this.#tries.set(key, {
      ...entry,
      underWay: false,
      failures: result.is === 'connected' ? 0 : entry.failures + 1,
      notBeforeMs: nowMs + waitMs,
      result: result.is,
      found,
    });
  }

  /** Somebody has just said to be there, so what was tried before means little: its wait is over. */
  said(endpoint: Endpoint, nowMs: number): void {
    this.#endWait(endpointKey(endpoint), nowMs);
  }

  /** A host that was gone is there again: the same for all its ports. */
  cameUp(host: string, nowMs: number): void {
    for (const [key, entry] of this.#tries) if (entry.host === host) this.#endWait(key, nowMs);
  }

  /** Forgets all waiting and looks often again: after the machine woke up, say. */
  restart(nowMs: number): void {
    this.#beganMs = nowMs;
    for (const [key, entry] of this.#tries) {
      if (entry.underWay) this.#tries.set(key, { ...entry, failures: 0 });
      else this.#tries.delete(key);
    }
  }

  /** The smallest is dialled first: where a missing peer has just proven to be, then what was dialled longest ago. */
  #age({ before }: Due): number {
    return before?.found !== undefined && this.#missing.has(before.found) ? -1 : (before?.turn ?? 0);
  }

  /**
   * Of known places those to dial: the next one is of the device that has the fewest dials under way, of those of the one whose
   * turn was longest ago, and of its places the one that was. Whoever tells of many devices at many places starves nobody.
   */
  #inTurns(due: readonly Due[], underWay: readonly Try[], room: number): Due[] {
    const waiting = new Map<string, { readonly places: Due[]; dials: number; turn: number }>();
    for (const one of due) {
      const key = deviceKey(one.device);
      const share = waiting.get(key);
      if (share !== undefined) share.places.push(one);
      else {
        const dials = underWay.filter(({ known, device }) => known && device === key).length;
        waiting.set(key, { places: [one], dials, turn: this.#turns.get(key) ?? 0 });
      }
    }
    const chosen: Due[] = [];
    let turn = this.#turn;
    while (chosen.length < room && waiting.size > 0) {
      const [key, next] = [...waiting].reduce((first, other) =>
        (other[1].dials - first[1].dials || other[1].turn - first[1].turn) < 0 ? other : first,
      );
      chosen.push(...next.places.splice(0, 1));
      next.dials += 1;
      next.turn = turn += 1;
      if (next.places.length === 0) waiting.delete(key);
    }
    return chosen;
  }

  #endWait(key: string, nowMs: number): void {
    const entry = this.#tries.get(key);
    if (entry === undefined || entry.underWay) return;
    // Whoever repeats it without end gains no storm of dials.
    const dueMs = Math.max(nowMs, entry.startedMs + SAID_EVERY_MS);
    this.#tries.set(key, { ...entry, notBeforeMs: Math.min(entry.notBeforeMs, dueMs) });
  }

  /** The search begins anew when somebody else is missing, and when the own addresses change. */
  #noticeChanges(view: View, nowMs: number): void {
    const missing = new Map(view.missing.map((peer) => [deviceKey(peer.device), peer.device]));
    const own = view.own
      .map((mine) => `${mine.interfaceName} ${mine.address}/${mine.prefixLength}`)
      .sort()
      .join();
    if (this.#ownBefore !== undefined && this.#ownBefore !== own) this.restart(nowMs);
    else if ([...missing.keys()].some((device) => !this.#missing.has(device))) this.#beganMs = nowMs;
    this.#ownBefore = own;
    this.#missing = missing;
    this.#turns = new Map([...this.#turns].filter(([device]) => missing.has(device)));
  }

  #isDue(place: Place, before: Try | undefined, nowMs: number): boolean {
    const isFruitless = before?.result === 'refused' || before?.result === 'silent';
    if (isFruitless && place.after?.mustBe === 'refused') return false;
    if (before !== undefined) return !before.underWay && nowMs >= before.notBeforeMs;
    if (place.after === undefined) return true;
    const first = this.#tries.get(place.after.key);
    if (place.after.mustBe === 'refused') return first?.result === 'refused';
    return first !== undefined && (!first.underWay || nowMs - first.startedMs >= SILENT_AFTER_MS);
  }

  /** Who proved to be there last time, if that one is missing; else each that may be there, in turn. */
  #deviceFor(place: Place, before: Try | undefined): Uint8Array | undefined {
    const proven = before?.found === undefined ? undefined : this.#missing.get(before.found);
    return proven ?? place.devices[(before?.failures ?? 0) % place.devices.length];
  }
}

/** Every place where a missing peer may be, by key; known addresses first. */
function placesOf(view: View): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const { device, addresses } of view.missing) {
    for (const { host, port, via } of addresses) {
      const endpoint = { host, port };
      const place = places.get(endpointKey(endpoint));
      if (place === undefined) places.set(endpointKey(endpoint), { endpoint, devices: [device], known: true, via });
      else place.devices.push(device);
    }
  }
  const devices = view.missing.map((peer) => peer.device);
  const add = (host: string, port: number, via: Via, after?: Place['after']): string => {
    const endpoint = { host, port };
    const key = endpointKey(endpoint);
    const place = { endpoint, devices, known: false, via };
    if (!places.has(key)) places.set(key, after === undefined ? place : { ...place, after });
    return key;
  };
  for (const { host, via } of neighbourHosts(view)) {
    const key = add(host, LANFOLD_PORT, via);
    add(host, SYNCTHING_PORT, via, { key, mustBe: 'tried' });
    for (const port of SPARE_PORTS) add(host, port, via, { key, mustBe: 'refused' });
  }
  return places;
}

/** Neighbours on own links as they are dialled, at most so many. */
export function neighbourHosts(
  view: Pick<View, 'neighbours' | 'own' | 'virtualToo'>,
): { readonly host: string; readonly via: SeenNeighbour['via'] }[] {
  const own = usableLinks(view.own, view.virtualToo ?? false);
  return view.neighbours
    .filter(({ address, interfaceName }) => isOnLink(address, own, interfaceName))
    .slice(0, NEIGHBOURS_MAX)
    .map(({ address, interfaceName, via }) => {
      const isLinkLocal = /^fe[89ab]/i.test(address);
      return { host: isLinkLocal && interfaceName !== undefined ? `${address}%${interfaceName}` : address, via };
    });
}

function timeoutOf(place: Place, failures: number): number {
  if (place.known) return TIMEOUTS_MS.known;
  return Math.min(TIMEOUTS_MS.neighbourFirst * 2 ** Math.min(failures, 16), TIMEOUTS_MS.neighbourMax);
}

function waitAfter(entry: Try, result: TryResult): number {
  const failed = result.is === 'refused' || result.is === 'silent';
  const patience = !entry.known ? 'neighbour' : entry.via === 'remembered' ? 'remembered' : 'known';
  const [firstMs, longestMs] = WAITS[failed ? patience : result.is];
  return Math.min(firstMs * 2 ** Math.min(entry.failures, 16), longestMs);
}

function endpointKey(endpoint: Endpoint): string {
  return `${endpoint.host} ${endpoint.port}`;
}

function deviceKey(device: Uint8Array): string {
  return device.join();
}
