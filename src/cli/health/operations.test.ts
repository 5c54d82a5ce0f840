import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, VerifyReport } from '../../index.ts';
import { nextHealthNews, startHealthWork, stopHealthWork } from './operations.ts';

const FOUND = { damaged: 0, changed: 0, missing: 0, unreadable: 0, unknown: 0, findings: [] };
const REPORT: VerifyReport = { files: 1, bytes: 1, ...FOUND };

/** A node of one folder, whose verification ends when it is told to, or is given up. */
function slowNode(): { node: Node; signals: AbortSignal[]; finish: () => void } {
  const signals: AbortSignal[] = [];
  const done = Promise.withResolvers<VerifyReport>();
  const node = {
    listening: '127.0.0.1:1111',
    configuration: { folders: [{ id: 'notes', path: '/home/notes' }] },
    verify: (_: string, { signal }: { signal: AbortSignal }) => {
      signals.push(signal);
      signal.addEventListener('abort', () => done.reject(signal.reason as Error));
      return done.promise;
    },
  };
  return { node: node as unknown as Node, signals, finish: () => done.resolve(REPORT) };
}

test('U83 work that nobody asks for any more is given up; while somebody asks, it is not', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { node, signals } = slowNode();
  const { work } = startHealthWork.run(node, { what: 'verify', paths: [] });
  for (let second = 0; second < 20; second += 1) {
    const news = nextHealthNews.run(node, { work });
    context.mock.timers.tick(1000);
    deepEqual(await news, { progress: null });
  }
  equal(signals[0]?.aborted, false);
  context.mock.timers.tick(5001);
  ok(signals[0]?.aborted);
});

test('U83 who follows gets the report, and who stops it ends it at once', async () => {
  const first = slowNode();
  const { work } = startHealthWork.run(first.node, { what: 'verify', paths: ['/home/notes/a', '/home/notes'] });
  first.finish();
  deepEqual(await nextHealthNews.run(first.node, { work }), {
    report: { folders: [{ id: 'notes', path: '/home/notes', verified: REPORT }], faults: undefined },
  });
  const second = slowNode();
  const { work: other } = startHealthWork.run(second.node, { what: 'verify', paths: [] });
  stopHealthWork.run(second.node, { work: other });
  ok(second.signals[0]?.aborted);
});
