/**
 * What a person types, and what one process of theirs asks of another.
 * @module
 */
import { basename, dirname } from 'node:path';
import { CommanderError, type Command } from 'commander';
import fc from 'fast-check';
import { safeParse } from 'valibot';
import { readReply, readRequest, LineBuffer } from '../../../src/cli/control-protocol.ts';
import { isOperation, OPERATIONS } from '../../../src/cli/operations.ts';
import { outsideShared, typedTarget } from '../../../src/cli/pairing/target.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { parseTime } from '../../../src/cli/usage.ts';
import { LanfoldError } from '../../../src/index.ts';
import { parseAddress, printAddress, urlsOf } from '../../../src/node/address.ts';
import { asText, hold, holdSame, unless, utf8, type Target } from '../engine/target.ts';

const KIB = 1024;

/** The whole grammar, with nothing behind it: what would be done is not part of what is read. */
function grammar(): Command {
  const program = createProgram(() => {});
  const bare = (command: Command): void => {
    command.action(() => {}).configureOutput({ writeOut: () => {}, writeErr: () => {} });
    for (const inner of command.commands) bare(inner);
  };
  bare(program);
  return program;
}

const WORDS = [
  '--home',
  '--json',
  '-q',
  '-v',
  '-vv',
  '-C',
  '--folder-id',
  '--listen',
  '--discovery',
  '--web',
  '--name',
  '--at',
  '--yes',
  '--to',
  'run',
  'id',
  'status',
  '--check',
  'pair',
  '--syncthing',
  '--device',
  'join',
  '--code-stdin',
  'leave',
  'peers',
  'list',
  'trust',
  '--address',
  '--introducer',
  'rename',
  'remove',
  'folders',
  'add',
  'history',
  'restore',
  'approve',
  'rescan',
  '--help',
  '-h',
  '-V',
  'help',
  '--',
  '-',
  '',
  '--=',
  '--json=1',
  '-C=',
  '__proto__',
  'constructor',
  '--__proto__',
  'off',
  'lan',
  '10:31',
];

const commandLine: Target = {
  name: 'command-line',
  title: 'U20 whatever is typed is understood, or is wrong usage',
  run(bytes) {
    const typed = asText(bytes).split('\n');
    const refusal = attempt(() => void grammar().parse(typed, { from: 'user' }));
    if (refusal === undefined || refusal instanceof CommanderError) return;
    hold(
      refusal instanceof LanfoldError && refusal.code === 'E_USAGE',
      `the refusal is a usage error, not ${refusal instanceof Error ? refusal.message : typeof refusal}`,
    );
  },
  seeds: () =>
    ['peers\ntrust\nABC\n--address\n10.0.0.1:1111', '--home\n/x\nstatus\n--check\n--json', 'join\n--to\n~/x'].map(utf8),
  shaped: fc
    .array(fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 6 })), { maxLength: 8 })
    .map((words) => utf8(words.join('\n'))),
  words: WORDS,
  rooms: ['/src/cli/program.ts', '/commander/lib/'],
  bytesMax: 4 * KIB,
  inputs: 2_000,
  notTimed: true, // each has the whole grammar made anew
};

function attempt(run: () => void): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

const NOW = new Date('2026-11-24T12:00:00Z');
const time: Target = {
  name: 'typed-time',
  title: 'U20 whatever is typed for a time is one, or wrong usage',
  run(bytes) {
    const read = unless(LanfoldError, () => parseTime(asText(bytes), NOW));
    if (read === undefined) return;
    hold(!Number.isNaN(read.getTime()), 'a time is one');
    read.toISOString();
  },
  seeds: () =>
    ['10:31', '10:31:05', '2026-11-24 10:31:05', '2026-11-24', '2026-11-24T10:31:05.123Z', '+275760-09-13T00:00Z'].map(
      utf8,
    ),
  words: ['-', ':', 'T', 'Z', '+01:00', '.', ',', '0', '9', '+275760', '24:00'],
  rooms: ['/src/cli/usage.ts'],
  bytesMax: 4 * KIB,
};

const address: Target = {
  name: 'typed-address',
  title: 'U20 whatever is typed for an address is one that is printed and read alike, or wrong usage',
  run(bytes) {
    const read = unless(LanfoldError, () => parseAddress(asText(bytes)));
    if (read === undefined) return;
    holdSame(parseAddress(printAddress(read)), read, 'what is printed is read as it was meant');
    urlsOf([read]);
  },
  seeds: () =>
    ['192.168.1.5:1111', '[fe80::1%eth0]:1111', 'laptop.local', 'tcp://10.0.0.1:22000/', 'fe80::1'].map(utf8),
  words: ['[', ']', ':', '::', '%', 'tcp://', '/', ':0', ':65536'],
  rooms: ['/src/node/address.ts'],
  bytesMax: 16 * KIB,
};

const place: Target = {
  name: 'typed-place',
  title: 'J15 whatever another computer calls a folder, its place is one new directory right here',
  run(bytes) {
    const text = asText(bytes);
    const here = import.meta.dirname; // with files in it
    const found = outsideShared(text, [], here);
    hold(found === here || (dirname(found) === here && !/^\.\.?$/.test(basename(found))), 'a label makes one name');
    hold(!found.includes('\0'), 'a name can be one on disk');
    hold(typedTarget(text, here).startsWith('/'), 'a typed place is absolute');
  },
  seeds: () => ['Photos', '../../etc', '~/x', '...', '\u202e\\', 'a/b'].map(utf8),
  words: ['/', '\\', '..', '.', '~', '~/', '\u200b', '\0', ' '],
  rooms: ['/src/cli/pairing/target.ts'],
  bytesMax: 16 * KIB,
};

/** What is read of a line that comes in these pieces. */
function lineOf(bytes: Uint8Array, size: number): string | undefined {
  const buffer = new LineBuffer(8 * KIB);
  for (let from = 0; from < bytes.length; from += size) {
    const got = buffer.push(bytes.subarray(from, from + size));
    if (got === 'too-long') return undefined;
    if (got !== 'more') return got.line;
  }
  return undefined;
}

const control: Target = {
  name: 'control-socket',
  title: 'U70 U71 whatever is asked or answered over the control socket is understood, or refused as a usage error',
  run(bytes) {
    const line = lineOf(bytes, Infinity);
    holdSame(lineOf(bytes, 1), line, 'a line that comes in pieces is the same');
    if (line === undefined) return;
    const request = unless(LanfoldError, () => readRequest(line));
    if (request !== undefined && isOperation(request.command))
      safeParse(OPERATIONS[request.command].schema, request.args ?? {});
    const reply = unless(LanfoldError, () => readReply(line));
    if (reply !== undefined && 'error' in reply)
      hold(typeof reply.error.message === 'string', 'an error has a sentence');
  },
  seeds: () =>
    [
      '{"command":"peers.trust","args":{"id":"ABC","addresses":["10.0.0.1:1"],"folders":[]}}\n',
      '{"command":"restore","args":{"path":"/x","atMs":1e999}}\n',
      '{"ok":true,"result":{}}\n',
      '{"error":{"code":"E_USAGE","message":"no"}}\n',
    ].map(utf8),
  shaped: fc.json().map((json) => utf8(`${json}\n`)),
  words: [...Object.keys(OPERATIONS), '"__proto__"', '"args"', '{"valueOf":1,"toString":1}', '\n', '[[[[[[[[[[[[[[[['],
  rooms: ['/src/cli/control-protocol.ts', '/src/cli/operations.ts'],
  bytesMax: 8 * KIB,
};

export const CLI_TARGETS: readonly Target[] = [commandLine, time, address, place, control];
