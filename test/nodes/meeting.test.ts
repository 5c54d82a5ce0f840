/** Two hosts that let nobody in meet in the middle: real firewalls, real TCP. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MEETING_MS } from '../../src/core/discovery/meeting.ts';
import { createCertificate } from '../../src/edges/net/certificate.ts';
import { identityOf, type Identity } from '../../src/edges/net/identity.ts';
import { DENY_MDNS_TOO, firewallMissing } from '../harness/firewall.ts';
import { Lan, LAN_INTERFACE, namespacesMissing, type Host } from '../harness/namespaces.ts';
import { Program } from '../harness/process.ts';
import type { MeetingPlan, MeetingReport, MeetingRest } from './meeting-host.ts';

const SCRIPT = fileURLToPath(new URL('meeting-host.ts', import.meta.url));
const ROUNDS = 10;
/** How much longer than its bound an attempt may take on a busy machine. */
const SLACK_MS = 1_000;

const missing = namespacesMissing() ?? firewallMissing();

describe('two firewalled hosts', { skip: missing ?? false, timeout: 120_000 }, () => {
  const [first, second, third] = [newIdentity(), newIdentity(), newIdentity()];

  test('C38 two that expect each other meet, ten times of ten, and nothing is left', async (context) => {
    using lan = new Lan(2);
    const [here, there] = firewalled(lan);
    const ends = await Promise.all([
      run(context, here, { identity: first, meetings: [meeting(there, second)], rounds: ROUNDS }),
      run(context, there, { identity: second, meetings: [meeting(here, first)], rounds: ROUNDS }),
    ]);
    for (const [end, far] of [
      [ends[0], second],
      [ends[1], first],
    ] as const) {
      assert.deepEqual(
        end.reports.map(({ is, device, heard }) => ({ is, device, heard })),
        Array.from({ length: ROUNDS }, () => ({ is: 'connected', device: hex(far), heard: 'good day' })),
      );
      assert.deepEqual(end.rest, {
        descriptors: 0,
        resources: end.rest.resources.filter((name) => !isOfNetwork(name)),
      });
      context.diagnostic(`ms: ${end.reports.map(({ tookMs }) => tookMs.toFixed()).join(' ')}`);
    }
    assert.ok(
      ends[0].reports.every(({ dialled }) => dialled === false),
      'the lower address is the server',
    );
    assert.ok(ends[1].reports.every(({ dialled }) => dialled === true));
    assert.deepEqual(openSockets(here), []);
    assert.deepEqual(openSockets(there), []);
  });

  for (const [lower, higher] of [
    ['waiting', 'joining'],
    ['joining', 'waiting'],
  ] as const) {
    test(`C38 who wants to join and who has the code meet (${lower} at the lower address)`, async (context) => {
      using lan = new Lan(2);
      const [here, there] = firewalled(lan);
      const [one, other] = await Promise.all([
        run(context, here, { identity: first, meetings: [{ host: there.address, expects: lower }], rounds: 1 }),
        run(context, there, { identity: second, meetings: [{ host: here.address, expects: higher }], rounds: 1 }),
      ]);
      const [near, far] = [one.reports[0], other.reports[0]];
      assert.deepEqual([near?.is, near?.device, near?.heard], [lower, hex(second), 'good day']);
      assert.deepEqual([far?.is, far?.device, far?.heard], [higher, hex(first), 'good day']);
      assert.match(near?.binding ?? '', /^[\da-f]{64}$/);
      assert.equal(near?.binding, far?.binding);
    });
  }

  test('C38 two meet over IPv6, by addresses of their link', async (context) => {
    using lan = new Lan(2);
    const [here, there] = firewalled(lan);
    const [near, far] = [linkLocal(here), linkLocal(there)];
    const ends = await Promise.all([
      run(context, here, { identity: first, meetings: [{ ...meeting(there, second), host: far }], rounds: 2 }),
      run(context, there, { identity: second, meetings: [{ ...meeting(here, first), host: near }], rounds: 2 }),
    ]);
    for (const { reports } of ends) {
      assert.deepEqual(
        reports.map(({ is, heard }) => [is, heard]),
        [
          ['connected', 'good day'],
          ['connected', 'good day'],
        ],
      );
    }
  });

  test('C38 meetings with two hosts at once share a local port', async (context) => {
    using lan = new Lan(3);
    const [here, there, beyond] = firewalled(lan);
    const [middle] = await Promise.all([
      run(context, here, { identity: first, meetings: [meeting(there, second), meeting(beyond, third)], rounds: 1 }),
      run(context, there, { identity: second, meetings: [meeting(here, first)], rounds: 1 }),
      run(context, beyond, { identity: third, meetings: [meeting(here, first)], rounds: 1 }),
    ]);
    assert.deepEqual(
      middle.reports.map(({ is, device }) => [is, device]),
      [
        ['connected', hex(second)],
        ['connected', hex(third)],
      ],
    );
  });

  test('C38 who meets nobody knows it soon, and keeps nothing', async (context) => {
    using lan = new Lan(2);
    const [here, there] = firewalled(lan);
    const { reports, rest } = await run(context, here, {
      identity: first,
      meetings: [meeting(there, second)],
      rounds: 1,
    });
    const [report] = reports;
    assert.equal(report?.is, 'E_PEER_UNREACHABLE');
    assert.ok((report?.tookMs ?? 0) < MEETING_MS + SLACK_MS, `${report?.tookMs} ms`);
    assert.equal(rest.descriptors, 0);
    assert.deepEqual(rest.resources.filter(isOfNetwork), []);
    assert.deepEqual(openSockets(here), []);
  });

  test('C38 who expects another device does not get a stream', async (context) => {
    using lan = new Lan(2);
    const [here, there] = firewalled(lan);
    const [one, other] = await Promise.all([
      run(context, here, { identity: first, meetings: [meeting(there, third)], rounds: 1 }),
      run(context, there, { identity: second, meetings: [meeting(here, third)], rounds: 1 }),
    ]);
    // The TLS server may find the connection closed by the client, which judges first.
    assert.equal(other.reports[0]?.is, 'E_PEER_WRONG_DEVICE');
    assert.ok(['E_PEER_WRONG_DEVICE', 'E_PEER_UNREACHABLE'].includes(one.reports[0]?.is ?? ''));
  });
});

function firewalled(lan: Lan): [Host, Host, Host] {
  for (const host of lan.hosts) host.nft(DENY_MDNS_TOO);
  return lan.hosts as [Host, Host, Host];
}

function linkLocal(host: Host): string {
  const [, address] =
    /inet6 (fe80:[\da-f:]+)/.exec(host.ip('address', 'show', 'dev', LAN_INTERFACE, 'scope', 'link')) ?? [];
  assert.ok(address !== undefined);
  return `${address}%${LAN_INTERFACE}`;
}

function meeting({ address }: Host, identity: Identity): MeetingPlan['meetings'][number] {
  return { host: address, expects: hex(identity) };
}

/** Runs a plan inside a host, until the program ends by itself. */
async function run(
  context: TestContext,
  { namespace }: Host,
  plan: MeetingPlan,
): Promise<{ reports: MeetingReport[]; rest: MeetingRest }> {
  const program = await Program.start('ip', ['netns', 'exec', namespace, process.execPath, SCRIPT], {
    env: { MEETING_PLAN: JSON.stringify(plan) },
  });
  context.after(() => program.end());
  const exit = await program.exited;
  assert.deepEqual(exit, { code: 0, signal: null }, program.tail());
  const lines = program.stdout.map((line) => JSON.parse(line) as MeetingReport & MeetingRest);
  const rest = lines.pop();
  assert.ok(rest !== undefined);
  return { reports: lines, rest };
}

/** As Linux writes it in its tables of sockets. */
const TIME_WAIT = '06';

/** What the kernel still holds; what waits for stray packets of a closed connection is no program's any more. */
function openSockets({ namespace }: Host): string[] {
  const table = execFileSync('ip', ['netns', 'exec', namespace, 'cat', '/proc/net/tcp', '/proc/net/tcp6']).toString();
  return table.split('\n').filter((line) => /^\s*\d+:/.test(line) && line.trim().split(/\s+/)[3] !== TIME_WAIT);
}

function isOfNetwork(resource: string): boolean {
  return /TCP|TLS|Timeout/.test(resource);
}

function newIdentity(): Identity {
  return identityOf(createCertificate(new Date()));
}

function hex({ device }: Identity): string {
  return Buffer.from(device).toString('hex');
}
