/** Finding others on a real link, with a real ARP table. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LAN_INTERFACE, Lan, namespacesMissing, type Host } from '../harness/namespaces.ts';

const SCRIPT = fileURLToPath(new URL('lan-host.ts', import.meta.url));

/** A program inside a host that answers in lines of JSON. */
class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  constructor(host: Host, ...parameters: string[]) {
    this.#child = host.start(SCRIPT, ...parameters);
    assert.ok(this.#child.stdout !== null);
    this.#reader = createInterface({ input: this.#child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  say(): void {
    this.#child.stdin?.write('\n');
  }

  async next(): Promise<Record<string, unknown>> {
    const line = await this.#lines.next();
    assert.ok(line.done !== true, 'the program ended');
    return JSON.parse(line.value) as Record<string, unknown>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const over = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await over;
    this.#reader.close();
  }
}

const missing = namespacesMissing();

describe('on a real link', { skip: missing ?? false, timeout: 60_000 }, () => {
  test('F13 the ARP table names the hosts that answered, and they alone are dialled', async () => {
    using lan = new Lan(3);
    const [here, there, silent] = [lan.host(1), lan.host(2), lan.host(3)];
    await using program = new Program(here, 'look');

    program.say();
    assert.deepEqual((await program.next())['dials'], [], 'nobody has spoken yet');

    // A host that is there and one that is not are spoken to; the third never is.
    here.ip('neigh', 'flush', 'all');
    speak(here, there.address);
    speak(here, '10.77.3.99');
    let seen: Record<string, unknown>;
    do {
      program.say();
      seen = await program.next();
    } while ((seen['neighbours'] as unknown[]).length === 0);
    const ipv4 = (seen['neighbours'] as { address: string }[]).filter(({ address }) => !address.includes(':'));
    assert.deepEqual(ipv4, [{ address: there.address, interfaceName: LAN_INTERFACE }]);
    assert.ok((seen['dials'] as string[]).includes(`${there.address} 1111`));
    assert.ok(
      (seen['dials'] as string[]).every((dial) => !dial.startsWith('10.77.3.99') && !dial.startsWith(silent.address)),
    );
    const own = seen['own'] as { address: string; prefixLength: number }[];
    assert.ok(own.some(({ address, prefixLength }) => address === here.address && prefixLength === 20));
  });

  test('F13 a host that dialled us stands in our table, too', async () => {
    using lan = new Lan(2);
    const [here, there] = [lan.host(1), lan.host(2)];
    await using listening = new Program(here, 'listen');
    assert.deepEqual(await listening.next(), { ready: true });
    speak(there, here.address, 1111);
    assert.deepEqual(await listening.next(), { connected: `::ffff:${there.address}` });
    await using looking = new Program(here, 'look');
    looking.say();
    assert.ok(((await looking.next())['dials'] as string[]).includes(`${there.address} 1111`));
  });

  test('F14 a beacon reaches everyone on the link, over IPv4 broadcast and IPv6 multicast', async () => {
    using lan = new Lan(3);
    const [first, second, third] = [lan.host(1), lan.host(2), lan.host(3)];
    await using one = new Program(first, 'beacon', 'one');
    await using two = new Program(second, 'beacon', 'two');
    await using three = new Program(third, 'beacon', 'three');
    for (const program of [one, two, three]) assert.deepEqual(await program.next(), { ready: true });
    one.say();
    for (const program of [two, three]) {
      const heard = [await program.next(), await program.next()];
      assert.ok(heard.every((packet) => packet['heard'] === 'one'));
      const sources = heard.map((packet) => String(packet['from'])).sort();
      assert.equal(sources[0], first.address);
      assert.match(sources[1] ?? '', new RegExp(`^fe80::.*%${LAN_INTERFACE}$`), 'with the link that it came from');
    }
  });
});

/** Makes `host` open a TCP connection; whether it succeeds does not matter, ARP comes before. */
function speak(host: Host, address: string, port = 9): void {
  const child = host.start(
    '-e',
    `require('node:net').connect(${port}, '${address}').on('error', () => {}).setTimeout(1000, function () { this.destroy(); })`,
  );
  child.unref();
}
