/**
 * What stands in a packet of multicast DNS that is ours: a device as three records, and back.
 *
 * The package `multicast-dns` takes packets apart, and anybody on the link can send it some whose names point back and forth
 * for milliseconds. So only those come to it that are short in records and name our service.
 * @module
 */
import type { QueryPacket, ResponseOutgoingPacket, ResponsePacket } from 'multicast-dns';
import type { Service } from '../../ports/discovery.ts';

const TYPE = '_lanfold._tcp.local';
/** The type's first label, as it stands in every packet of ours: no pointer can stand for it. */
const LABEL = '_lanfold';
const VERSION = '1';
/** RFC 6762 §10: for records with a host name in them. */
const TTL_S = 120;
/** Of one packet. A device has three; each may cost 4 KiB, for its name may be a pointer to 126 labels. */
const RECORDS_MAX = 12;
const PORT_MAX = 65_535;
const HEAD_BYTES = 12;
/** Where the head counts questions, answers, authorities and additionals. */
const COUNTS_AT = [4, 6, 8, 10];

export const QUESTION = { name: TYPE, type: 'PTR' } as const;

/** Is it worth taking apart? Costs one look over the bytes, and no memory to speak of. */
export function concernsUs(packet: Buffer): boolean {
  if (packet.length < HEAD_BYTES) return false;
  const records = COUNTS_AT.reduce((sum, at) => sum + packet.readUInt16BE(at), 0);
  return records <= RECORDS_MAX && packet.toString('latin1').toLowerCase().includes(LABEL);
}

export function isQuestionForUs({ questions = [] }: Pick<QueryPacket, 'questions'>): boolean {
  return questions.some(({ name, type }) => type === 'PTR' && name.toLowerCase() === TYPE);
}

/** What a device says of itself: a pointer from the type to the name, and what is behind the name. */
export function recordsOf({ tag, port, isWaiting }: Service): ResponseOutgoingPacket['answers'] {
  const name = `${tag}.${TYPE}`;
  const text = [`v=${VERSION}`, `id=${tag}`, ...(isWaiting ? ['p=1'] : [])];
  return [
    { type: 'PTR', name: TYPE, ttl: TTL_S, data: name },
    { type: 'SRV', name, ttl: TTL_S, flush: true, data: { port, target: `lanfold-${tag}.local` } },
    { type: 'TXT', name, ttl: TTL_S, flush: true, data: text },
  ];
}

/** What a packet tells of devices; what it tells of others is passed over. */
export function servicesIn({ answers = [], additionals = [] }: ResponsePacket): Service[] {
  const found: Service[] = [];
  const records = [...answers, ...additionals];
  for (const record of records) {
    if (record.type !== 'SRV' || !record.name.toLowerCase().endsWith(`.${TYPE}`) || record.ttl === 0) continue;
    const { port } = record.data;
    const text = records.find((other) => other.type === 'TXT' && other.name === record.name);
    const words = text?.type === 'TXT' ? [text.data].flat().map(String) : [];
    const tag = words.find((word) => word.startsWith('id='))?.slice(3) ?? '';
    if (port > 0 && port <= PORT_MAX && /^[A-Z2-7]{7}$/.test(tag))
      found.push({ tag, port, isWaiting: words.includes('p=1') });
  }
  return found;
}
