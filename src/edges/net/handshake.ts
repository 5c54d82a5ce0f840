/**
 * What both ends of every connection insist on: TLS 1.3, and one certificate whose hash is the device ID.
 *
 * Certificates are signed by nobody else, so Node's own verdict (`authorized`) means nothing here. The proof is that the far
 * end holds the key of the certificate it showed (TLS checks that) and that the certificate's hash is an ID we trust.
 * @module
 */
import { constants, createHash } from 'node:crypto';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { Identity } from './identity.ts';

export const PROTOCOL = 'bep/1.0';

/** AES-128 first: the fastest where the CPU knows AES. An end that prefers ChaCha20, because its CPU does not, gets that. */
const CIPHERS = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

export function secureContextOf(identity: Identity): SecureContext {
  return createSecureContext({
    key: identity.keyPem,
    cert: identity.certificatePem,
    minVersion: 'TLSv1.3',
    ciphers: CIPHERS.join(':'),
    honorCipherOrder: true,
    // No tickets: a resumed session shows no certificate to the client, and identity would rest on memory (rule R18).
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_PRIORITIZE_CHACHA,
  });
}

export type Proof =
  | { readonly device: Uint8Array }
  /** Why nobody is proven. */
  | { readonly fault: string };

/**
 * Who is at the far end of a connection whose handshake has just ended.
 *
 * A far end without ALPN is let through, as Syncthing does; TLS itself has refused one that wants another protocol.
 */
export function proofOf(socket: TLSSocket): Proof {
  if (socket.getProtocol() !== 'TLSv1.3') return { fault: 'not TLS 1.3' };
  if (socket.isSessionReused()) return { fault: 'a resumed session proves nothing' };
  if (socket.alpnProtocol !== PROTOCOL && socket.alpnProtocol !== false) return { fault: 'another protocol' };
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { fault: 'no certificate' };
  // For a far end's certificate, Node gives as issuer whatever certificate came next on the wire.
  if (certificate.issuerCertificate !== undefined) return { fault: 'more than one certificate' };
  return { device: createHash('sha256').update(certificate.raw).digest() };
}

export function isSameDevice(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
