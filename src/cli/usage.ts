/**
 * What the user typed, read strictly.
 * @module
 */
import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { defaultHome, homeIn, LanfoldError, type Home } from '../index.ts';

/** @param because a sentence without a full stop. */
export function usageError(because: string): LanfoldError {
  return new LanfoldError('E_USAGE', { subject: because });
}

export function homeOf(options: { readonly home?: string }): Home {
  return options.home === undefined ? defaultHome() : homeIn(options.home);
}

/**
 * A path inside a folder as the node knows it: absolute, the directories' symlinks resolved, the name itself left alone (it
 * may be a symlink that is synced). The file and its directories may be gone: that is when people restore.
 */
export function syncedPath(path: string, directory = '.'): string {
  const whole = resolve(directory, path);
  const missing = [basename(whole)];
  for (let parent = dirname(whole); ; parent = dirname(parent)) {
    try {
      return join(realpathSync(parent), ...missing);
    } catch {
      if (parent === dirname(parent)) return whole;
      missing.unshift(basename(parent));
    }
  }
}

/** A directory as the node knows it: absolute, symlinks resolved. One that is not there is for the library to refuse. */
export function directoryPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

const RATE = /^(?<number>\d+(?:\.\d+)?)\s*(?<unit>[kMG]?)B?(?:\/s)?$/;
const UNIT_BYTES: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 };

/** `20M`, `500k`, `1.5 GB/s`: bytes in a second, at least one. */
export function parseRate(text: string): number {
  const { number = '', unit = '' } = RATE.exec(text)?.groups ?? {};
  const bytes = Math.floor(Number(number) * (UNIT_BYTES[unit] ?? 1));
  if (number === '' || bytes < 1) throw usageError(`"${text}" is not a rate; write 20M for 20 MB in a second`);
  return bytes;
}

const TIME_OF_DAY = /^(?<hours>[01]?\d|2[0-3]):(?<minutes>[0-5]\d)(?::(?<seconds>[0-5]\d))?$/;
/** `Date` alone would make the year 2001 of "soon 3" and 1961 of "10:61", and of a person's slip the wrong version. */
const ISO = /^(?:\d{4}|[+-]\d{6})-\d\d-\d\d(?:$|[T ]\d)/;

/**
 * `10:31`, `2026-11-24 10:31:05`, or any ISO 8601 time; without a zone it is the user's own. A time without a fraction means the
 * beginning of that second (or minute, or day). What was replaced at it or after it stood there until then, so what `history`
 * prints finds the version that it was printed for.
 */
export function parseTime(text: string, now = new Date()): Date {
  const ofDay = TIME_OF_DAY.exec(text)?.groups;
  const date = ofDay === undefined ? dateOf(text) : new Date(now);
  if (ofDay !== undefined)
    date.setHours(Number(ofDay['hours']), Number(ofDay['minutes']), Number(ofDay['seconds'] ?? 0), 0);
  if (Number.isNaN(date.getTime())) throw usageError(`"${text}" is not a time; write 10:31 or "2026-11-24 10:31:05"`);
  return date;
}

/** Invalid for what is none. */
function dateOf(text: string): Date {
  if (!ISO.test(text)) return new Date(Number.NaN);
  return new Date(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text);
}
