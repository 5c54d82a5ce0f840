import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import type { FolderRecords } from '../../ports/record-store.ts';
import { Admission } from './admission.ts';

const AWAITED = 1n;
const OTHER = 2n;

function admission(): Admission {
  const notes = new Map<string, string>();
  const records: Partial<FolderRecords> = {
    note: (name) => notes.get(name),
    setNote: (name, value) => void (value === undefined ? notes.delete(name) : notes.set(name, value)),
    renewIndexId: () => 7n,
  };
  const made = new Admission(records as FolderRecords, false, () => {});
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
