import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HandshakeGate } from './handshake-gate.ts';

test('C24 the gate holds so many in all, and so many from one address', () => {
  const gate = new HandshakeGate({ handshakesMax: 3, handshakesPerAddressMax: 2 });
  const leaveFirst = gate.enter('a');
  assert.ok(leaveFirst !== undefined);
  assert.ok(gate.enter('a') !== undefined);
  assert.equal(gate.enter('a'), undefined, 'a third from one address');
  const leaveOther = gate.enter('b');
  assert.ok(leaveOther !== undefined);
  assert.equal(gate.enter('c'), undefined, 'a fourth in all');
  leaveFirst();
  leaveFirst();
  assert.ok(gate.enter('c') !== undefined, 'room again');
  assert.equal(gate.enter('d'), undefined, 'leaving twice makes room once');
  leaveOther();
  assert.ok(gate.enter('a') !== undefined);
});
