import { deepEqual, equal } from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { deviceIdText, parseDeviceId, shortId, shortIdText } from '../../src/core/model/device-id.ts';
import { DEVICE_IDS } from './device-ids.ts';

for (const [name, { certificate, text, raw, short }] of Object.entries(DEVICE_IDS)) {
  test(`D1 certificate ${name} has the device ID that Syncthing gives it`, () => {
    const device = new Uint8Array(createHash('sha256').update(new X509Certificate(certificate).raw).digest());
    equal(Buffer.from(device).toString('hex'), raw);
    equal(deviceIdText(device), text);
    equal(shortId(device), short);
    equal(shortIdText(short), text.slice(0, 7));
    deepEqual(parseDeviceId(text), { ok: true, device });
  });
}

test('D2 a device ID may be typed in lower case, with spaces, and with 0, 1, 8 for O, I, B', () => {
  const parsed = parseDeviceId('ps5m201 mxkw32p mfst044 tehgrl8 g4vgx5d vncmsfz aza3j77 1vh2hau');
  deepEqual(parsed.ok && deviceIdText(parsed.device), DEVICE_IDS.A.text);
});
