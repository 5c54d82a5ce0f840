/**
 * IP addresses as bytes, for the pure core.
 * @module
 */

/**
 * The 4 or 16 bytes of an IP address, or undefined if `text` is none (a host name, say).
 *
 * A zone (`%eth0`) is left out. An IPv4 address in IPv6 clothes (`::ffff:10.0.0.1`) gives the 4 bytes: it is the same host.
 */
export function parseIpAddress(text: string): Uint8Array | undefined {
  const zone = text.indexOf('%');
  const bare = zone === -1 ? text : text.slice(0, zone);
  if (!bare.includes(':')) return parseIpv4(bare);
  const bytes = parseIpv6(bare);
  return bytes !== undefined && isMappedIpv4(bytes) ? bytes.subarray(12) : bytes;
}

export function formatIpv4(bytes: Uint8Array): string {
  return bytes.join('.');
}

/** The address as everybody writes it: IPv4 in IPv6 clothes is IPv4 again. Anything else stays as it is. */
export function plainHost(host: string): string {
  const bytes = parseIpAddress(host);
  return bytes?.length === 4 ? formatIpv4(bytes) : host;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  // A leading zero would be octal to some programs: no address that means two things is taken.
  if (!parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined;
  return Uint8Array.from(parts, Number);
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = parseGroups(halves[1] ?? '', true);
  if (head === undefined || tail === undefined) return undefined;
  const zeroes = 16 - head.length - tail.length;
  // "::" stands for at least one group; without it the address must be full.
  if (halves.length === 2 ? zeroes < 2 : zeroes !== 0) return undefined;
  return Uint8Array.from([...head, ...Array<number>(zeroes).fill(0), ...tail]);
}

/** The bytes of groups joined by colons; the last may be an IPv4 address when `mayEndInIpv4`. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    if (mayEndInIpv4 && index === groups.length - 1 && group.includes('.')) {
      const ipv4 = parseIpv4(group);
      if (ipv4 === undefined) return undefined;
      bytes.push(...ipv4);
    } else {
      if (!/^[\da-f]{1,4}$/i.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

function isMappedIpv4(bytes: Uint8Array): boolean {
  return bytes.every((byte, index) => index >= 12 || byte === (index < 10 ? 0 : 0xff));
}
