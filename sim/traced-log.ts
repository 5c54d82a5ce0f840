/** A node's log, as lines of the trace. */
import type { Log } from '../src/ports/log.ts';
import type { Trace } from './trace.ts';

export function tracedLog(trace: Trace, name: string): Log {
  const say =
    (level: string) =>
    (details: object, message: string): void => {
      trace.note(() => `${name} ${level}: ${message} ${asText(details)}`);
    };
  return { debug: say('debug'), info: say('info'), warn: say('warn') };
}

function asText(details: object): string {
  return JSON.stringify(details, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}
