/**
 * {@link PairingCrypto} on node:crypto.
 * @module
 */
import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto';
import type { PairingCrypto } from '../../core/pairing/cpace.ts';

/** DER around a raw key of X25519 (RFC 8410): Node takes keys in no barer form. */
const PRIVATE_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC_HEAD = Buffer.from('302a300506032b656e032100', 'hex');
/** How OpenSSL says that the result is 0, and it is what it says it for: both keys have their right length. */
const ZERO_RESULT = 'ERR_OSSL_FAILED_DURING_DERIVATION';
const KEY_BYTES = 32;

export const pairingCrypto: PairingCrypto = {
  hash: (bytes) => createHash('sha512').update(bytes).digest(),
  hmac: (key, bytes) => createHmac('sha512', key).update(bytes).digest(),
  multiply(scalar, u) {
    try {
      return diffieHellman({ privateKey: privateKeyOf(scalar), publicKey: publicKeyOf(u) });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === ZERO_RESULT) return undefined;
      throw cause;
    }
  },
  isEqual: (a, b) => a.length === b.length && timingSafeEqual(a, b),
};

function privateKeyOf(scalar: Uint8Array): KeyObject {
  return createPrivateKey({ key: inDer(PRIVATE_HEAD, scalar), format: 'der', type: 'pkcs8' });
}

function publicKeyOf(u: Uint8Array): KeyObject {
  return createPublicKey({ key: inDer(PUBLIC_HEAD, u), format: 'der', type: 'spki' });
}

function inDer(head: Buffer, key: Uint8Array): Buffer {
  if (key.length !== KEY_BYTES) throw new RangeError(`A key of X25519 has ${KEY_BYTES} bytes, not ${key.length}`);
  return Buffer.concat([head, key]);
}
