import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOOK_AGAIN_AFTER_MS, SubordinateIds } from '../../../ts-core/adapters/identity/subordinate-ids.js';

describe('subordinate ids', () => {
  let folder: string;
  let path: string;
  let lookups: string[];
  let ids: SubordinateIds;
  let nowMs: number;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'subuid-'));
    path = join(folder, 'subuid');
    lookups = [];
    nowMs = 0;
    const users: Readonly<Record<string, string>> = { alice: 'uid:1000', bob: 'uid:1001', '1002': 'uid:1002' };
    ids = new SubordinateIds({
      path,
      monotonicMs: () => nowMs,
      keyOf: (user) => {
        lookups.push(user);
        return users[user];
      },
    });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Replaces the file by another one, as useradd does. */
  function write(text: string): void {
    writeFileSync(`${path}+`, text);
    renameSync(`${path}+`, path);
    nowMs += LOOK_AGAIN_AFTER_MS;
  }

  it('belong to the user who owns the range, by name or by number', () => {
    write('alice:100000:65536\nbob:165536:10\n1002:200000:1\n');
    const owners = [99_999, 100_000, 165_535, 165_536, 165_545, 165_546, 200_000, 200_001, 1000];
    assert.deepEqual(
      owners.map((uid) => ids.ownerOf(uid)),
      [undefined, 1000, 1000, 1001, 1001, undefined, 1002, undefined, undefined],
    );
  });

  it('are looked up once for each owner', () => {
    write('alice:100000:65536\ncontainers:2147483647:2147483648\n');
    for (let uid = 100_000; uid < 100_100; uid++) assert.equal(ids.ownerOf(uid), 1000);
    for (let count = 0; count < 100; count++) assert.equal(ids.ownerOf(2_147_483_647 + count), undefined);
    assert.deepEqual(lookups, ['alice', 'containers']);
  });

  it('are read again when the file changes, appears or disappears', () => {
    assert.equal(ids.ownerOf(100_000), undefined);
    write('alice:100000:65536\n');
    assert.equal(ids.ownerOf(100_000), 1000);
    write('bob:100000:65536\n');
    assert.equal(ids.ownerOf(100_000), 1001);
    rmSync(path);
    nowMs += LOOK_AGAIN_AFTER_MS - 1;
    assert.equal(ids.ownerOf(100_000), 1001, 'the file was looked at a moment ago');
    nowMs += 1;
    assert.equal(ids.ownerOf(100_000), undefined);
  });

  it('in malformed lines belong to nobody, and root is never a subordinate', () => {
    write('# alice:1:1\nalice:0:65536\nalice:x:1\nalice:100000\nbob:100000:0\n:100000:1\nalice:100000:1:1\n');
    for (const uid of [0, 1, 100_000]) assert.equal(ids.ownerOf(uid), undefined);
  });
});
