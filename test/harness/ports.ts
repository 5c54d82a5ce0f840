/**
 * Free ports on loopback.
 * @module
 */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * A TCP port of 127.0.0.1 that nobody listens on, below the range from which the kernel takes ports for outgoing
 * connections (32768 and up): so none of these can take it before the program under test listens.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(23_000, 32_000);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
