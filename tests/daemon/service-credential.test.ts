import { equal } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { directoryCredential, isServiceCredential } from '../../ts-core/daemon/service-credential.js';

describe('credentials of the service manager', () => {
  it('contain the account of the directory, if it was loaded', () => {
    const folder = mkdtempSync(join(tmpdir(), 'credentials-'));
    try {
      const env = { CREDENTIALS_DIRECTORY: folder };
      equal(directoryCredential(env), undefined);
      writeFileSync(join(folder, 'tpmtbs.directory'), '{}');
      equal(directoryCredential(env), join(folder, 'tpmtbs.directory'));
      equal(directoryCredential({}), undefined);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('are the files in its folder, and no others', () => {
    const env = { CREDENTIALS_DIRECTORY: '/run/credentials/tpmtbs.service' };
    equal(isServiceCredential('/run/credentials/tpmtbs.service/tpmtbs.directory', env), true);
    for (const file of ['/run/credentials/tpmtbs.service.other/x', '/etc/tpmtbs/directory.json']) {
      equal(isServiceCredential(file, env), false, file);
    }
    equal(isServiceCredential('/etc/tpmtbs/directory.json', {}), false);
    equal(isServiceCredential('/etc/tpmtbs/directory.json', { CREDENTIALS_DIRECTORY: '' }), false);
  });
});
