/** What a member is given that asks by hand for what it was not told of, on memory edges. */
import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { LanfoldError } from '../src/core/errors.ts';
import { FOLDER, type Desk, type Machine } from './desk.ts';
import { two, twoWith } from './desks.ts';
import { HandPeer } from './hand-peer.ts';

const NEW = 'new here';
const PRIVATE = 'private by now';

/** B speaks by hand. @returns how many bytes of a file it is given when it asks without a hash. */
async function asking(desk: Desk, a: Machine, b: Machine, folder = FOLDER) {
  const peer = await HandPeer.connect(desk, b, a);
  peer.say('ClusterConfig', { folders: [peer.folder({ indexId: 7n, maxSequence: 0 }, {}, folder)] });
  let id = 0;
  return async (name: string): Promise<number | undefined> => {
    id += 1;
    peer.say('Request', { id, folder, name, offset: 0, size: 7 });
    const answers = (): (Uint8Array | undefined)[] =>
      peer.heard.flatMap((message) =>
        message.type === 'Response' && message.body.id === id ? [message.body.data] : [],
      );
    ok(await desk.until(() => answers().length > 0, 5000));
    return answers()[0]?.length;
  };
}

/** A has what both had, and B has gone. */
async function left() {
  const { desk, a, b } = await twoWith({ file: 'what both had' });
  b.crash();
  return { desk, a, b };
}

test('U101 of a folder that is new here nothing is given before a person has said that it may join, whatever name a peer guesses', async () => {
  const { desk, a, b } = two([FOLDER]);
  using _ = desk;
  await desk.start(a);
  a.disk.makeDirectory(NEW);
  a.write('taxes', PRIVATE, NEW);
  const open = a.engine.addFolder({ id: NEW, root: NEW, peers: [b.device], isHeld: true });
  const folder = await desk.scheduler.runUntil(open);
  ok(await desk.until(() => folder.records.local('taxes') !== undefined));
  const ask = await asking(desk, a, b, NEW);
  equal(await ask('taxes'), 0);
  folder.release();
  equal(await ask('taxes'), 7);
});

test('G14 while patterns cannot be read nothing is given, for it may be what they are to hold back', async () => {
  const { desk, a, b } = await left();
  using _ = desk;
  const ask = await asking(desk, a, b);
  equal(await ask('file'), 7);
  a.write('.stignore', '#include not-there\nfile');
  ok(await desk.until(() => a.folder().state === 'stopped'));
  a.write('file', PRIVATE);
  equal(await ask('file'), 0);
});

test('G14 what patterns of today hold back is not given after a start before they were read', async () => {
  const { desk, a, b } = await left();
  using _ = desk;
  a.hasStoppedProperly();
  a.crash();
  a.write('.stignore', 'file');
  a.write('file', PRIVATE);
  let isSlow = true;
  a.faults.beforeDisk = async (call, _folder, [jobs]) => {
    const isOfPatterns = call === 'read' && (jobs as { name: string }[])[0]?.name === '.stignore';
    if (isOfPatterns && isSlow) await new Promise<void>((resolve) => desk.scheduler.after(10_000, resolve));
  };
  const starting = a.start();
  await desk.runFor(1000);
  const ask = await asking(desk, a, b);
  equal(await ask('file'), 0);
  isSlow = false;
  await desk.scheduler.runUntil(starting);
  ok(await desk.until(() => a.folder().admission.isScanned));
  equal(await ask('file'), 0);
});

test('F2 of a root that is another folder by now nothing is given', async () => {
  const { desk, a, b } = await left();
  using _ = desk;
  const ask = await asking(desk, a, b);
  a.faults.afterDisk = (call, _values, result) => (call === 'check' ? 'other-folder' : result);
  a.write('file', PRIVATE);
  a.folder().rescan();
  ok(await desk.until(() => a.folder().state === 'stopped'));
  equal(await ask('file'), 0);
});

for (const when of ['at its start', 'while it runs'])
  test(`G14 of a folder that is stopped as its disk fails ${when} nothing is given, for nobody reads the patterns`, async () => {
    const { desk, a, b } = await left();
    using _ = desk;
    const fail = (call: string): void => {
      if (call === 'check') throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    };
    if (when === 'while it runs') {
      a.faults.beforeDisk = fail;
      a.folder().rescan();
      ok(await desk.until(() => a.folder().state === 'stopped'));
    } else {
      a.hasStoppedProperly();
      a.crash();
    }
    a.write('.stignore', 'file');
    a.write('file', PRIVATE);
    a.faults.beforeDisk = fail;
    if (when === 'at its start') await desk.start(a);
    await desk.runFor(60_000);
    equal(a.folder().state, 'stopped');
    const ask = await asking(desk, a, b);
    equal(await ask('file'), 0);
    delete a.faults.beforeDisk;
    ok(await desk.until(() => a.folder().state !== 'stopped'));
    equal(await ask('file'), 0);
  });

test('G14 of a folder that is stopped as its records have no room what was told is given, but not what patterns keep back since', async () => {
  const { desk, a, b } = await left();
  using _ = desk;
  a.faults.beforeRecords = (call) => {
    if (call === 'saveLocal') throw new LanfoldError('E_DISK_FULL', { subject: 'records.sqlite' });
  };
  a.write('more', 'not told');
  ok(await desk.until(() => a.folder().error?.code === 'E_DISK_FULL'));
  const ask = await asking(desk, a, b);
  equal(await ask('file'), 7);
  a.write('.stignore', 'file');
  await desk.runFor(1000);
  equal(a.folder().state, 'stopped');
  equal(await ask('file'), 0);
});
