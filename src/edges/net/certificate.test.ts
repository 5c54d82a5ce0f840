import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createCertificate } from './certificate.ts';

const NOW = new Date('2026-11-24T12:34:56Z');
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

describe('C20 the certificate', () => {
  const { keyPem, certificatePem } = createCertificate(NOW);
  const certificate = new X509Certificate(certificatePem);

  test('C20 is signed by its own key, which is ECDSA P-256', () => {
    assert.ok(certificate.verify(certificate.publicKey));
    assert.ok(certificate.checkPrivateKey(createPrivateKey(keyPem)));
    assert.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
  });

  test('C20 has the name that Syncthing asks for, as CN and as DNS name', () => {
    assert.equal(certificate.subject, 'CN=syncthing');
    assert.equal(certificate.issuer, 'CN=syncthing');
    assert.equal(certificate.subjectAltName, 'DNS:syncthing');
    assert.equal(certificate.checkHost('syncthing'), 'syncthing');
  });

  test('C20 is for both ends of a connection, and no authority', () => {
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    assert.equal(certificate.ca, false);
  });

  test('C20 is valid for 20 years from the start of its day', () => {
    assert.equal(certificate.validFromDate.toISOString(), '2026-11-24T00:00:00.000Z');
    assert.equal(certificate.validToDate.toISOString(), '2046-11-24T00:00:00.000Z');
  });

  test('C20 dates from 2050 on are written in the long form', () => {
    const late = new X509Certificate(createCertificate(new Date('2049-03-01T00:00:00Z')).certificatePem);
    assert.equal(late.validFromDate.toISOString(), '2049-03-01T00:00:00.000Z');
    assert.equal(late.validToDate.toISOString(), '2069-03-01T00:00:00.000Z');
  });

  test('C20 has a positive serial number of its own', () => {
    const serials = Array.from(
      { length: 20 },
      () => new X509Certificate(createCertificate(NOW).certificatePem).serialNumber,
    );
    assert.equal(new Set(serials).size, 20);
    for (const serial of serials) assert.match(serial, /^[4-7][\dA-F]{15}$/);
  });

  test('C20 pleases openssl', { skip: hasOpenssl ? false : 'openssl is not installed' }, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'lanfold-certificate-'));
    try {
      const [key, file] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
      await writeFile(key, keyPem);
      await writeFile(file, certificatePem);
      const verified = execFileSync('openssl', ['verify', '-x509_strict', '-no_check_time', '-trusted', file, file]);
      assert.match(verified.toString(), /: OK/);
      const text = execFileSync('openssl', ['x509', '-in', file, '-noout', '-text']).toString();
      for (const expected of [
        'Version: 3 (0x2)',
        'Signature Algorithm: ecdsa-with-SHA256',
        'X509v3 Key Usage: critical\n                Digital Signature\n',
        'TLS Web Server Authentication, TLS Web Client Authentication',
        'X509v3 Basic Constraints: critical\n                CA:FALSE',
        'DNS:syncthing',
      ]) {
        assert.ok(text.includes(expected), `${expected} is missing in\n${text}`);
      }
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
