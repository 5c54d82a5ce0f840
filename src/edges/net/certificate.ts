/**
 * Makes the self-signed certificate that is a device's identity. Node can read certificates but not write them.
 * @module
 */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import {
  derBits,
  derBoolean,
  derExplicit,
  derImplicitText,
  derInteger,
  derObjectId,
  derOctets,
  derSequence,
  derSet,
  derTime,
  derUtf8,
} from './der.ts';

export interface KeyAndCertificate {
  /** PKCS #8, PEM. */
  readonly keyPem: string;
  readonly certificatePem: string;
}

const VALID_YEARS = 20;
/** Syncthing closes the connection unless a peer's certificate carries this name, as CN or as a DNS name. */
const NAME = 'syncthing';
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const EXTENSION = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
};
const PURPOSE = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' };

/**
 * A new ECDSA P-256 key and its certificate: valid for 20 years from the day of `now`, for both ends of a connection.
 *
 * Nobody checks the dates, the name or who signed it: peers know each other by the hash of the whole certificate.
 */
export function createCertificate(now: Date): KeyAndCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
  const until = new Date(Date.UTC(now.getUTCFullYear() + VALID_YEARS, now.getUTCMonth(), now.getUTCDate()));
  const name = derSequence(derSet(derSequence(derObjectId(COMMON_NAME), derUtf8(NAME))));
  const algorithm = derSequence(derObjectId(ECDSA_WITH_SHA256));
  const toBeSigned = derSequence(
    derExplicit(0, derInteger(Buffer.from([2]))), // version 3
    derInteger(serialNumber()),
    algorithm,
    name, // the issuer is the subject
    derSequence(derTime(from), derTime(until)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    derExplicit(3, extensions()),
  );
  const certificate = derSequence(toBeSigned, algorithm, derBits(signed(toBeSigned, privateKey)));
  return {
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificatePem: pem('CERTIFICATE', certificate),
  };
}

function extensions(): Buffer {
  return derSequence(
    extension(EXTENSION.keyUsage, true, derBits(Buffer.from([0x80]), 7)), // digitalSignature
    extension(
      EXTENSION.extendedKeyUsage,
      false,
      derSequence(derObjectId(PURPOSE.serverAuth), derObjectId(PURPOSE.clientAuth)),
    ),
    extension(EXTENSION.basicConstraints, true, derSequence()), // not an authority
    extension(EXTENSION.subjectAltName, false, derSequence(derImplicitText(2, NAME))),
  );
}

function extension(id: string, critical: boolean, value: Uint8Array): Buffer {
  return derSequence(derObjectId(id), ...(critical ? [derBoolean(true)] : []), derOctets(value));
}

/** 64 random bits, positive and not zero. */
function serialNumber(): Buffer {
  const bytes = randomBytes(8);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function signed(bytes: Uint8Array, key: KeyObject): Buffer {
  return sign('sha256', bytes, { key, dsaEncoding: 'der' });
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
