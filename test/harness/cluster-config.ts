/**
 * Devices and folders of a cluster config, of which only that is written out which a test is about.
 * @module
 */
import type { ClusterDevice, ClusterFolder } from '../../src/core/wire/messages.ts';

export function clusterDevice(id: Uint8Array, more: Partial<ClusterDevice> = {}): ClusterDevice {
  return {
    id,
    name: '',
    addresses: [],
    compression: 0,
    certificateName: '',
    maxSequence: 0,
    introducer: false,
    indexId: 0n,
    skipIntroductionRemovals: false,
    encryptionPasswordToken: new Uint8Array(0),
    ...more,
  };
}

export function clusterFolder(id: string, more: Partial<ClusterFolder> = {}): ClusterFolder {
  return {
    id,
    label: '',
    type: 0,
    ignorePermissions: false,
    ignoreDelete: false,
    disableTemporaryIndexes: false,
    stopReason: 0,
    devices: [],
    members: [],
    ...more,
  };
}
