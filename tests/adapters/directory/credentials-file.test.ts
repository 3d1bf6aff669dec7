import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCredentials } from '../../../ts-core/adapters/directory/credentials-file.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';

const OWN_UID = process.getuid?.() ?? 0;

describe('the credentials file of the directory', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tpmtbs-credentials-'));
    path = join(folder, 'credentials.json');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (text: string) => writeFileSync(path, text, { mode: 0o600 });
  const refusal = (says: RegExp) =>
    assert.throws(
      () => readCredentials(path, OWN_UID),
      (error) =>
        error instanceof TbsError &&
        error.details['reason'] === 'wrongCredentials' &&
        says.test(error.message) &&
        !`${error.message}${error.cause}`.includes('hunter2'),
    );

  it('contains user and password', () => {
    write('{"user":"PC1$@corp.example","password":"hunter2"}');
    assert.deepEqual(readCredentials(path, OWN_UID), { user: 'PC1$@corp.example', password: 'hunter2' });
  });

  it('is refused if others can read or write it', () => {
    for (const mode of [0o640, 0o604, 0o620, 0o602]) {
      write('{"user":"PC1$","password":"hunter2"}');
      chmodSync(path, mode);
      refusal(/chmod 600/);
    }
  });

  it('may be readable by the group that stands for an access control list, if the service manager loaded it', () => {
    write('{"user":"PC1$","password":"hunter2"}');
    chmodSync(path, 0o440);
    assert.equal(readCredentials(path, OWN_UID, true).user, 'PC1$');
    for (const mode of [0o444, 0o460]) {
      chmodSync(path, mode);
      assert.throws(() => readCredentials(path, OWN_UID, true), /chmod 600/);
    }
  });

  it('is refused if it belongs to another user', function () {
    // Only root may give a file away.
    if (OWN_UID !== 0) this.skip();
    write('{"user":"PC1$","password":"hunter2"}');
    chownSync(path, 12_345, 12_345);
    refusal(/belongs to user 12345/);
  });

  it('is refused without a password, since an anonymous bind would succeed', () => {
    write('{"user":"PC1$","password":""}');
    refusal(/neither of them empty/);
  });

  it('is never quoted if it is malformed', () => {
    for (const text of ['hunter2', '{"user":"PC1$","password":"hunter2"', '{"user":"PC1$","password":["hunter2"]}']) {
      write(text);
      refusal(/is not a JSON object/);
    }
    write(JSON.stringify({ user: 'PC1$', password: 'hunter2', padding: 'x'.repeat(5000) }));
    refusal(/larger than/);
  });

  it('is reported if it is missing or not a file', () => {
    refusal(/ENOENT/);
    path = folder;
    refusal(/not a regular file/);
  });
});
