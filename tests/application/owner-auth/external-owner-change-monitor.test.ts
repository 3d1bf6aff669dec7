import assert from 'node:assert/strict';
import { ExternalOwnerChangeMonitor } from '../../../ts-core/application/owner-auth/external-owner-change-monitor.js';
import type { KeptSecrets, SecretName } from '../../../ts-core/application/owner-auth/kept-secrets.js';
import { OwnerAuthRecords } from '../../../ts-core/application/owner-auth/owner-auth-record.js';
import type { OwnerTpm } from '../../../ts-core/application/owner-auth/owner-tpm.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { ROOT } from '../../support/callers.js';
import { MemoryStore } from '../../support/memory-store.js';
import { pendingCommand } from '../../support/pending-command.js';
import { quietLog } from '../../support/quiet-log.js';
import { recordedEvents } from '../../support/recorded-events.js';
import { changeEps, clear, getRandom } from '../../support/tpm20-commands.js';

const MARK = 'feature:ownerAuthRawChange';

function setUp() {
  const store = new MemoryStore();
  const kept = new Set<SecretName>(['owner', 'storage', 'endorsement', 'pending']);
  const secrets = {
    has: (name: SecretName) => kept.has(name),
    wipe: (name: SecretName) => void kept.delete(name),
    wipeAll: () => kept.clear(),
  } as unknown as KeptSecrets;
  const records = new OwnerAuthRecords(store);
  const { events, told } = recordedEvents();
  const tpm = { version: '2.0' } as OwnerTpm;
  const monitor = new ExternalOwnerChangeMonitor({ store, tpm, secrets, records, events, log: quietLog() });
  const marked = () => store.kept.get(MARK);
  return { monitor, store, kept, told, marked, records };
}

const commandOf = (command: Uint8Array) => pendingCommand({ caller: ROOT, command }).pending;

describe('a raw change of the owner authorization', () => {
  it('is marked durably before the TPM gets it, and other commands cost nothing', async () => {
    const { monitor, store, marked } = setUp();
    assert.equal(monitor.beforeCommand(commandOf(getRandom(8))), undefined);
    await monitor.beforeCommand(commandOf(changeEps()));
    assert.deepEqual([marked(), monitor.isMarked], [['endorsement'], true]);
    store.put = () => Promise.reject(new Error('ENOSPC'));
    await assert.rejects(monitor.beforeCommand(commandOf(clear())) as Promise<void>, /ENOSPC/);
  });

  it('that succeeds wipes what it voided, reports who did it, and removes the mark last', async () => {
    const { monitor, kept, told, marked, records } = setUp();
    await records.update({ lockoutParametersSet: true });
    const pending = commandOf(clear());
    await monitor.beforeCommand(pending);
    const ended = monitor.commandEnded(pending, 'success');
    assert.deepEqual([[...kept], monitor.isMarked], [[], true]);
    await ended;
    assert.deepEqual([marked(), records.current.lockoutParametersSet], [undefined, false]);
    assert.deepEqual(
      told.map(({ kind, userKey, details }) => [kind, userKey, details]),
      [['ownerAuthorization', ROOT.userKey, { voided: ['owner', 'storage', 'endorsement'] }]],
    );
  });

  it('wipes no more than it voided', async () => {
    const { monitor, kept } = setUp();
    const pending = commandOf(changeEps());
    await monitor.beforeCommand(pending);
    await monitor.commandEnded(pending, 'success');
    assert.deepEqual([...kept], ['owner', 'storage', 'pending']);
  });

  it('that the TPM rejects leaves everything as it was', async () => {
    for (const outcome of ['authorizationFailure', 'hardwareLockout', 'other'] as const) {
      const { monitor, kept, told, marked } = setUp();
      const pending = commandOf(clear());
      await monitor.beforeCommand(pending);
      await monitor.commandEnded(pending, outcome);
      assert.deepEqual([kept.size, marked(), told], [4, undefined, []]);
    }
  });

  it('whose response was lost stays marked, though a later one is answered', async () => {
    const { monitor, marked } = setUp();
    await monitor.beforeCommand(commandOf(changeEps()));
    const later = commandOf(clear());
    await monitor.beforeCommand(later);
    await monitor.commandEnded(later, 'other');
    assert.deepEqual(marked(), ['endorsement']);
  });
});

describe('a change by the broker that ends the owner', () => {
  it('runs under the mark, and forgets everything when it is done', async () => {
    const { monitor, kept, marked } = setUp();
    await monitor.during(async () => assert.deepEqual(marked(), ['owner', 'storage', 'endorsement']));
    assert.deepEqual([kept.size, marked()], [0, undefined]);
  });

  it('leaves the mark if the TPM may have made the change, and only then', async () => {
    for (const [symbol, isMarked] of [
      ['TBS_E_IOERROR', true],
      ['TPM_20_E_LOCKOUT', false],
    ] as const) {
      const { monitor, kept } = setUp();
      await assert.rejects(
        monitor.during(() => Promise.reject(new TbsError(symbol))),
        { symbol },
      );
      assert.deepEqual([monitor.isMarked, kept.size], [isMarked, 4]);
    }
  });
});
