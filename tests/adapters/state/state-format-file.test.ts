import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noteStateFormat } from '../../../ts-core/adapters/state/state-format-file.js';

describe('the file that names the format of the stored records', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tpmtbs-format-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('holds the format and the version that wrote it last, for the user of the broker alone', () => {
    const path = join(folder, 'state-format');
    noteStateFormat(folder, 1, '0.1.0');
    noteStateFormat(folder, 2, '0.2.0');
    assert.equal(readFileSync(path, 'utf8'), '2 0.2.0\n');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(folder), ['state-format']);
  });

  it('is not written again while nothing has changed', () => {
    noteStateFormat(folder, 1, '0.1.0');
    const { ino } = statSync(join(folder, 'state-format'));
    noteStateFormat(folder, 1, '0.1.0');
    assert.equal(statSync(join(folder, 'state-format')).ino, ino);
  });
});
