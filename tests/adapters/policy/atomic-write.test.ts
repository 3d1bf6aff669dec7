/** Tests the atomic replacement of files on a file system that fails at each step. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { replaceFile } from '../../../ts-core/adapters/policy/atomic-write.js';

describe('replacing a policy file', () => {
  let folder: string;
  let file: string;
  const failingDisk = () => Promise.reject(Object.assign(new Error('input/output error'), { code: 'EIO' }));

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'atomic-write-'));
    file = path.join(folder, 'local.json');
  });
  afterEach(async () => {
    await chmod(folder, 0o700);
    await rm(folder, { recursive: true, force: true });
  });

  it('leaves the new content with its mode, and no other file', async () => {
    await writeFile(file, 'old');
    await replaceFile(file, 'new', 0o640);
    assert.equal(await readFile(file, 'utf8'), 'new');
    assert.equal((await stat(file)).mode & 0o777, 0o640);
    assert.deepEqual(await readdir(folder), ['local.json']);
  });

  it('leaves the old content in force if the new one could not be made durable', async () => {
    await writeFile(file, 'old');
    await assert.rejects(replaceFile(file, 'new', 0o640, failingDisk), { code: 'EIO' });
    assert.equal(await readFile(file, 'utf8'), 'old');
    assert.deepEqual(await readdir(folder), ['local.json']);
  });

  it('leaves no file if there was none', async () => {
    await assert.rejects(replaceFile(file, 'new', 0o640, failingDisk), { code: 'EIO' });
    assert.deepEqual(await readdir(folder), []);
  });

  it('throws if the folder is missing', async () => {
    await assert.rejects(replaceFile(path.join(folder, 'none', 'local.json'), 'new', 0o640), { code: 'ENOENT' });
  });
});
