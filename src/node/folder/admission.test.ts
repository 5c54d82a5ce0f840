import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { Life } from '../../edges/memory/life.ts';
import { MemoryClock } from '../../edges/memory/memory-clock.ts';
import { Scheduler } from '../../edges/memory/scheduler.ts';
import type { FolderRecords } from '../../ports/record-store.ts';
import { Admission } from './admission.ts';

const AWAITED = 1n;
const OTHER = 2n;

function admission(scheduler = new Scheduler()): Admission & { renewed: () => number } {
  let renewed = 0;
  const notes = new Map<string, string>();
  const records: Partial<FolderRecords> = {
    note: (name) => notes.get(name),
    setNote: (name, value) => void (value === undefined ? notes.delete(name) : notes.set(name, value)),
    remotes: () => [AWAITED, OTHER],
    renewIndexId: () => {
      renewed += 1;
      return 7n;
    },
  };
  const clock = new MemoryClock(new Life(scheduler));
  const made = Object.assign(new Admission(records as FolderRecords, false, clock, () => {}), {
    renewed: () => renewed,
  });
  made.scanned();
  made.doubt(AWAITED);
  return made;
}

test('E8 when the peer that is waited for has gone, what another one told before counts', () => {
  const made = admission();
  made.peerHeard(OTHER);
  equal(made.isSilent, true, 'while it is there nobody else will do');
  made.peerLeft(AWAITED);
  equal(made.isSilent, false);
});

test('E8 nobody counts who has gone as well', () => {
  const made = admission();
  made.peerHeard(OTHER);
  made.peerLeft(OTHER);
  made.peerLeft(AWAITED);
  equal(made.isSilent, true);
  made.peerHeard(OTHER);
  equal(made.isSilent, false);
});

test('E8 a peer that never comes to an end is waited for a minute, then whoever was heard is enough, or the next one', async () => {
  const scheduler = new Scheduler();
  const [heard, unheard, closed] = [admission(scheduler), admission(scheduler), admission(scheduler)];
  heard.peerHeard(OTHER);
  closed.peerHeard(OTHER);
  closed.close();
  await scheduler.runFor(59_999);
  equal(heard.isSilent, true);
  await scheduler.runFor(2);
  equal(heard.isSilent, false);
  equal(unheard.isSilent, true);
  unheard.peerHeard(OTHER);
  equal(unheard.isSilent, false);
  equal(closed.isSilent, true, 'nothing is written for a folder that is closed');
});

test('R14 a peer is believed once an hour that it knows more of our records than we do', async () => {
  const scheduler = new Scheduler();
  const made = admission(scheduler);
  made.peerHeard(AWAITED);
  await scheduler.runFor(3_599_000);
  equal(made.doubt(AWAITED), false);
  equal(made.isSilent, false);
  equal(made.doubt(OTHER), true, 'another one may know it');
  made.peerHeard(OTHER);
  await scheduler.runFor(1000);
  equal(made.doubt(AWAITED), true);
  equal(made.isSilent, true);
  equal(made.renewed(), 3);
});

test('R12 who tells all of its index anew is heard when it has come to the end, and not when it has gone', () => {
  const made = admission();
  equal(made.isAllHeard, true);
  made.tellsAnew(OTHER);
  made.peerLeft(OTHER);
  made.peerHeard(AWAITED);
  equal(made.isAllHeard, false);
  made.peerHeard(OTHER);
  equal(made.isAllHeard, true);
});
