import assert from 'node:assert/strict';
import { createHash, createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { LanfoldError } from '../../core/errors.ts';
import { createCertificate } from './certificate.ts';
import { IDENTITY_FILE, loadIdentity } from './identity.ts';

/** A place for an identity that does not exist yet. */
async function place(context: TestContext): Promise<{ directory: string; file: string }> {
  const parent = await mkdtemp(join(tmpdir(), 'lanfold-identity-'));
  context.after(() => rm(parent, { recursive: true }));
  const directory = join(parent, 'home');
  return { directory, file: join(directory, IDENTITY_FILE) };
}

async function isBroken(directory: string): Promise<string> {
  const error: unknown = await loadIdentity(directory).catch((error: unknown) => error);
  assert.ok(error instanceof LanfoldError);
  assert.equal(error.code, 'E_IDENTITY_BROKEN');
  return error.message;
}

describe('the identity', () => {
  test('C21 is made on first start and is the same ever after', async (context) => {
    const { directory, file } = await place(context);
    const made = await loadIdentity(directory);
    const hash = createHash('sha256').update(new X509Certificate(made.certificatePem).raw).digest();
    assert.deepEqual(Buffer.from(made.device), hash);
    assert.deepEqual(await loadIdentity(directory), made);
    assert.deepEqual(await readdir(directory), [IDENTITY_FILE], 'nothing else is left');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal((await stat(directory)).mode & 0o777, 0o700);
  });

  test('C21 is one, however many processes start at once', async (context) => {
    const { directory } = await place(context);
    const all = await Promise.all(Array.from({ length: 8 }, () => loadIdentity(directory)));
    for (const one of all) assert.deepEqual(one, all[0]);
    assert.deepEqual(await readdir(directory), [IDENTITY_FILE]);
  });

  test('C21 case J17: is hidden again if others could read it', async (context) => {
    const { directory, file } = await place(context);
    const made = await loadIdentity(directory);
    await chmod(file, 0o644);
    assert.deepEqual(await loadIdentity(directory), made);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });

  test('C21 is never replaced, whatever is wrong with it', async (context) => {
    const { directory, file } = await place(context);
    await loadIdentity(directory);
    const whole = await readFile(file, 'utf8');
    const [ownKey, otherKey] = [whole, createCertificate(new Date()).keyPem];
    const damaged: [what: string, text: string][] = [
      ['empty', ''],
      ['cut in the key', whole.slice(0, 100)],
      ['cut in the certificate', whole.slice(0, -100)],
      ['without a key', whole.slice(whole.indexOf('-----BEGIN CERTIFICATE'))],
      ['with the key of another', ownKey.replace(/^[^]*?-----END PRIVATE KEY-----\n/, otherKey)],
      ['with a changed letter', whole.replace(/(CERTIFICATE-----\n.{40})./, '$1!')],
      ['too large', whole.padEnd(100_000)],
      ['no text', '\0'.repeat(500)],
    ];
    for (const [what, text] of damaged) {
      await writeFile(file, text);
      await isBroken(directory).catch((error: unknown) => assert.fail(`${what}: ${String(error)}`));
      assert.equal(await readFile(file, 'utf8'), text, what);
    }
  });

  test('C21 that cannot be read is an error that names the file', async (context) => {
    const { directory, file } = await place(context);
    await mkdir(file, { recursive: true });
    assert.ok((await isBroken(directory)).includes(file));
  });

  test('C21 may be one that Syncthing made: any kind of key will do', async (context) => {
    const { directory, file } = await place(context);
    const { keyPem, certificatePem } = createCertificate(new Date());
    await mkdir(directory);
    // The older form of an EC key, as Syncthing 1.x writes it; the certificate may stand first.
    const sec1 = createPrivateKey(keyPem).export({ type: 'sec1', format: 'pem' }).toString();
    assert.match(sec1, /BEGIN EC PRIVATE KEY/);
    await writeFile(file, `${certificatePem}${sec1}`);
    assert.equal((await loadIdentity(directory)).certificatePem, certificatePem);
    const stranger = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    await writeFile(file, `${certificatePem}${stranger.toString()}`);
    await isBroken(directory);
  });
});
