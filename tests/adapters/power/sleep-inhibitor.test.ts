import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SleepInhibitor } from '../../../ts-core/adapters/power/sleep-inhibitor.js';
import { quietLog } from '../../support/quiet-log.js';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the delay lock on sleep', function () {
  this.timeout(30_000);
  let folder: string;
  const path = process.env['PATH'];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'inhibit-'));
    process.env['PATH'] = `${folder}:${path}`;
  });
  afterEach(() => {
    process.env['PATH'] = path;
    rmSync(folder, { recursive: true, force: true });
  });

  /** Replaces systemd-inhibit by a shell script. */
  function inhibitIs(script: string): void {
    writeFileSync(join(folder, 'systemd-inhibit'), `#!/bin/sh\ncd ${folder}\n${script}\n`, { mode: 0o755 });
  }

  it('is tried again after a failure, which is logged once, until it is held', async () => {
    inhibitIs(
      'if [ -e third ]; then exec cat; fi\n[ -e second ] && touch third\ntouch second\necho "timed out" >&2\nexit 1',
    );
    const log = quietLog();
    const inhibitor = new SleepInhibitor(undefined, log, 1);
    assert.equal(await inhibitor.take(), false);
    while (log.lines.length < 2) await turn();
    assert.deepEqual(
      log.lines.map(({ level, fields }) => [level, fields]),
      [
        ['warn', { reason: 'timed out' }],
        ['info', {}],
      ],
    );
    assert.ok(existsSync(join(folder, 'third')), 'it has failed twice');
    inhibitor.close();
  });

  it('is not tried again after it was released', async () => {
    inhibitIs('echo x >> tries\nexit 1');
    const inhibitor = new SleepInhibitor(undefined, quietLog(), 1);
    await inhibitor.take();
    inhibitor.release();
    rmSync(join(folder, 'tries'));
    for (let turns = 0; turns < 500; turns++) await turn();
    assert.ok(!existsSync(join(folder, 'tries')));
    inhibitor.close();
  });
});
