/** The maintainer script that dpkg runs before it unpacks a version of the broker. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STATE_FORMAT } from '../../ts-core/application/state/state-format.js';
import { REPOSITORY } from '../support/daemon.js';

const PLACE = 'file=/var/lib/tpmtbs/state-format';
const source = readFileSync(join(REPOSITORY, 'packaging', 'debian', 'tpmtbs.preinst'), 'utf8');

describe('the package, before it is unpacked', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tpmtbs-preinst-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function preinst(action: string, stateFormat?: string) {
    const file = join(folder, 'state-format');
    if (stateFormat !== undefined) writeFileSync(file, stateFormat);
    assert.ok(source.includes(PLACE));
    const script = source.replaceAll('@FORMAT@', `${STATE_FORMAT}`).replace(PLACE, `file=${file}`);
    return spawnSync('sh', ['-s', action], { input: script, encoding: 'utf8' });
  }

  it('refuses to take the place of a version whose state it would not read, and names that version', () => {
    for (const action of ['install', 'upgrade']) {
      const { status, stderr } = preinst(action, `${STATE_FORMAT + 1} 9.9.9\n`);
      assert.equal(status, 1);
      assert.match(
        stderr,
        /^tpmtbs: TpmTbs 9\.9\.9 wrote the state .* in format \d+; this version knows formats up to \d+\.$/m,
      );
      assert.match(stderr, /nothing was changed\. Keep TpmTbs 9\.9\.9/);
    }
  });

  it('takes the place of any version whose state it reads, or that left none', () => {
    for (const stateFormat of [undefined, `${STATE_FORMAT} 0.1.0\n`, '']) {
      const { status, stderr } = preinst('upgrade', stateFormat);
      assert.deepEqual([status, stderr], [0, '']);
    }
  });
});
