import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isMeetingServer, meetingOffers } from './meeting.ts';

describe('who is the TLS server of a meeting', () => {
  const rows: [what: string, lower: [host: string, port: number], higher: [host: string, port: number]][] = [
    ['IPv4, by number and not by letter', ['10.0.0.9', 1112], ['10.0.0.10', 1112]],
    ['IPv6, by number and not by letter', ['fd00::9', 1112], ['fd00:0::a0', 1112]],
    ['IPv4 in IPv6 clothes at one end', ['::ffff:10.0.0.9', 1112], ['10.0.0.10', 1112]],
    ['link-local, with a zone that differs', ['fe80::1%lan9', 1112], ['fe80::2%eth0', 1112]],
    ['the address before the port', ['10.0.0.9', 9999], ['10.0.0.10', 1]],
    ['two on one host', ['127.0.0.1', 1112], ['127.0.0.1', 1113]],
  ];
  for (const [what, lower, higher] of rows) {
    test(`C36 the lower address is the server: ${what}`, () => {
      const [low, high] = [lower, higher].map(([host, port]) => ({ host, port }));
      assert.ok(low !== undefined && high !== undefined);
      assert.equal(isMeetingServer(low, high), true);
      assert.equal(isMeetingServer(high, low), false);
    });
  }

  test('C36 an end that meets itself is neither', () => {
    assert.equal(isMeetingServer({ host: '::1%lo', port: 1112 }, { host: '0:0::1', port: 1112 }), undefined);
  });
});

describe('what two ends of a meeting agree on', () => {
  const device = new Uint8Array(32);
  const rows = [
    [device, device, 'bep/1.0'],
    ['waiting', 'joining', 'pairing'],
    ['waiting', device, 'bep/1.0'],
    ['waiting', 'waiting', 'bep/1.0'],
    ['joining', 'joining', undefined],
    ['joining', device, undefined],
  ] as const;
  for (const [one, other, wanted] of rows) {
    test(`C37 ${textOf(one)} meets ${textOf(other)}: ${wanted ?? 'nothing'}`, () => {
      for (const [client, server] of [
        [one, other],
        [other, one],
      ] as const) {
        const offered = meetingOffers(client, false);
        const agreed = meetingOffers(server, true).find((name) => offered.includes(name));
        if (wanted === 'pairing') assert.match(agreed ?? '', client === 'waiting' ? /^lanfold-pair\/1$/ : /reversed/);
        else assert.equal(agreed, wanted);
      }
    });
  }

  function textOf(expects: Uint8Array | 'waiting' | 'joining'): string {
    return typeof expects === 'string' ? `who expects "${expects}"` : 'who expects a device';
  }
});
