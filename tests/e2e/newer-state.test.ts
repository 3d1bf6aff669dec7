/** Tests a real tbsd with the state of a later version. */
import assert from 'node:assert/strict';
import { nativeAddon } from '../../ts-core/adapters/identity/native-addon.js';
import { LmdbStateStore } from '../../ts-core/adapters/state/lmdb-state-store.js';
import { EXIT_CODES } from '../../ts-core/daemon/exit-codes.js';
import { TestDaemon } from '../support/daemon.js';

const RECORD = 'feature:stateFormat';

describe('a broker with the state of a later version', function () {
  this.timeout(60_000);

  it('refuses to start, names that version, and does not change the state', async () => {
    await using daemon = await TestDaemon.start();
    await daemon.stop();
    const open = () => LmdbStateStore.open({ folder: daemon.stateFolder, tryLock: nativeAddon().tryLockExclusive });
    const later = { format: 99, writtenBy: '9.9.9' };
    const store = open();
    assert.equal((store.get(RECORD) as { format: number }).format, 1);
    await store.put(RECORD, later);
    await store.close();
    await assert.rejects(daemon.run(), new RegExp(`tbsd ended with ${EXIT_CODES.badConfiguration}:`));
    assert.match(daemon.errorOutput, /TpmTbs 9\.9\.9 wrote the state in .* in format 99.*Install TpmTbs 9\.9\.9/);
    const kept = open();
    assert.deepEqual(kept.get(RECORD), later);
    await kept.close();
  });
});
