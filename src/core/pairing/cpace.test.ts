/**
 * The official vectors of draft-irtf-cfrg-cpace for CPACE-X25519-SHA512, those of its appendix and those of its repository's
 * testvectors.json, and the vectors of RFC 7748, each computed both with node:crypto and with a ladder of the test's own.
 */
import { deepEqual, equal, notDeepEqual, ok, throws } from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { pairingCrypto } from '../../edges/net/pairing-crypto.ts';
import { generatorOf, generatorString, lengthValue, sessionKey, tagsOf, transcriptOf } from './cpace.ts';
import { elligator2 } from './elligator.ts';
import { halfOf, tagsOfMeeting, type Introduced, type Meeting } from './exchange.ts';

const hex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits.replaceAll(/\s/g, ''), 'hex'));
const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const toHex = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString('hex');

const PRIME = 2n ** 255n - 19n;
const modulo = (value: bigint): bigint => ((value % PRIME) + PRIME) % PRIME;
const fromLittleEndian = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
function power(base: bigint, exponent: bigint): bigint {
  if (exponent === 0n) return 1n;
  const half = power(modulo(base * base), exponent / 2n);
  return exponent % 2n === 1n ? modulo(half * base) : half;
}

/** RFC 7748, section 5, as it is written there: an oracle that shares nothing with OpenSSL. */
function ladder(scalar: Uint8Array, coordinate: Uint8Array): string {
  const clamped = Uint8Array.from(scalar);
  clamped[0] = (clamped[0] ?? 0) & 248;
  clamped[31] = ((clamped[31] ?? 0) & 127) | 64;
  const k = fromLittleEndian(clamped);
  const u = modulo(BigInt.asUintN(255, fromLittleEndian(coordinate)));
  let [x2, z2, x3, z3] = [1n, 0n, u, 1n];
  for (let bit = 254n; bit >= 0n; bit -= 1n) {
    const isSet = ((k >> bit) & 1n) === 1n;
    if (isSet) [x2, z2, x3, z3] = [x3, z3, x2, z2];
    const [a, b, c, d] = [x2 + z2, x2 - z2, x3 + z3, x3 - z3];
    const [aa, bb, da, cb] = [modulo(a * a), modulo(b * b), modulo(d * a), modulo(c * b)];
    const e = aa - bb;
    [x3, z3] = [modulo((da + cb) ** 2n), modulo(u * modulo((da - cb) ** 2n))];
    [x2, z2] = [modulo(aa * bb), modulo(e * (aa + 121_665n * e))];
    if (isSet) [x2, z2, x3, z3] = [x3, z3, x2, z2];
  }
  const result = modulo(x2 * power(z2, PRIME - 2n));
  return Buffer.from(result.toString(16).padStart(64, '0'), 'hex').reverse().toString('hex');
}

const ZERO = '00'.repeat(32);

/** Both ways to multiply must agree; 0 is told as undefined. */
function multiplied(scalar: Uint8Array, u: Uint8Array): string | undefined {
  const result = toHex(pairingCrypto.multiply(scalar, u));
  equal(result ?? ZERO, ladder(scalar, u));
  return result;
}

const RFC_7748: readonly [scalar: string, u: string, want: string][] = [
  [
    'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
    'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
    'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
  ],
  [
    '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
    'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
    '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
  ],
];

test('J1 multiplication gives the results of RFC 7748, also after 1,000 rounds', () => {
  for (const [scalar, u, want] of RFC_7748) equal(multiplied(hex(scalar), hex(u)), want);
  let [k, u] = [hex(`09${'00'.repeat(31)}`), hex(`09${'00'.repeat(31)}`)];
  for (let round = 1; round <= 1_000; round += 1) {
    const next = pairingCrypto.multiply(k, u);
    ok(next !== undefined);
    [k, u] = [next, k];
    if (round === 1) equal(toHex(k), '422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079');
  }
  equal(toHex(k), '684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51');
});

test('J1 multiplication refuses keys of another length', () => {
  throws(() => pairingCrypto.multiply(new Uint8Array(31), new Uint8Array(32)), RangeError);
  throws(() => pairingCrypto.multiply(new Uint8Array(32), new Uint8Array(33)), RangeError);
});

test('J2 strings are put together as the draft has it', () => {
  const range = (end: number): Uint8Array => Uint8Array.from({ length: end }, (_, at) => at);
  equal(toHex(lengthValue(ascii(''))), '00');
  equal(toHex(lengthValue(ascii('1234'))), '0431323334');
  equal(toHex(lengthValue(range(127))), `7f${toHex(range(127))}`);
  equal(toHex(lengthValue(range(128))), `8001${toHex(range(128))}`);
  equal(toHex(lengthValue(new Uint8Array(16_384)).subarray(0, 4)), '80800100');
  equal(toHex(lengthValue(ascii('1234'), ascii('5'), ascii(''), ascii('678'))), '043132333401350003363738');
  const share = (y: string, data: string) => ({ y: ascii(y), data: ascii(data) });
  equal(
    toHex(transcriptOf(share('123', 'PartyA'), share('234', 'PartyB'))),
    '03313233065061727479410332333406506172747942',
  );
  equal(
    toHex(transcriptOf(share('3456', 'PartyA'), share('2345', 'PartyB'))),
    '043334353606506172747941043233343506506172747942',
  );
});

interface Vector {
  readonly channel: Uint8Array;
  readonly generator: string;
  readonly Ya: string;
  readonly Yb: string;
  readonly K: string;
  readonly key: string;
}

const PASSWORD = ascii('Password');
const SESSION = hex('7e4b4791d6a8ef019b936c79fb7f2c57');
const ya = hex('21b4f4bd9e64ed355c3eb676a28ebedaf6d8f17bdc365995b319097153044080');
const yb = hex('848b0779ff415f0af4ea14df9dd1d3c29ac41d836c7808896c4eba19c51ac40a');

const VECTORS: Readonly<Record<string, Vector>> = {
  appendix: {
    channel: ascii('oc\u000bB_responder\u000bA_initiator'),
    generator: '64e8099e3ea682cfdc5cb665c057ebb514d06bf23ebc9f743b51b82242327074',
    Ya: '1b02dad6dbd29a07b6d28c9e04cb2f184f0734350e32bb7e62ff9dbcfdb63d15',
    Yb: '20cda5955f82c4931545bcbf40758ce1010d7db4db2a907013d79c7a8fcf957f',
    K: 'f97fdfcfff1c983ed6283856a401de3191ca919902b323c5f950c9703df7297a',
    key:
      'a051ee5ee2499d16da3f69f430218b8ea94a18a45b67f9e86495b382c33d14a5' +
      'c38cecc0cc834f960e39e0d1bf7d76b9ef5d54eecc5e0f386c97ad12da8c3d5f',
  },
  'testvectors.json': {
    channel: ascii('\u000bA_initiator\u000bB_responder'),
    generator: 'd04bf6d41f6a289632a2e929fa29bebd51092512a7829fdde7d314b62f05a73f',
    Ya: '1d13c89278cdadd826f6d8d7f887701430f8380ddc17611cdd6dc989ce0c9f32',
    Yb: '248cccf6d5cdc3646f0ad593f9e6cef4e69d4945f8372e623512ecea32185623',
    K: '5b067effbdc0b2a0e1d907b21ebb25cfedb96a852179a847c37e43ee71322c6b',
    key:
      '6e19b875f7a561d6b3ca3dbb9ef42ac55de3e717881018204b8922b4d5e53bb2' +
      'aa82c300bea7b65d2b671da71922ddf6472301b79bc270adfa8bf413285f2263',
  },
};

for (const [name, vector] of Object.entries(VECTORS)) {
  test(`J2 generator, points, secret and key are those of the draft's ${name}`, () => {
    const inputs = { password: PASSWORD, channel: vector.channel, session: SESSION };
    const generator = generatorOf(pairingCrypto, inputs);
    equal(toHex(generator), vector.generator);
    equal(multiplied(ya, generator), vector.Ya);
    equal(multiplied(yb, generator), vector.Yb);
    equal(multiplied(ya, hex(vector.Yb)), vector.K);
    equal(multiplied(yb, hex(vector.Ya)), vector.K);
    const initiator = { y: hex(vector.Ya), data: ascii('ADa') };
    const responder = { y: hex(vector.Yb), data: ascii('ADb') };
    const transcript = transcriptOf(initiator, responder);
    equal(toHex(transcript), `20${vector.Ya}0341446120${vector.Yb}03414462`);
    equal(toHex(sessionKey(pairingCrypto, SESSION, hex(vector.K), transcript)), vector.key);
  });
}

test('J2 the generator string and its hash are those of the draft', () => {
  const { channel } = VECTORS['appendix'] as Vector;
  const text = generatorString({ password: PASSWORD, channel, session: SESSION });
  const head = `0843506163653235350850617373776f72646d${'00'.repeat(109)}`;
  equal(toHex(text), `${head}1a6f630b425f726573706f6e6465720b415f696e69746961746f7210${toHex(SESSION)}`);
  equal(text.length, 172);
  equal(
    toHex(pairingCrypto.hash(text).subarray(0, 32)),
    '92806dc608984dbf4e4aae478c6ec453ae979cc01ecc1a2a7cf49f5cee56551b',
  );
});

test('J2 a password longer than a block of the hash needs no padding', () => {
  const text = generatorString({ password: new Uint8Array(200), channel: ascii('c'), session: ascii('s') });
  equal(text.length, 9 + 202 + 1 + 2 + 2);
});

/** u0 to u11 of the draft, and what multiplying by its scalar gives; undefined where the run MUST be aborted. */
const POINTS: readonly [u: string, want: string | undefined][] = [
  [ZERO, undefined],
  [`01${'00'.repeat(31)}`, undefined],
  [`ec${'ff'.repeat(30)}7f`, undefined],
  ['e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', undefined],
  ['5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157', undefined],
  [`ed${'ff'.repeat(30)}7f`, undefined],
  [`da${'ff'.repeat(31)}`, 'd8e2c776bbacd510d09fd9278b7edcd25fc5ae9adfba3b6e040e8d3b71b21806'],
  [`ee${'ff'.repeat(30)}7f`, undefined],
  [`db${'ff'.repeat(31)}`, 'c85c655ebe8be44ba9c0ffde69f2fe10194458d137f09bbff725ce58803cdb38'],
  [`d9${'ff'.repeat(31)}`, 'db64dafa9b8fdd136914e61461935fe92aa372cb056314e1231bc4ec12417456'],
  [
    'cdeb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880',
    'e062dcd5376d58297be2618c7498f55baa07d7e03184e8aada20bca28888bf7a',
  ],
  [
    '4c9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7',
    '993c6ad11c4c29da9a56f7691fd0ff8d732e49de6250b6c2e80003ff4629a175',
  ],
];

for (const [index, [u, want]] of POINTS.entries()) {
  test(`J3 the draft's point u${index} is ${want === undefined ? 'refused' : 'multiplied as any other'}`, () => {
    equal(multiplied(hex('af46e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449aff'), hex(u)), want);
    // Not only this scalar: all that RFC 7748 makes of 32 bytes are multiples of the cofactor.
    const other = pairingCrypto.multiply(ya, hex(u));
    equal(other === undefined, want === undefined);
  });
}

const MEETING: Meeting = {
  binding: new Uint8Array(32).fill(1),
  joiner: new Uint8Array(32).fill(2),
  host: new Uint8Array(32).fill(3),
};

test('J3 neither end goes on with a point of low order', () => {
  for (const [u, want] of POINTS) {
    const farY = hex(u);
    const own: Introduced = { name: 'a', version: 1, y: halfOf(pairingCrypto, MEETING, '481207', ya).y };
    const far: Introduced = { name: 'b', version: 1, y: farY };
    const half = { scalar: ya, farY };
    equal(tagsOfMeeting(pairingCrypto, MEETING, half, own, far) === undefined, want === undefined);
    equal(tagsOfMeeting(pairingCrypto, MEETING, half, far, own) === undefined, want === undefined);
  }
});

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

test('J4 the map gives a point of the curve itself, the same for the same bytes, and does not see the highest bit', () => {
  const isOnCurve = (encoded: Uint8Array): boolean => {
    const u = fromLittleEndian(encoded);
    // 0 or 1 by Euler: a square; what is none belongs to the twist.
    return u < PRIME && power(modulo(u ** 3n + 486_662n * u ** 2n + u), (PRIME - 1n) / 2n) <= 1n;
  };
  const edges = [ZERO, 'ff'.repeat(32), `ec${'ff'.repeat(30)}7f`, `ed${'ff'.repeat(30)}7f`, `01${ZERO.slice(2)}`];
  for (const seed of edges) ok(isOnCurve(elligator2(hex(seed))), seed);
  fc.assert(
    fc.property(bytes32, (seed) => {
      const point = elligator2(seed);
      ok(isOnCurve(point));
      deepEqual(elligator2(Uint8Array.from(seed)), point);
      const flipped = Uint8Array.from(seed);
      flipped[31] = (flipped[31] ?? 0) ^ 0x80;
      deepEqual(elligator2(flipped), point);
    }),
    { numRuns: 60 },
  );
});

/** All that both ends have to see alike. */
interface Run {
  readonly code: string;
  readonly binding: Uint8Array;
  readonly joiner: Uint8Array;
  readonly host: Uint8Array;
  readonly joinerName: string;
  readonly hostName: string;
  readonly joinerVersion: number;
  readonly hostVersion: number;
}

const RUN: Run = {
  code: '481207',
  ...MEETING,
  joinerName: 'tom-xps',
  hostName: 'maria-laptop',
  joinerVersion: 1,
  hostVersion: 1,
};

/** The tags as the joiner sees the run, and as the host does. */
function tagsOfBoth(seenByJoiner: Run, seenByHost: Run) {
  const joinerHalf = halfOf(pairingCrypto, seenByJoiner, seenByJoiner.code, ya);
  const hostHalf = halfOf(pairingCrypto, seenByHost, seenByHost.code, yb);
  const tags = (run: Run, scalar: Uint8Array, farY: Uint8Array) =>
    tagsOfMeeting(
      pairingCrypto,
      run,
      { scalar, farY },
      { name: run.joinerName, version: run.joinerVersion, y: joinerHalf.y },
      { name: run.hostName, version: run.hostVersion, y: hostHalf.y },
    );
  return {
    atJoiner: tags(seenByJoiner, joinerHalf.scalar, hostHalf.y),
    atHost: tags(seenByHost, hostHalf.scalar, joinerHalf.y),
  };
}

test('J5 both ends get the same tags, one for each direction', () => {
  const { atJoiner, atHost } = tagsOfBoth(RUN, RUN);
  ok(atJoiner !== undefined);
  deepEqual(atJoiner, atHost);
  equal(atJoiner.initiator.length, 64);
  notDeepEqual(atJoiner.initiator, atJoiner.responder);
});

test('J5 whatever one end sees differently, both tags differ', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 12 });
  const other: { [Key in keyof Run]: fc.Arbitrary<Run[Key]> } = {
    code: fc.integer({ min: 0, max: 999_999 }).map((value) => String(value).padStart(6, '0')),
    binding: bytes32,
    joiner: bytes32,
    host: bytes32,
    joinerName: text,
    hostName: text,
    joinerVersion: fc.nat(99),
    hostVersion: fc.nat(99),
  };
  for (const key of Object.keys(other) as (keyof Run)[]) {
    fc.assert(
      fc.property(other[key] as fc.Arbitrary<Run[typeof key]>, (value) => {
        const seen = { ...RUN, [key]: value };
        fc.pre(String(seen[key]) !== String(RUN[key]));
        const { atJoiner, atHost } = tagsOfBoth(seen, RUN);
        ok(atJoiner !== undefined && atHost !== undefined);
        notDeepEqual(atJoiner.initiator, atHost.initiator, key);
        notDeepEqual(atJoiner.responder, atHost.responder, key);
      }),
      { numRuns: 12 },
    );
  }
});

test('J5 a name cannot take over a part of the version, nor one role speak as the other', () => {
  const pairs: readonly [Partial<Run>, Partial<Run>][] = [
    [{ joinerName: 'a1' }, { joinerName: 'a', joinerVersion: 11 }],
    [{ hostName: 'a1' }, { hostName: 'a', hostVersion: 11 }],
    [
      { joinerName: '', hostName: 'x' },
      { joinerName: 'x', hostName: '' },
    ],
    [{ joiner: MEETING.host, host: MEETING.joiner }, {}],
  ];
  for (const [a, b] of pairs) {
    const { atJoiner, atHost } = tagsOfBoth({ ...RUN, ...a }, { ...RUN, ...b });
    notDeepEqual(atJoiner, atHost);
  }
});

test('J5 what is bound, and how, is what other lanfolds bind', () => {
  // Put together once more, from the draft and the description of the protocol alone.
  const sha512 = (...parts: readonly Uint8Array[]): Buffer =>
    createHash('sha512').update(Buffer.concat(parts)).digest();
  const lv = (...parts: readonly Uint8Array[]): Buffer =>
    Buffer.concat(parts.flatMap((part) => [Uint8Array.of(part.length), part]));
  const { binding, joiner, host, code } = RUN;
  const password = ascii(`lanfold-pair/1|${code}`);
  const channel = lv(ascii('lanfold-pair/1'), joiner, host);
  const padding = new Uint8Array(128 - 1 - 9 - (1 + password.length));
  const seed = sha512(lv(ascii('CPace255'), password, padding, channel, binding)).subarray(0, 32);
  const [joinerY, hostY] = [ya, yb].map((scalar) => hex(ladder(scalar, elligator2(seed))));
  ok(joinerY !== undefined && hostY !== undefined);
  const fromJoiner = lv(joinerY, lv(ascii('I'), ascii('tom-xps'), ascii('1')));
  const fromHost = lv(hostY, lv(ascii('R'), ascii('maria-laptop'), ascii('1')));
  const secret = hex(ladder(ya, hostY));
  const key = sha512(lv(ascii('CPace255_ISK'), binding, secret), fromJoiner, fromHost);
  const macKey = sha512(ascii('CPaceMac'), binding, key);
  const tag = (of: Uint8Array): Buffer => createHmac('sha512', macKey).update(of).digest();
  const { atJoiner, atHost } = tagsOfBoth(RUN, RUN);
  for (const tags of [atJoiner, atHost]) {
    equal(toHex(tags?.initiator), toHex(tag(fromJoiner)));
    equal(toHex(tags?.responder), toHex(tag(fromHost)));
  }
});

test('J5 a tag is compared whole', () => {
  const { initiator } = tagsOf(
    pairingCrypto,
    SESSION,
    new Uint8Array(64),
    { y: ya, data: ascii('') },
    { y: yb, data: ascii('') },
  );
  ok(pairingCrypto.isEqual(initiator, Uint8Array.from(initiator)));
  ok(!pairingCrypto.isEqual(initiator, initiator.subarray(0, 63)));
  for (const at of [0, 31, 63]) {
    const changed = Uint8Array.from(initiator);
    changed[at] = (changed[at] ?? 0) ^ 1;
    ok(!pairingCrypto.isEqual(initiator, changed));
  }
});
