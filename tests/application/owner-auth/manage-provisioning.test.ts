/** Tests what Initialize-Tpm is permitted to do, and when provisioning runs by itself; the steps are fakes. */
import assert from 'node:assert/strict';
import {
  ManageProvisioning,
  type ProvisioningParts,
} from '../../../ts-core/application/owner-auth/manage-provisioning.js';
import { type AutoProvisioning, OwnerAuthRecords } from '../../../ts-core/application/owner-auth/owner-auth-record.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import {
  type ProvisioningBit,
  provisioningVerdict,
} from '../../../ts-core/domain/owner-auth/provisioning-information.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { policyOf, STRICT_GPO } from '../../domain/filter/filter-fixtures.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeOwnerTpm } from '../../support/fake-owner-tpm.js';
import { MemoryStore } from '../../support/memory-store.js';
import { quietLog } from '../../support/quiet-log.js';
import { recordedEvents } from '../../support/recorded-events.js';

const ROOT: Caller = { userKey: 'uid:0', callerClass: 'administrator' };
const OWNED_BY_OTHERS: readonly ProvisioningBit[] = ['TPM_OWNERAUTH'];
const INACTIVE: readonly ProvisioningBit[] = ['TPM_ACTIVATE', 'PHYSICAL_PRESENCE', 'REBOOT'];

interface Given {
  readonly version?: TpmVersion;
  /** What is needed after the first run of the steps. */
  readonly needs?: readonly ProvisioningBit[];
  readonly clearsAsOwner?: boolean;
  readonly policyCloses?: boolean;
  readonly mayBeClosed?: boolean;
  readonly hierarchies?: { readonly storage: 'open' | 'closed'; readonly endorsement: 'open' | 'closed' };
  readonly opened?: readonly string[];
  readonly hasPendingRequest?: boolean;
  readonly firmwareAccepts?: boolean;
  readonly stepsFail?: boolean;
}

function setUp(given: Given = {}) {
  const { version = '2.0', clearsAsOwner = false, mayBeClosed = true, firmwareAccepts = true } = given;
  const { events, told } = recordedEvents();
  const records = new OwnerAuthRecords(new MemoryStore());
  const clock = new FakeClock();
  const log = quietLog();
  const did: string[] = [];
  let needs = given.needs ?? [];
  const parts = {
    coordinator: {
      exclusive: (work: () => Promise<unknown>) => work(),
      parts: {
        ...{ tpm: new FakeOwnerTpm(new Uint8Array(), version), records, events },
        hierarchies: {
          mayBeClosed,
          states: () => given.hierarchies ?? { storage: 'open', endorsement: 'open' },
          open: async () => given.opened ?? [],
        },
        firmware: {
          pendingRequest: async () => (given.hasPendingRequest === true ? { operation: 5 } : undefined),
          requestFirstOffered: async (_caller: Caller, operations: readonly number[]) => {
            did.push(`request ${operations.join(' or ')}`);
            if (firmwareAccepts) needs = [...needs, 'REBOOT'];
            return firmwareAccepts;
          },
        },
      },
    },
    steps: {
      run: async (closes: boolean) => {
        if (given.stepsFail === true) throw new TbsError('TBS_E_IOERROR');
        did.push(closes ? 'run and close' : 'run');
        return provisioningVerdict(needs);
      },
      clearAsOwner: async () => {
        did.push('clear as owner');
        if (clearsAsOwner) needs = [];
        return clearsAsOwner;
      },
      verdict: async () => provisioningVerdict(needs),
    },
    policy: () => policyOf({ closeHierarchies: given.policyCloses ?? false }, STRICT_GPO),
    ...{ clock, log },
  } as unknown as ProvisioningParts;
  return { provisioning: new ManageProvisioning(parts), did, told, records, clock, log };
}

describe('Initialize-Tpm', () => {
  it('runs the steps and reports what is still needed', async () => {
    const { provisioning, did, told } = setUp({ needs: OWNED_BY_OTHERS });
    const report = await provisioning.initialize(ROOT);
    assert.deepEqual([did, report.ready, report.needs], [['run'], false, OWNED_BY_OTHERS]);
    assert.deepEqual(
      told.map(({ kind, details }) => [kind, details]),
      [['ownerAuthorization', { ready: false, needs: OWNED_BY_OTHERS }]],
    );
  });

  it('clears the TPM only if that is allowed and needed, and runs the steps again', async () => {
    const allowed = { allowClear: true };
    for (const [given, permissions, expected] of [
      [{ needs: OWNED_BY_OTHERS, clearsAsOwner: true }, allowed, ['run', 'clear as owner', 'run']],
      [{ needs: OWNED_BY_OTHERS, clearsAsOwner: false }, allowed, ['run', 'clear as owner']],
      [{ needs: OWNED_BY_OTHERS, clearsAsOwner: true }, {}, ['run']],
      [{ needs: INACTIVE, clearsAsOwner: true }, allowed, ['run']],
    ] as const) {
      const { provisioning, did } = setUp(given);
      await provisioning.initialize(ROOT, permissions);
      assert.deepEqual(did, expected);
    }
  });

  it('asks the firmware to clear only if both are allowed', async () => {
    for (const [permissions, expected] of [
      [{ allowPhysicalPresence: true }, ['run']],
      [{ allowClear: true }, ['run', 'clear as owner']],
      [{ allowClear: true, allowPhysicalPresence: true }, ['run', 'clear as owner', 'request 22 or 21 or 14 or 5']],
    ] as const) {
      const { provisioning, did } = setUp({ needs: OWNED_BY_OTHERS });
      await provisioning.initialize(ROOT, permissions);
      assert.deepEqual(did, expected);
    }
  });

  it('asks the firmware to enable an inactive TPM without permission to clear it', async () => {
    const { provisioning, did } = setUp({ version: '1.2', needs: INACTIVE });
    const report = await provisioning.initialize(ROOT, { allowPhysicalPresence: true });
    assert.deepEqual(did, ['run', 'request 10 or 6']);
    assert.equal(report.restartRequired, true);
  });

  it('asks the firmware for nothing if nothing is needed, or a request is pending', async () => {
    for (const given of [{}, { needs: INACTIVE, hasPendingRequest: true }]) {
      const { provisioning, did } = setUp(given);
      await provisioning.initialize(ROOT, { allowClear: true, allowPhysicalPresence: true });
      assert.deepEqual(did, ['run']);
    }
  });

  it('reports what the steps reached if the firmware accepts no request', async () => {
    const { provisioning } = setUp({ needs: OWNED_BY_OTHERS, firmwareAccepts: false });
    const report = await provisioning.initialize(ROOT, { allowClear: true, allowPhysicalPresence: true });
    assert.deepEqual([report.clearRequired, report.restartRequired], [true, false]);
  });

  it('closes the hierarchies on request, or if policy requires it', async () => {
    const asked = setUp();
    await asked.provisioning.initialize(ROOT, { closeHierarchies: true });
    const required = setUp({ policyCloses: true });
    await required.provisioning.initialize(ROOT);
    assert.deepEqual([asked.did, required.did], [['run and close'], ['run and close']]);
  });

  it('does nothing if it is asked to close hierarchies that cannot be closed', async () => {
    for (const [given, symbol] of [
      [{ version: '1.2' }, 'TBS_E_BAD_PARAMETER'],
      [{ mayBeClosed: false }, 'TBS_E_PROVISIONING_NOT_ALLOWED'],
    ] as const) {
      const { provisioning, did } = setUp(given);
      await assert.rejects(provisioning.initialize(ROOT, { closeHierarchies: true }), { symbol });
      assert.deepEqual(did, []);
    }
  });
});

describe('the state of provisioning', () => {
  it('has no hierarchies on TPM 1.2', async () => {
    const { hierarchies, policyClosesHierarchies } = await setUp({
      version: '1.2',
      policyCloses: true,
    }).provisioning.state();
    assert.deepEqual([hierarchies, policyClosesHierarchies], [undefined, false]);
  });

  it('announces that policy will close hierarchies while one of them is open and may be closed', async () => {
    const [open, closed] = ['open', 'closed'] as const;
    for (const [given, isAnnounced] of [
      [{ hierarchies: { storage: open, endorsement: closed } }, true],
      [{ hierarchies: { storage: closed, endorsement: open } }, true],
      [{ hierarchies: { storage: closed, endorsement: closed } }, false],
      [{ mayBeClosed: false }, false],
      [{ policyCloses: false }, false],
    ] as const) {
      const { policyClosesHierarchies } = await setUp({ policyCloses: true, ...given }).provisioning.state();
      assert.equal(policyClosesHierarchies, isAnnounced, JSON.stringify(given));
    }
  });
});

describe('Open-TpmHierarchy', () => {
  it('reports the hierarchies that it opened, and raises no event if all were open', async () => {
    const opened = setUp({ opened: ['storage', 'endorsement'] });
    await opened.provisioning.openHierarchies(ROOT, {});
    assert.deepEqual(
      opened.told.map(({ message, userKey }) => [message, userKey]),
      [['The hierarchies are open now: storage and endorsement.', 'uid:0']],
    );
    const open = setUp();
    await open.provisioning.openHierarchies(ROOT, {});
    assert.deepEqual(open.told, []);
  });

  it('is refused on TPM 1.2, and if policy requires closed hierarchies', async () => {
    const refused = async (given: Given) => setUp(given).provisioning.openHierarchies(ROOT, {});
    await assert.rejects(refused({ version: '1.2' }), { symbol: 'TBS_E_BAD_PARAMETER' });
    await assert.rejects(refused({ policyCloses: true }), { symbol: 'TBS_E_PROVISIONING_NOT_ALLOWED' });
  });
});

describe('automatic provisioning', () => {
  const afterStart = async (value: AutoProvisioning, given: Given = {}) => {
    const machine = setUp({ needs: ['TPM_TAKE_OWNERSHIP'], ...given });
    if (value !== 'NotDefined') await machine.provisioning.setAutoProvisioning(ROOT, value);
    await machine.provisioning.start();
    return machine;
  };

  it('runs at the start only if it is enabled and the TPM is not ready', async () => {
    assert.deepEqual((await afterStart('Enabled')).did, ['run']);
    assert.deepEqual((await afterStart('Enabled', { needs: [] })).did, []);
    assert.deepEqual((await afterStart('Disabled')).did, []);
    assert.deepEqual((await afterStart('NotDefined')).did, []);
  });

  it('asks nothing of the firmware, since no person started it', async () => {
    const { provisioning, did, told } = await afterStart('Enabled', { needs: INACTIVE });
    assert.deepEqual(did, ['run']);
    assert.equal(told.at(-1)?.userKey, undefined);
    await provisioning.initialize(undefined, { allowPhysicalPresence: true });
    assert.deepEqual(did, ['run', 'run']);
  });

  it('is reported when it is set', async () => {
    const { provisioning, told } = await afterStart('Disabled');
    assert.equal(provisioning.autoProvisioning, 'Disabled');
    assert.deepEqual(
      told.map(({ kind, message }) => [kind, message]),
      [['administration', 'Automatic provisioning of the TPM is Disabled now.']],
    );
  });

  it('skips the next boot only, once it is disabled for that', async () => {
    const { provisioning, did, clock } = await afterStart('DisabledForNextBoot');
    assert.deepEqual(did, [], 'in the boot in which it was set');
    clock.boot = 'next';
    await provisioning.start();
    await provisioning.start();
    assert.deepEqual(did, [], 'in the next boot, however often the broker starts');
    clock.boot = 'after next';
    await provisioning.start();
    assert.deepEqual([did, provisioning.autoProvisioning], [['run'], 'Enabled']);
  });

  it('logs a failure instead of stopping the start', async () => {
    const { log } = await afterStart('Enabled', { stepsFail: true });
    assert.equal(log.lines.length, 1);
  });
});
