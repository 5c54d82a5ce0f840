import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { LoopKick } from './loop-kick.ts';

test('P69 a kick wakes the loop of a thread, which wakes this one in turn', async () => {
  const kick = new LoopKick();
  const worker = new Worker(
    `const { kicks } = require('node:worker_threads').workerData;
     import(${JSON.stringify(new URL('loop-kick.ts', import.meta.url).href)}).then(({ answerKicks }) => {
       kicks.on('message', () => require('node:worker_threads').parentPort.postMessage('kicked'));
       answerKicks(kicks);
       kicks.ref();
     });`,
    { eval: true, workerData: { kicks: kick.farPort }, transferList: [kick.farPort] },
  );
  try {
    kick.start();
    assert.deepEqual(await once(worker, 'message'), ['kicked']);
    assert.deepEqual(await once(worker, 'message'), ['kicked'], 'again and again');
  } finally {
    kick.close();
    await worker.terminate();
  }
});
