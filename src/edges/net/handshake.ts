/**
 * What both ends of every connection insist on: TLS 1.3, and one certificate whose hash is the device ID.
 *
 * Certificates are signed by nobody else, so Node's own verdict (`authorized`) means nothing here. The proof is that the far
 * end holds the key of the certificate it showed (TLS checks that) and that the certificate's hash is an ID we trust.
 * @module
 */
import { constants, createHash } from 'node:crypto';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { BEP } from '../../core/session/protocol-names.ts';
import type { Identity } from './identity.ts';

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

/** For the end that is the TLS server. `protocols`: the best first. */
export function serverOptions(secureContext: SecureContext, protocols: string[]) {
  return { isServer: true, secureContext, requestCert: true, rejectUnauthorized: false, ALPNProtocols: protocols };
}

/** For the other end. The server takes what it likes best of `protocols`. */
export function clientOptions(secureContext: SecureContext, protocols: string[]) {
  return { secureContext, rejectUnauthorized: false, checkServerIdentity: () => undefined, ALPNProtocols: protocols };
}

export type Proof =
  | { readonly device: Uint8Array }
  /** Why nobody is proven. */
  | { readonly fault: string };

/**
 * Who is at the far end of a connection whose handshake has just ended, to speak `protocol` and no other.
 *
 * A far end without ALPN is taken to speak BEP, as Syncthing does; TLS itself has refused one that wants what was not offered.
 */
export function proofOf(socket: TLSSocket, protocol: string): Proof {
  if (socket.getProtocol() !== 'TLSv1.3') return { fault: 'not TLS 1.3' };
  if (socket.isSessionReused()) return { fault: 'a resumed session proves nothing' };
  if ((socket.alpnProtocol || BEP) !== protocol) return { fault: 'another protocol' };
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { fault: 'no certificate' };
  // For a far end's certificate, Node gives as issuer whatever certificate came next on the wire.
  if (certificate.issuerCertificate !== undefined) return { fault: 'more than one certificate' };
  return { device: createHash('sha256').update(certificate.raw).digest() };
}

export function isSameDevice(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
