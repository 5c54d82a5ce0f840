/**
 * One request to the REST interface of a real Syncthing.
 * @module
 */
import { request } from 'node:http';

export type RestMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A call that Syncthing answered with something else than success. */
export class RestError extends Error {
  override readonly name = 'RestError';
  readonly status: number;
  constructor(call: string, status: number, text: string) {
    super(`${call} answered ${status}: ${text.trim()}`);
    this.status = status;
  }
}

/**
 * Calls `path` (below /rest/, with its query) and returns the JSON of the answer, undefined when there is none.
 * Each call has a connection of its own, since a kept one breaks when the node restarts. Rejects with
 * {@link RestError}, or with the socket's error when nobody listens or no answer comes within `timeoutMs`.
 */
export async function callRest(
  server: { readonly socketPath: string; readonly apiKey: string },
  method: RestMethod,
  path: string,
  body?: unknown,
  timeoutMs = 120_000,
): Promise<unknown> {
  const payload = body === undefined ? '' : JSON.stringify(body);
  return await new Promise((resolve, reject) => {
    const call = request(
      {
        socketPath: server.socketPath,
        path: `/rest/${path}`,
        method,
        agent: false,
        timeout: timeoutMs,
        headers: { 'X-API-Key': server.apiKey, 'Content-Length': Buffer.byteLength(payload) },
      },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(pieces).toString();
          const status = response.statusCode ?? 0;
          if (status < 200 || status > 299) reject(new RestError(`${method} ${path}`, status, text));
          else resolve(text.trim() === '' ? undefined : JSON.parse(text));
        });
      },
    );
    call.on('timeout', () => call.destroy(new Error(`${method} ${path}: no answer within ${timeoutMs} ms`)));
    call.on('error', reject);
    call.end(payload);
  });
}
