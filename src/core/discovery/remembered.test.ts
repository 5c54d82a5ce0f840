import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Remembered } from './remembered.ts';

const at = (host: string): { host: string; port: number } => ({ host, port: 1111 });

test('F17 the last three addresses of a device are remembered, newest first', () => {
  const remembered = new Remembered();
  for (const host of ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'])
    assert.equal(remembered.add('A', at(host)), true);
  assert.equal(remembered.add('A', at('10.0.0.4')), false, 'the newest is no news');
  assert.equal(remembered.add('A', at('10.0.0.2')), true);
  assert.deepEqual(
    remembered.of('A').map(({ host }) => host),
    ['10.0.0.2', '10.0.0.4', '10.0.0.3'],
  );
  assert.deepEqual(remembered.of('B'), []);
  const again = Remembered.parse(remembered.print());
  assert.deepEqual(again.of('A'), remembered.of('A'));
  assert.equal(again.forget('A'), true);
  assert.equal(again.forget('A'), false);
  assert.deepEqual(again.of('A'), []);
});

test('F17 what cannot be read is as good as nothing remembered', () => {
  for (const text of ['', 'null', '[1]', '{"A":7}', '{"A":[null,7,{},{"host":"evil.example","port":1}]}', '{"A":[{']) {
    assert.deepEqual(Remembered.parse(text).of('A'), [], text);
  }
  const places = [at('10.0.0.1'), { host: '10.0.0.2', port: 0 }, { host: '10.0.0.3', port: 65_536 }];
  assert.deepEqual(Remembered.parse(JSON.stringify({ A: places })).of('A'), [at('10.0.0.1')]);
});
