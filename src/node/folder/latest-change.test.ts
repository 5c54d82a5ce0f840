import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { blankFile, lookOf } from '../../../test/harness/records.ts';
import { NO_BYTES } from '../../core/model/file-record.ts';
import { openRecordStore } from '../../edges/store/record-store.ts';
import { latestChangeNs } from './latest-change.ts';

const OWN = 1n;
const PEER = 2n;
const HOUR_S = 3600n;
const NOW_S = 1_800_000_000n;

test('E9 what was saved last counts where the clock was set back, also where deletes or old files were recorded after it', () => {
  const store = openRecordStore(':memory:', { randomBytes: (length) => new Uint8Array(length).fill(7) });
  const records = store.folder('docs');
  // The machine was off over night.
  const latest = (): bigint | undefined => latestChangeNs(records, { nowMs: () => Number(NOW_S + 9n * HOUR_S) * 1000 });
  const save = (name: string, changedS: bigint, countedS = changedS): void => {
    const record = blankFile(name, { version: [{ device: OWN, value: countedS }], modifiedBy: OWN });
    records.saveLocal([{ record, look: lookOf(record, { changedNs: changedS * 1_000_000_000n }) }]);
  };
  equal(latest(), undefined);
  save('while the clock was ahead', NOW_S + 5n * HOUR_S);
  equal(latest(), (NOW_S + 5n * HOUR_S) * 1_000_000_000n);
  save('right before the cut', NOW_S, NOW_S + 5n * HOUR_S + 1n);
  equal(latest(), NOW_S * 1_000_000_000n);
  for (const [device, value] of [
    [PEER, NOW_S - 72n * HOUR_S],
    [PEER, NOW_S + 4n * HOUR_S],
    [OWN, NOW_S + 5n * HOUR_S + 2n],
  ] as const) {
    const gone = { deleted: true, size: 0, blocks: NO_BYTES, blockSize: 0, version: [{ device, value }] };
    records.saveLocal([{ record: blankFile(`deleted ${value}`, gone), look: undefined }]);
  }
  save('made long ago', NOW_S - 72n * HOUR_S);
  equal(latest(), NOW_S * 1_000_000_000n);
  store.close();
});
