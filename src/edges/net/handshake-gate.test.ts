import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HandshakeGate } from './handshake-gate.ts';

test('C24 the gate holds so many from one address, and leaving twice makes room once', () => {
  const gate = new HandshakeGate({ handshakesMax: 9, handshakesPerAddressMax: 2 });
  const enter = (): (() => void) | undefined => gate.enter('a', () => assert.fail('there is room'));
  const leave = enter();
  assert.ok(leave !== undefined);
  assert.ok(enter() !== undefined);
  assert.equal(enter(), undefined, 'a third from one address');
  leave();
  leave();
  assert.ok(enter() !== undefined);
  assert.equal(enter(), undefined);
});

test('C24 the gate holds so many in all: the oldest of the most crowded address makes room', () => {
  const gate = new HandshakeGate({ handshakesMax: 4, handshakesPerAddressMax: 3 });
  const turnedOut: string[] = [];
  const enter = (address: string, name: string): (() => void) | undefined =>
    gate.enter(address, () => turnedOut.push(name));
  enter('a', 'a1');
  enter('b', 'b1');
  const leave = enter('b', 'b2');
  enter('b', 'b3');
  enter('c', 'c1');
  assert.deepEqual(turnedOut, ['b1']);
  enter('d', 'd1');
  assert.deepEqual(turnedOut, ['b1', 'b2']);
  leave?.(); // was turned out already: gives no room a second time
  enter('e', 'e1');
  assert.deepEqual(turnedOut, ['b1', 'b2', 'a1'], 'among equals the one that came first');
});
