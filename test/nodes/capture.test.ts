/** What a stranger on the same network can read while two people pair their computers and sync a folder. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { BuiltLanfold } from '../harness/built.ts';
import { Capture, captureMissing } from '../harness/capture.ts';
import { Lan, namespacesMissing } from '../harness/namespaces.ts';
import { terminalsMissing } from '../harness/person.ts';
import { until } from '../harness/process.ts';
import { codeOf, Computer } from './computer.ts';

const FOLDER = 'Wedding in secret';
const EARLIER = 'guests-nobody-knows.txt';
const LATER = 'rings-and-their-price.txt';
const CONTENT = 'and what is written in them';
/** Enter right after the sixth digit belongs to the digits. */
const READS_MS = 300;

const missing = namespacesMissing() ?? terminalsMissing() ?? captureMissing();

test(
  'J28 no name, no ID and no digit of a code is on the wire, before the code is proven or after',
  { skip: missing ?? false, timeout: 120_000 },
  async (t) => {
    using built = new BuiltLanfold();
    const root = mkdtempSync(join(tmpdir(), 'lanfold-capture-people-'));
    t.after(() => rmSync(root, { recursive: true, force: true }));
    using lan = new Lan(2);
    const [first, second] = [lan.host(1), lan.host(2)];
    const maria = new Computer(built, first, root, 'maria');
    const tom = new Computer(built, second, root, 'tom');
    const hers = maria.folder(FOLDER, { [EARLIER]: CONTENT });
    await using capture = await Capture.begin(first);

    await using host = maria.person([], hers);
    const code = (await codeOf(host)).replace(' ', '');
    await using joiner = tom.person([]);
    await joiner.sees(/Code shown there: /);
    const wrong = code.replaceAll(/\d/g, (digit) => String((Number(digit) + 1) % 10));
    joiner.types(wrong);
    await joiner.sees(/does not match/);
    await joiner.sees(/Code shown there: /);
    joiner.types(code);
    await joiner.sees(/Put its folder "Wedding in secret"/);
    await delay(READS_MS);
    joiner.types('\r');
    await joiner.sees(/in sync/);
    writeFileSync(join(hers, LATER), CONTENT);
    await until('the later file arrives', () => existsSync(join(tom.home, FOLDER, LATER)) || undefined, {
      detail: () => joiner.transcript,
    });
    const { id } = await maria.onlyFolder();
    const packets = await capture.end();

    // What must be there, or nothing was captured: the name of the protocol, and the announcements of both kinds.
    for (const seen of ['lanfold-pair/1', '_lanfold']) assert.ok(packets.includes(seen), seen);
    assert.ok(packets.includes(Buffer.from('2ea7d90b', 'hex')), 'an announcement');
    const secrets = [FOLDER, id, EARLIER, LATER, CONTENT, code, wrong, `${code.slice(0, 3)} ${code.slice(3)}`];
    for (const secret of secrets) {
      for (const encoding of ['utf8', 'utf16le'] as const)
        assert.ok(!packets.includes(Buffer.from(secret, encoding)), `"${secret}" is on the wire`);
    }
    t.diagnostic(`${packets.length} bytes of packets; the folder's ID is ${id}`);
  },
);
