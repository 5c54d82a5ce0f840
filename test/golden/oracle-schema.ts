/**
 * The protocol's messages as descriptors for @bufbuild/protobuf, which serves the tests as a second opinion. Written from
 * the protocol text and apart from src/core/wire/messages.ts: a wrong number in either shows as a difference.
 */
import { create, createFileRegistry } from '@bufbuild/protobuf';
import type { DescMessage } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';

type Kind = 'string' | 'bytes' | 'bool' | 'int32' | 'uint32' | 'int64' | 'uint64' | (string & {});
/** Number, name, kind: a scalar or the name of a message; `*` in front for a list. */
type Row = readonly [number: number, name: string, kind: Kind];

const SCALARS: Readonly<Record<string, Type>> = {
  string: Type.STRING,
  bytes: Type.BYTES,
  bool: Type.BOOL,
  int32: Type.INT32,
  uint32: Type.UINT32,
  int64: Type.INT64,
  uint64: Type.UINT64,
};

const MESSAGES: Readonly<Record<string, readonly Row[]>> = {
  Hello: [
    [1, 'deviceName', 'string'],
    [2, 'clientName', 'string'],
    [3, 'clientVersion', 'string'],
    [4, 'connections', 'int32'],
    [5, 'timestamp', 'int64'],
  ],
  ClusterConfig: [
    [1, 'folders', '*Folder'],
    [2, 'secondary', 'bool'],
  ],
  Folder: [
    [1, 'id', 'string'],
    [2, 'label', 'string'],
    [3, 'type', 'int32'],
    [4, 'ignorePermissions', 'bool'],
    [5, 'ignoreDelete', 'bool'],
    [6, 'disableTemporaryIndexes', 'bool'],
    [7, 'stopReason', 'int32'],
    [16, 'devices', '*Device'],
    [1111, 'members', '*Member'], // lanfold's own
  ],
  Member: [
    [1, 'device', 'bytes'],
    [2, 'name', 'string'],
    [3, 'generation', 'int64'],
    [4, 'removed', 'bool'],
    [5, 'by', 'bytes'],
    [6, 'atMs', 'int64'],
    [7, 'addresses', '*string'],
  ],
  Device: [
    [1, 'id', 'bytes'],
    [2, 'name', 'string'],
    [3, 'addresses', '*string'],
    [4, 'compression', 'int32'],
    [5, 'certificateName', 'string'],
    [6, 'maxSequence', 'int64'],
    [7, 'introducer', 'bool'],
    [8, 'indexId', 'uint64'],
    [9, 'skipIntroductionRemovals', 'bool'],
    [10, 'encryptionPasswordToken', 'bytes'],
  ],
  Index: [
    [1, 'folder', 'string'],
    [2, 'files', '*FileInfo'],
    [3, 'lastSequence', 'int64'],
  ],
  IndexUpdate: [
    [1, 'folder', 'string'],
    [2, 'files', '*FileInfo'],
    [3, 'lastSequence', 'int64'],
    [4, 'previousSequence', 'int64'],
  ],
  FileInfo: [
    [1, 'name', 'string'],
    [2, 'type', 'int32'],
    [3, 'size', 'int64'],
    [4, 'permissions', 'uint32'],
    [5, 'modifiedS', 'int64'],
    [6, 'deleted', 'bool'],
    [7, 'invalid', 'bool'],
    [8, 'noPermissions', 'bool'],
    [9, 'version', 'Vector'],
    [10, 'sequence', 'int64'],
    [11, 'modifiedNs', 'int32'],
    [12, 'modifiedBy', 'uint64'],
    [13, 'blockSize', 'int32'],
    [16, 'blocks', '*BlockInfo'],
    [17, 'symlinkTarget', 'bytes'],
    [18, 'blocksHash', 'bytes'],
    [20, 'previousBlocksHash', 'bytes'],
  ],
  BlockInfo: [
    [1, 'offset', 'int64'],
    [2, 'size', 'int32'],
    [3, 'hash', 'bytes'],
  ],
  Vector: [[1, 'counters', '*Counter']],
  Counter: [
    [1, 'device', 'uint64'],
    [2, 'value', 'uint64'],
  ],
  Request: [
    [1, 'id', 'int32'],
    [2, 'folder', 'string'],
    [3, 'name', 'string'],
    [4, 'offset', 'int64'],
    [5, 'size', 'int32'],
    [6, 'hash', 'bytes'],
    [7, 'fromTemporary', 'bool'],
    [9, 'blockNumber', 'int32'],
  ],
  Response: [
    [1, 'id', 'int32'],
    [2, 'data', 'bytes'],
    [3, 'code', 'int32'],
  ],
  Close: [[1, 'reason', 'string']],
};

const file = create(FileDescriptorProtoSchema, {
  name: 'bep.proto',
  package: 'bep',
  syntax: 'proto3',
  messageType: Object.entries(MESSAGES).map(([name, rows]) => ({ name, field: rows.map(toField) })),
});
const registry = createFileRegistry(file, () => undefined);

/** The descriptor of a message by its name in the protocol. */
export function oracleMessage(name: string): DescMessage {
  const message = registry.getMessage(`bep.${name}`);
  if (message === undefined) throw new Error(`No message ${name}`);
  return message;
}

function toField([number, name, kind]: Row) {
  const isList = kind.startsWith('*');
  const element = isList ? kind.slice(1) : kind;
  const scalar = SCALARS[element];
  return {
    name,
    jsonName: name,
    number,
    label: isList ? Label.REPEATED : Label.OPTIONAL,
    type: scalar ?? Type.MESSAGE,
    typeName: scalar === undefined ? `.bep.${element}` : '',
    ...(element === 'int32' && isList ? { options: { packed: false } } : {}),
  };
}
