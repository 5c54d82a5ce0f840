import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { failureOf, skippedHere } from './missing.ts';

/** Until the end of the test. */
function setCi(context: TestContext, value: string | undefined): void {
  const before = process.env['CI'];
  const set = (to: string | undefined): void => {
    if (to === undefined) delete process.env['CI'];
    else process.env['CI'] = to;
  };
  context.after(() => set(before));
  set(value);
}

test('H9 what is missing here skips a test, with the reason', (context) => {
  setCi(context, undefined);
  assert.equal(skippedHere('test with disks', 'mounting needs root'), 'mounting needs root');
  assert.equal(skippedHere('test with disks', undefined), undefined);
});

test('H9 under CI nothing is skipped', (context) => {
  setCi(context, 'true');
  assert.throws(
    () => skippedHere('test with disks', 'mounting needs root'),
    /^Error: Cannot test with disks: mounting/,
  );
  assert.equal(skippedHere('test with disks', undefined), undefined);
});

test('H9 what does not work says why', () => {
  const refuse = (): never => {
    throw new Error('permission denied');
  };
  assert.equal(failureOf('mounting', refuse), 'mounting fails: permission denied');
  assert.equal(
    failureOf('mounting', () => 'a value that nobody wants'),
    undefined,
  );
});
