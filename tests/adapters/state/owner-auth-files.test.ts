/** Tests the secrets on disk: encrypted, replaced atomically, overwritten before they are removed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  linkSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EncryptedOwnerAuthFiles } from '../../../ts-core/adapters/state/owner-auth-files.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';

describe('the files of the owner authorization', () => {
  const secret = new Uint8Array(Buffer.from('a secret of 20 bytes'));
  const key = new Uint8Array(randomBytes(32));
  let folder: string;
  let files: EncryptedOwnerAuthFiles;

  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'owner-auth-')), 'owner-auth');
    files = new EncryptedOwnerAuthFiles(folder);
  });
  afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

  const reasonOf = (action: () => unknown) => {
    try {
      action();
    } catch (error) {
      assert.ok(error instanceof TbsError);
      return error.details['reason'];
    }
    return undefined;
  };

  it('contain nothing readable, and are accessible only to the broker', () => {
    files.write('owner', key, secret);
    const bytes = readFileSync(join(folder, 'owner'));
    assert.ok(!bytes.includes(Buffer.from(secret)));
    assert.equal(statSync(join(folder, 'owner')).mode & 0o777, 0o600);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.deepEqual(files.read('owner', key), secret);
  });

  it('cannot be decrypted with another key, under another name, or with a changed byte', () => {
    files.write('owner', key, secret);
    assert.equal(
      reasonOf(() => files.read('owner', new Uint8Array(32))),
      'damaged',
    );
    const bytes = readFileSync(join(folder, 'owner'));
    writeFileSync(join(folder, 'storage'), bytes);
    assert.equal(
      reasonOf(() => files.read('storage', key)),
      'damaged',
    );
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      writeFileSync(join(folder, 'owner'), changed);
      assert.equal(
        reasonOf(() => files.read('owner', key)),
        'damaged',
        `byte ${at}`,
      );
    }
  });

  it('are overwritten before they are replaced or wiped', () => {
    files.write('owner', key, secret);
    const old = openSync(join(folder, 'owner'), 'r');
    files.write('owner', key, new Uint8Array(20));
    assert.ok(
      contentOf(old).every((byte) => byte === 0),
      'replaced',
    );
    closeSync(old);
    const last = openSync(join(folder, 'owner'), 'r');
    files.wipe('owner');
    assert.ok(
      contentOf(last).every((byte) => byte === 0),
      'wiped',
    );
    closeSync(last);
    assert.ok(!files.has('owner'));
    assert.deepEqual(readdirSync(folder), []);
  });

  it('are complete after a crash between the steps of a replacement', () => {
    files.write('owner', key, secret);
    // The files that a crash before the rename leaves: the new file, and a second name of the old one.
    linkSync(join(folder, 'owner'), join(folder, 'owner.old'));
    writeFileSync(join(folder, 'owner.new'), 'half of a new f');
    const again = new EncryptedOwnerAuthFiles(folder);
    assert.deepEqual(again.read('owner', key), secret);
    assert.deepEqual(readdirSync(folder), ['owner']);
  });

  it('are unchanged if the disk has room for only a part of the new secret (needs root to mount a tmpfs)', function () {
    if (process.getuid?.() !== 0) this.skip();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32k,mode=0700', 'tmpfs', folder]);
    try {
      files.write('owner', key, secret);
      assert.equal(
        reasonOf(() => files.write('owner', key, new Uint8Array(40_000))),
        'diskFull',
      );
      const again = new EncryptedOwnerAuthFiles(folder);
      assert.deepEqual(again.read('owner', key), secret);
      again.write('owner', key, new Uint8Array(20));
      assert.deepEqual(again.read('owner', key), new Uint8Array(20));
    } finally {
      execFileSync('umount', [folder]);
    }
  });

  it('are set aside for the TPM that they belong to, come back with it, and are overwritten when they are forgotten', () => {
    const aside = `${folder}-of-2.0-aa`;
    files.writeSealedKey(new Uint8Array(10));
    files.write('owner', key, secret);
    files.setAside('2.0-aa');
    files.setAside('2.0-aa');
    assert.deepEqual([files.names(), files.readSealedKey()], [[], undefined]);
    assert.equal(statSync(aside).mode & 0o777, 0o700);
    files.write('owner', key, new Uint8Array(20));
    assert.equal(
      reasonOf(() => files.bringBack('2.0-aa')),
      'ioError',
      'it would lose what another TPM’s folder holds',
    );
    files.setAside('2.0-bb');
    files.bringBack('2.0-aa');
    files.bringBack('2.0-aa');
    assert.deepEqual(files.read('owner', key), secret);
    const descriptor = openSync(join(`${folder}-of-2.0-bb`, 'owner'), 'r');
    files.forgetSetAside('2.0-bb');
    files.forgetSetAside('2.0-bb');
    assert.ok(contentOf(descriptor).every((byte) => byte === 0));
    closeSync(descriptor);
    assert.deepEqual(readdirSync(join(folder, '..')), ['owner-auth']);
  });

  it('are all removed when everything is wiped', () => {
    files.writeSealedKey(new Uint8Array(10));
    files.write('owner', key, secret);
    files.write('pending', key, secret);
    files.wipeAll();
    assert.deepEqual(readdirSync(folder), []);
    assert.equal(files.readSealedKey(), undefined);
  });
});

function contentOf(descriptor: number): Buffer {
  const bytes = Buffer.alloc(1000);
  return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
}
