import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LanfoldError } from '../errors.ts';
import { OtherDevice, tryResultOf } from './try-result.ts';

test('F6 the error of a dial tells what became of it', () => {
  const found = new Uint8Array(32).fill(3);
  const withCode = (code: string): Error => Object.assign(new Error(code), { code });
  const rows: [error: unknown, is: string][] = [
    [new LanfoldError('E_PEER_UNREACHABLE', { subject: 'x', cause: withCode('ECONNREFUSED') }), 'refused'],
    [new LanfoldError('E_PEER_UNREACHABLE', { subject: 'x', cause: withCode('EHOSTUNREACH') }), 'silent'],
    [new LanfoldError('E_PEER_UNREACHABLE', { subject: 'x' }), 'silent'],
    [new LanfoldError('E_PEER_WRONG_DEVICE', { subject: 'x' }), 'somebody-else'],
    [new LanfoldError('E_PEER_WRONG_DEVICE', { subject: 'x', cause: new OtherDevice(found) }), 'somebody-else'],
    ['aborted', 'silent'],
  ];
  for (const [error, is] of rows) assert.equal(tryResultOf(error).is, is);
  assert.deepEqual(tryResultOf(rows[4]?.[0]), { is: 'somebody-else', found });
});
