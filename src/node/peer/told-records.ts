/**
 * The records in a part of a peer's index.
 * @module
 */
import type { FileRecord } from '../../core/model/file-record.ts';
import { isInternalName } from '../../core/model/folder-path.ts';
import { toFileRecord } from '../../core/wire/file-info.ts';
import type { Index } from '../../core/wire/messages.ts';
import type { Log } from '../../ports/log.ts';

/**
 * @returns those that can be held; the others are logged. Or why the peer broke the protocol, and is not to be talked to.
 */
export function toldRecords(index: Index, log: Log): FileRecord[] | { readonly fault: string } {
  const records: FileRecord[] = [];
  for (const info of index.files) {
    const result = toFileRecord(info);
    if ('record' in result) {
      if (!isInternalName(result.record.name)) records.push(result.record);
    } else if (result.disconnect) {
      return { fault: `the peer's index is wrong: ${result.fault}` };
    } else {
      log.warn({ folder: index.folder, name: info.name }, `not taken from the peer: ${result.fault}`);
    }
  }
  return records;
}
