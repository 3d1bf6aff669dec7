import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { serverEndPoint } from '../../../ts-core/adapters/directory/kerberos-bind.js';

const PREFIX = 'tls-server-end-point:';

function certificate(...options: readonly string[]): Buffer {
  const args = ['req', '-x509', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=dc1', '-days', '1', ...options];
  return new X509Certificate(execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] })).raw;
}

describe('the channel bindings of a TLS connection (RFC 5929, tls-server-end-point)', function () {
  this.timeout(30_000);
  const RSA = ['-newkey', 'rsa:2048'];
  const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  for (const { options, hash } of [
    { options: [...RSA, '-sha256'], hash: 'sha256' },
    { options: [...RSA, '-sha512'], hash: 'sha512' },
    { options: [...RSA, '-sha1'], hash: 'sha256' },
    { options: [...EC, '-sha256'], hash: 'sha256' },
    { options: [...EC, '-sha384'], hash: 'sha384' },
  ]) {
    it(`are the ${hash} of a certificate signed with ${options.join(' ')}`, () => {
      const raw = certificate(...options);
      const expected = Buffer.concat([Buffer.from(PREFIX), createHash(hash).update(raw).digest()]);
      assert.deepEqual(serverEndPoint(raw), expected);
    });
  }

  it('are empty if the signature has no single hash', () => {
    assert.equal(serverEndPoint(certificate('-newkey', 'ed25519')).length, 0);
  });
});
