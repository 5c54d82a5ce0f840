import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deviceIdText, parseDeviceId, shortId, shortIdText } from './device-id.ts';

const TEXT = 'PS5M2OI-MXKW32P-MFSTO44-TEHGRLB-G4VGX5D-VNCMSFZ-AZA3J77-IVH2HAU';
const devices = fc.uint8Array({ minLength: 32, maxLength: 32 });

test('D3 every device ID is read back from its text', () => {
  fc.assert(
    fc.property(devices, (device) => {
      const text = deviceIdText(device);
      equal(text.length, 63);
      deepEqual(parseDeviceId(text), { ok: true, device });
    }),
  );
});

test('D3 the old form of 52 letters without check letters is read', () => {
  const old = TEXT.replaceAll('-', '').replaceAll(/(.{13})./g, '$1');
  equal(old.length, 52);
  deepEqual(parseDeviceId(old), parseDeviceId(TEXT));
  deepEqual(parseDeviceId(`${old}====`), parseDeviceId(TEXT));
});

const typos: [typed: string, part: number, groups: string][] = [
  [TEXT.replace('PS5M2OI', 'PS5M2OJ'), 1, 'PS5M2OJ-MXKW32P'],
  [TEXT.replace('TEHGRLB', 'TEHGRLC'), 2, 'MFSTO44-TEHGRLC'],
  [TEXT.replace('G4VGX5D', '4GVGX5D'), 3, '4GVGX5D-VNCMSFZ'],
  [TEXT.replace('IVH2HAU', 'IVH2HAV'), 4, 'AZA3J77-IVH2HAV'],
];
for (const [typed, part, groups] of typos) {
  test(`D4 a typing mistake in part ${part} is found there`, () => {
    const parsed = parseDeviceId(typed.toLowerCase());
    deepEqual(parsed, {
      ok: false,
      fault: 'check',
      part,
      groups,
      message: `part ${part} of 4 has a typing mistake: "${groups}"`,
    });
  });
}

test('D4 any one wrong letter is found in its part', () => {
  const letters = TEXT.replaceAll('-', '');
  fc.assert(
    fc.property(fc.nat(55), fc.nat(30), (at, step) => {
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
      const wrong = alphabet.charAt((alphabet.indexOf(letters.charAt(at)) + 1 + step) % 32);
      const parsed = parseDeviceId(letters.slice(0, at) + wrong + letters.slice(at + 1));
      equal(!parsed.ok && parsed.fault === 'check' && parsed.part, Math.floor(at / 14) + 1);
    }),
  );
});

test('D5 a wrong length is told', () => {
  for (const [typed, letters] of [
    ['', 0],
    [TEXT.slice(1), 55],
    [`${TEXT}A`, 57],
  ] as const) {
    const parsed = parseDeviceId(typed);
    equal(!parsed.ok && parsed.fault === 'length' && parsed.letters, letters);
  }
});

test('D5 a character of no device ID is told', () => {
  for (const character of ['9', 'Ä', '🙂', '\0', '_']) {
    const parsed = parseDeviceId(TEXT.replace('7', character));
    equal(!parsed.ok && parsed.fault === 'character' && parsed.character, character);
  }
});

test('D5 whatever is typed gives a value, never an exception', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (typed) => {
      const parsed = parseDeviceId(typed);
      if (parsed.ok) equal(parsed.device.length, 32);
      else match(parsed.message, /device ID|typing mistake/);
    }),
  );
});

test('D6 the short ID is the first eight bytes, and shown as the first group', () => {
  fc.assert(
    fc.property(devices, (device) => {
      equal(shortId(device), Buffer.from(device).readBigUInt64BE());
      equal(shortIdText(shortId(device)), deviceIdText(device).slice(0, 7));
    }),
  );
});
