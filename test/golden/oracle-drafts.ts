/**
 * Random messages as the oracle has them, and as we have them.
 * @module
 */
import { ok } from 'node:assert/strict';
import { ScalarType } from '@bufbuild/protobuf';
import type { DescMessage } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { DEVICE_ID_BYTES } from '../../src/core/model/device-id.ts';

/**
 * Random drafts of a message; 64-bit numbers are as the oracle has them, bigint. A message in a message is never empty: the
 * oracle would write it and we would not, which both read alike.
 */
export function drafts(message: DescMessage, listMin = 0): fc.Arbitrary<Record<string, unknown>> {
  const fields = message.fields.map((field): [string, fc.Arbitrary<unknown>] => {
    if (field.fieldKind === 'message') return [field.localName, drafts(field.message, 1)];
    if (field.fieldKind === 'scalar' && `${message.name}.${field.name}` === 'Device.id')
      return [field.localName, fc.uint8Array({ minLength: DEVICE_ID_BYTES, maxLength: DEVICE_ID_BYTES })];
    if (field.fieldKind === 'scalar') return [field.localName, scalars(field.scalar)];
    ok(field.fieldKind === 'list');
    const element = field.listKind === 'message' ? drafts(field.message) : scalars(field.scalar ?? ScalarType.INT32);
    return [field.localName, fc.array(element, { minLength: listMin, maxLength: 3 })];
  });
  const model = Object.fromEntries(fields);
  return fc.record(model, { requiredKeys: listMin > 0 ? Object.keys(model) : [], noNullPrototype: true });
}

const EDGES = [0n, 1n, 127n, 128n, (1n << 32n) - 1n, 1n << 32n, (1n << 35n) - 1n, 1n << 35n, (1n << 53n) - 1n];
const SCALARS: Readonly<Record<number, fc.Arbitrary<unknown>>> = {
  [ScalarType.STRING]: fc.string({ unit: 'grapheme', maxLength: 8 }),
  [ScalarType.BYTES]: fc.uint8Array({ maxLength: 32 }),
  [ScalarType.BOOL]: fc.boolean(),
  [ScalarType.INT32]: fc.oneof(fc.integer(), fc.nat(300)),
  [ScalarType.UINT32]: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  [ScalarType.INT64]: fc.oneof(
    fc.maxSafeInteger().map(BigInt),
    fc.constantFrom(...EDGES, ...EDGES.map((edge) => -edge)),
  ),
  [ScalarType.UINT64]: fc.oneof(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), fc.constantFrom(...EDGES)),
};

function scalars(type: ScalarType): fc.Arbitrary<unknown> {
  const arbitrary = SCALARS[type];
  ok(arbitrary !== undefined);
  return arbitrary;
}

/** Our form of the oracle's form: numbers where 53 bits are enough, no message that says nothing. */
export function ours(message: DescMessage, draft: Record<string, unknown>): Record<string, unknown> {
  const entries = message.fields.flatMap((field): [string, unknown][] => {
    const value = draft[field.localName];
    if (value === undefined) return [];
    if (field.fieldKind === 'message')
      return [[field.localName, ours(field.message, value as Record<string, unknown>)]];
    if (field.fieldKind === 'list' && field.listKind === 'message') {
      return [[field.localName, (value as Record<string, unknown>[]).map((element) => ours(field.message, element))]];
    }
    const isNumber = field.scalar === ScalarType.INT64 && field.localName !== 'timestamp';
    return [[field.localName, isNumber ? Number(value) : value]];
  });
  return Object.fromEntries(entries);
}
