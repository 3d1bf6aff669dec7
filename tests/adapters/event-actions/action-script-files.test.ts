import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ActionScriptFiles, MAX_SCRIPT_BYTES } from '../../../ts-core/adapters/event-actions/action-script-files.js';

describe('the scripts of event actions', () => {
  let folder: string;
  let script: string;
  const scripts = new ActionScriptFiles([0]);
  const reason = (path: string): string => {
    const read = scripts.read(path);
    return read.ok ? 'read' : read.reason;
  };

  before(function () {
    // Only root can make files that belong to root; /tmp is writable by all, so the folder is made beside it.
    if (process.getuid?.() !== 0) this.skip();
  });
  beforeEach(() => {
    folder = mkdtempSync('/var/lib/tbs-scripts-');
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'sub'));
    script = join(folder, 'sub', 'a.ps1');
    writeFileSync(script, "'hello'\n", { mode: 0o644 });
  });
  afterEach(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  it('are read with the hash of what was read', () => {
    const sha256 = createHash('sha256').update("'hello'\n").digest('hex');
    const read = scripts.read(script);
    assert.ok(read.ok);
    assert.deepEqual([Buffer.from(read.bytes).toString(), read.sha256], ["'hello'\n", sha256]);
  });

  it('are refused if a user owns or can write the file or a folder above it', () => {
    chmodSync(script, 0o666);
    assert.match(reason(script), /a\.ps1 can be written by others/);
    chmodSync(script, 0o644);
    chownSync(join(folder, 'sub'), 65534, 65534);
    assert.match(reason(script), /sub belongs to user 65534/);
    chownSync(join(folder, 'sub'), 0, 0);
    chmodSync(folder, 0o1777);
    assert.match(reason(script), /can be written by others/);
    chmodSync(folder, 0o755);
    assert.equal(reason(script), 'read');
  });

  it('are refused behind a symbolic link, in the last part or in another', () => {
    symlinkSync(script, join(folder, 'link.ps1'));
    symlinkSync(join(folder, 'sub'), join(folder, 'folder'));
    for (const path of [join(folder, 'link.ps1'), join(folder, 'folder', 'a.ps1')]) {
      assert.match(reason(path), /symbolic link/);
    }
  });

  it('are refused if they are folders, pipes, missing, too large, or not named in full', () => {
    execFileSync('mkfifo', ['-m', '644', join(folder, 'pipe')]);
    writeFileSync(join(folder, 'large.ps1'), Buffer.alloc(MAX_SCRIPT_BYTES + 1), { mode: 0o644 });
    assert.match(reason(join(folder, 'sub')), /is not a regular file/);
    assert.match(reason(join(folder, 'pipe')), /is not a regular file/);
    assert.match(reason(join(folder, 'none.ps1')), /does not exist/);
    assert.match(reason(join(folder, 'large.ps1')), /larger than/);
    for (const path of ['a.ps1', `${folder}/../x`, `${folder}//a`, `${folder}/./a`, '/', '']) {
      assert.match(reason(path), /is not an absolute path/);
    }
  });

  it('leave no descriptor open', () => {
    const onTheWay = new Set([script]);
    for (let path = script; path !== '/'; path = dirname(path)) onTheWay.add(dirname(path));
    const openOnTheWay = (): number => readdirSync('/proc/self/fd').filter((fd) => onTheWay.has(targetOf(fd))).length;
    const before = openOnTheWay();
    for (let round = 0; round < 50; round++) {
      reason(script);
      reason(join(folder, 'none.ps1'));
    }
    assert.equal(openOnTheWay(), before);
  });
});

/** Returns what a descriptor of this process refers to; the list of descriptors is itself one that has closed by now. */
function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
