/**
 * Addresses as people write them: `192.168.1.5:1111`, `[fe80::1%eth0]:1111`, `laptop.local`, `tcp://…`.
 * @module
 */
import { LanfoldError } from '../core/errors.ts';
import { ADDRESSES_MAX } from '../core/limits.ts';
import type { Address } from '../ports/network.ts';

const DEFAULT_PORT = 1111;

/** @throws LanfoldError `E_USAGE` when it is no address. */
export function parseAddress(text: string): Address {
  const address = readAddress(text);
  if (address === undefined)
    throw new LanfoldError('E_USAGE', { subject: `"${text}" is not an address; write HOST:PORT` });
  return address;
}

/** @returns undefined when it is no address. */
export function readAddress(text: string): Address | undefined {
  const bare = text.replace(/^tcp[46]?:\/\//, '').replace(/\/$/, '');
  const match =
    /^(?:\[(?<six>[^[\]]+)\]|(?<host>[^:[\]]*)|(?<bareSix>[0-9a-fA-F]*:[0-9a-fA-F.]*:[^[\]]*))(?::(?<port>\d{1,5}))?$/.exec(
      bare,
    );
  const host = match?.groups?.['six'] ?? match?.groups?.['host'] ?? match?.groups?.['bareSix'];
  const port = Number(match?.groups?.['port'] ?? DEFAULT_PORT);
  return host === undefined || host === '' || port > 65_535 ? undefined : { host, port };
}

export function printAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Addresses as cluster configs have them. A zone is a matter of this machine alone. */
export function urlsOf(addresses: readonly Address[]): string[] {
  const urls = addresses.filter(({ host }) => !host.includes('%')).map((address) => `tcp://${printAddress(address)}`);
  return [...new Set(urls)].slice(0, ADDRESSES_MAX);
}
