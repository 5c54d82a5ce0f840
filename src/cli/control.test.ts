import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { Node } from '../index.ts';
import { LineBuffer, REQUEST_BYTES_MAX } from './control-protocol.ts';
import { serveControl } from './control-server.ts';

test('U70 a line that comes in pieces is one line; one that is too long is refused', () => {
  const buffer = new LineBuffer(8);
  equal(buffer.push(Buffer.from('{"a')), 'more');
  deepEqual(buffer.push(Buffer.from('é"}\nrest')), { line: '{"aé"}' });
  const full = new LineBuffer(8);
  equal(full.push(Buffer.alloc(8, 'x')), 'more');
  equal(full.push(Buffer.from('x')), 'too-long');
});

test('U71 whatever is asked over the control socket, the answer is one line of JSON', async (context) => {
  const home = mkdtempSync(join(tmpdir(), 'lanfold-control-'));
  const node = await Node.open({ home, offline: true });
  const server = await serveControl(node);
  context.after(async () => {
    server.close();
    await node.close();
    rmSync(home, { recursive: true, force: true });
  });
  const ask = async (question: string): Promise<{ ok?: boolean; result?: unknown; error?: { code: string } }> => {
    const socket = createConnection(node.home.socket);
    socket.end(question);
    const answer = await text(socket);
    ok(answer.endsWith('\n') && answer.split('\n').length === 2, answer);
    return JSON.parse(answer) as { error?: { code: string } };
  };
  deepEqual(await ask('{"command":"id"}\n'), { ok: true, result: { id: node.id } });
  equal((await ask('{"command":"fly"}\n')).error?.code, 'E_USAGE');
  equal((await ask('{"command":"toString"}\n')).error?.code, 'E_USAGE');
  equal((await ask('{"command":"peers.trust","args":{"id":7}}\n')).error?.code, 'E_USAGE');
  equal((await ask('{"command":"peers.remove","args":{"id":"ABC"}}\n')).error?.code, 'E_DEVICE_ID');
  ok((await ask('no JSON\n')).error !== undefined);
  ok((await ask('[]\n')).error !== undefined);
  equal((await ask('x'.repeat(REQUEST_BYTES_MAX + 1))).error?.code, 'E_USAGE');
});
