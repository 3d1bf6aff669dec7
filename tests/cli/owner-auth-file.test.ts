import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOwnerAuthFile } from '../../ts-core/cli/owner-auth-file.js';

describe('an owner-password file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'owner-auth-file-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('contains a new authorization of 20 bytes, and is accessible only to its owner', () => {
    const [first, second] = ['a.tpm', 'b.tpm'].map((name) => createOwnerAuthFile(join(folder, name)));
    assert.ok(first !== undefined && first !== second);
    assert.equal(Buffer.from(first, 'base64').length, 20);
    const text = readFileSync(join(folder, 'a.tpm'), 'utf8');
    assert.match(
      text,
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<tpmOwnerData version="1\.0" softwareAuthor="TpmTbs"/,
    );
    assert.ok(text.includes(`<ownerAuth>${first}</ownerAuth>`));
    assert.equal(statSync(join(folder, 'a.tpm')).mode & 0o777, 0o600);
  });

  it('never replaces an existing file', () => {
    const path = join(folder, 'a.tpm');
    createOwnerAuthFile(path);
    const before = readFileSync(path, 'utf8');
    assert.throws(() => createOwnerAuthFile(path), { code: 'EEXIST' });
    assert.equal(readFileSync(path, 'utf8'), before);
  });
});
