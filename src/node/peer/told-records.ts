/**
 * The records in a part of a peer's index.
 * @module
 */
import type { FileRecord } from '../../core/model/file-record.ts';
import { isInternalName } from '../../core/model/folder-path.ts';
import { toFileRecord } from '../../core/wire/file-info.ts';
import type { Index } from '../../core/wire/messages.ts';
import type { Log } from '../../ports/log.ts';

const OWN_NAME = 'a name that the programs keep for themselves';
/** Of a name, in the log. */
const SHOWN_LENGTH_MAX = 200;

/**
 * @returns those that can be held; of the others the log tells, one line for each thing that is wrong with any of them. Or why
 * the peer broke the protocol, and is not to be talked to.
 */
export function toldRecords(index: Index, log: Log): FileRecord[] | { readonly fault: string } {
  const records: FileRecord[] = [];
  const refused = new Map<string, { readonly first: string; count: number }>();
  const refuse = (fault: string, name: string): void => {
    const known = refused.get(fault);
    if (known === undefined) refused.set(fault, { first: name.slice(0, SHOWN_LENGTH_MAX), count: 1 });
    else known.count += 1;
  };
  for (const info of index.files) {
    const result = toFileRecord(info);
    if ('record' in result) {
      if (isInternalName(result.record.name)) refuse(OWN_NAME, info.name);
      else records.push(result.record);
    } else if (result.disconnect) {
      return { fault: `the peer's index is wrong: ${result.fault}` };
    } else {
      refuse(result.fault, info.name);
    }
  }
  for (const [fault, { first, count }] of refused)
    log.warn({ folder: index.folder, name: first, count }, `not taken from the peer: ${fault}`);
  return records;
}
