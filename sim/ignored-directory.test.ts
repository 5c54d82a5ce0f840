/** A directory that is taken out of the folder by a pattern, and comes back into it. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER } from './desk.ts';
import { two } from './desks.ts';

for (const when of ['while lanfold runs', 'while it is stopped'])
  test(`G13 what is removed below an ignored directory ${when} comes back with it, and is deleted nowhere else`, async () => {
    const { desk, a, b } = two();
    using _ = desk;
    await desk.start(a, b);
    a.disk.makeDirectory(`${FOLDER}/d`);
    for (const name of ['d/one', 'd/two']) a.write(name, name);
    ok(await desk.until(() => b.read('d/two') === 'd/two' && b.read('d/one') === 'd/one'));
    ok(await desk.inSync(a, b));
    await desk.runFor(5000);
    if (when !== 'while lanfold runs') a.crash();
    a.hasStoppedProperly();
    a.write('.stignore', 'd\n');
    if (when === 'while lanfold runs') await desk.runFor(700_000);
    a.disk.rename(`${FOLDER}/d`, 'elsewhere'); // as rm, but that nobody hears of what is in it
    if (when !== 'while lanfold runs') await desk.start(a);
    await desk.runFor(700_000);
    deepEqual([b.read('d/one'), b.read('d/two')], ['d/one', 'd/two']);
    a.write('.stignore', 'e\n');
    await desk.runFor(1_300_000);
    deepEqual([b.read('d/one'), b.read('d/two')], ['d/one', 'd/two']);
    deepEqual([a.read('d/one'), a.read('d/two')], ['d/one', 'd/two']);
    equal(a.folder().state, 'in-sync');
  });

test('G13 what is ignored is deleted nowhere else when the directory around it is removed', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a, b);
  for (const directory of ['d', 'd/modules']) a.disk.makeDirectory(`${FOLDER}/${directory}`);
  for (const name of ['d/one', 'd/modules/two']) a.write(name, name);
  ok(await desk.until(() => b.read('d/modules/two') !== undefined && b.read('d/one') !== undefined));
  ok(await desk.inSync(a, b));
  a.write('.stignore', 'modules\n');
  await desk.runFor(700_000);
  a.disk.rename(`${FOLDER}/d`, 'elsewhere');
  ok(await desk.until(() => b.read('d/one') === undefined));
  await desk.runFor(700_000);
  equal(b.read('d/modules/two'), 'd/modules/two');
  deepEqual([a.folder().state, b.folder().state], ['in-sync', 'in-sync']);
});
