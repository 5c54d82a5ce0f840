import { deepEqual } from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mock, test } from 'node:test';
import type { Node, PairRequest } from '../../index.ts';
import { DeviceSession } from './device-session.ts';

const ADDRESS = '192.168.1.7:40000';

test('Q29 it is open for two minutes, and for as long as somebody is being asked; then nobody can be accepted', async (context) => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  context.after(() => mock.timers.reset());
  const node = new EventEmitter();
  const session = new DeviceSession(node as unknown as Node, { folders: [] });
  const accepted: string[] = [];
  const knock = (id: string): void => {
    const accept: PairRequest['accept'] = () => {
      accepted.push(id);
      return Promise.reject(new Error('not in this test'));
    };
    node.emit('pair-request', { id, address: ADDRESS, accept } satisfies PairRequest);
  };
  mock.timers.tick(119_000);
  knock('A');
  const asked = { is: 'request', id: 'A', address: ADDRESS };
  for (let minutes = 0; minutes < 10; minutes += 1) {
    deepEqual(await session.next(0, 1000), [asked]);
    mock.timers.tick(60_000);
  }
  mock.timers.tick(60_000); // whoever asked has gone
  deepEqual(await session.next(1, 1000), [{ is: 'closed' }]);
  knock('B');
  deepEqual(await session.next(2, 1000), []);
  await session.answer('A', true).then(
    () => deepEqual('accepted', 'refused'),
    (cause: unknown) => deepEqual((cause as { code?: string }).code, 'E_PAIRING_CLOSED'),
  );
  deepEqual(accepted, []);
});
