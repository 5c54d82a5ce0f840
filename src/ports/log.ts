/** Where a node says what it does. The method shape is pino's, so that an embedder can pass a pino logger. */
export interface Log {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

export const SILENT_LOG: Log = { debug() {}, info() {}, warn() {} };
