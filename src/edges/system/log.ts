/**
 * Log lines, written to whatever the caller gives: nothing is ever printed by itself.
 * @module
 */
import type { Log } from '../../ports/log.ts';

export type LogLevel = 'debug' | 'info' | 'warn';

export interface LogOptions {
  /** Gets whole lines, each with its line end. */
  readonly write: (line: string) => void;
  /** Lines below are left out. Default: info. */
  readonly level?: LogLevel;
  /** Default: the real time. */
  readonly nowMs?: () => number;
}

const RANKS: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2 };

/** One JSON object a line: `time` (ISO 8601), `level`, `message`, then the details. */
export function jsonLog(options: LogOptions): Log {
  return logWith(options, (time, level, details, message) => toJson({ time, level, message, ...details }));
}

/** One plain line: the time of day, the level, the message, then the details as JSON if there are any. */
export function textLog(options: LogOptions): Log {
  return logWith(options, (time, level, details, message) => {
    const rest = Object.keys(details).length === 0 ? '' : ` ${toJson(details)}`;
    return `${time} ${level.padEnd(5)} ${withoutControls(message)}${rest}`;
  });
}

type Format = (time: string, level: LogLevel, details: object, message: string) => string;

function logWith(options: LogOptions, format: Format): Log {
  const { write, level: lowest = 'info', nowMs = Date.now } = options;
  const at =
    (level: LogLevel) =>
    (details: object, message: string): void => {
      if (RANKS[level] < RANKS[lowest]) return;
      write(`${format(new Date(nowMs()).toISOString(), level, details, message)}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn') };
}

/** JSON of anything a caller may pass: errors, bytes and big numbers have no JSON of their own. */
function toJson(value: object): string {
  try {
    return withoutControls(
      JSON.stringify(value, function (this: Record<string, unknown>, key, part: unknown) {
        const original = this[key]; // before its toJSON, which a Buffer has
        if (original instanceof Error) return errorDetails(original);
        if (original instanceof Uint8Array) return Buffer.from(original).toString('hex');
        return typeof part === 'bigint' ? part.toString() : part;
      }),
    );
  } catch {
    return '"details that cannot be written"'; // a circle
  }
}

function errorDetails(error: Error): object {
  return {
    ...('code' in error ? { code: error.code } : {}),
    message: error.message,
    ...(error.cause === undefined ? {} : { cause: error.cause }),
  };
}

/**
 * Names of files and peers' words are in the lines: no line end and no terminal code of theirs gets through, nor what turns the
 * direction of writing.
 */
function withoutControls(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
    character.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}
