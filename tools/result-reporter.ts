/**
 * A reporter of node:test that writes one line of JSON for each test that has ended, a suite too: what tools/catalogue.ts reads.
 * @module
 */
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

/** How one test ended. */
export interface TestResult {
  /** Where it is written, from the root of the repository. */
  readonly file: string;
  readonly title: string;
  readonly result: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped, if it said so. */
  readonly why?: string;
  readonly ms: number;
}

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const { skip, todo } = data;
    const isLeftOut = skip !== undefined || todo !== undefined;
    const result: TestResult = {
      file: data.file === undefined ? '' : relative(process.cwd(), data.file),
      title: data.name,
      result: type === 'test:fail' ? 'failed' : isLeftOut ? 'skipped' : 'passed',
      ...(typeof skip === 'string' ? { why: skip } : {}),
      ms: Math.round(data.details.duration_ms),
    };
    yield `${JSON.stringify(result)}\n`;
  }
}
