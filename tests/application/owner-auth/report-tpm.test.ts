import assert from 'node:assert/strict';
import type { LockoutAuthorizationWatch } from '../../../ts-core/application/owner-auth/lockout-authorization-watch.js';
import type { OwnerAuthCoordinator } from '../../../ts-core/application/owner-auth/owner-auth-coordinator.js';
import { OwnerAuthRecords } from '../../../ts-core/application/owner-auth/owner-auth-record.js';
import type { EndorsementReader } from '../../../ts-core/application/owner-auth/owner-tpm.js';
import { ReportTpm } from '../../../ts-core/application/owner-auth/report-tpm.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import type { Exchange } from '../../../ts-core/domain/tpm/exchange.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { answered, successWithSession } from '../../support/answered-exchange.js';
import { ALICE, ROOT } from '../../support/callers.js';
import { FakeOwnerTpm } from '../../support/fake-owner-tpm.js';
import { MemoryStore } from '../../support/memory-store.js';
import { recordedEvents } from '../../support/recorded-events.js';

const AUTH = Uint8Array.of(0x01);

function setUp(version: TpmVersion = '2.0') {
  const { events, told } = recordedEvents();
  const tpm = new FakeOwnerTpm(AUTH, version);
  tpm.lockoutRecoverySeconds = 86_400;
  const records = new OwnerAuthRecords(new MemoryStore());
  const sent: string[] = [];
  const secrets = { owner: Uint8Array.of(0x0a), endorsementDelegation: Uint8Array.of(0x0b) };
  const coordinator = {
    parts: {
      ...{ tpm, records, events },
      secrets: { get: async (name: keyof typeof secrets) => secrets[name] },
      context: {
        run: async (begin: () => Exchange<unknown>) => {
          const exchange = answered(begin(), successWithSession());
          sent.push(...exchange.sent.map((command) => Buffer.from(command).toString('hex')));
          return exchange.result;
        },
      },
    },
    exclusive: (work: () => Promise<unknown>) => work(),
    currentOwnerAuth: async (given: Uint8Array | undefined) => given ?? AUTH,
  } as unknown as OwnerAuthCoordinator;
  const watch = {
    block: async (seconds: number | null) => ({ blocked: seconds === 86_400, untilMs: null }),
  } as unknown as LockoutAuthorizationWatch;
  return { report: new ReportTpm(coordinator, watch), tpm, records, sent, secrets, told };
}

describe('the report of the TPM', () => {
  it('has its ownership, its own lockout and what responses have shown of it', async () => {
    const { report } = setUp();
    const { owned, lockout, selfTest } = await report.ownership();
    assert.deepEqual([owned, lockout.maxTries, lockout.authorization.blocked], [true, 32, true]);
    assert.deepEqual(selfTest, new Uint8Array());
    assert.deepEqual(await report.ownershipIfPresent(), await report.ownership());
  });

  it('is missing if no TPM can be reached, and only then', async () => {
    const { report, tpm } = setUp();
    for (const [symbol, isMissing] of [
      ['TBS_E_IOERROR', true],
      ['TBS_E_TPM_NOT_FOUND', true],
      ['TBS_E_INTERNAL_ERROR', false],
    ] as const) {
      tpm.ownership = async () => Promise.reject(new TbsError(symbol));
      if (isMissing) assert.equal(await report.ownershipIfPresent(), undefined);
      else await assert.rejects(report.ownershipIfPresent(), { symbol });
    }
  });
});

describe('the endorsement key in the report', () => {
  function reading(version: TpmVersion) {
    const { report, tpm, secrets } = setUp(version);
    const readers: string[] = [];
    Object.assign(tpm, {
      endorsementKey: async (reader: EndorsementReader = {}) => {
        readers.push([reader.owner?.[0] ?? 'none', reader.delegation?.[0] ?? 'none'].join(' '));
      },
    });
    return { report, readers, secrets };
  }

  it('of a TPM 1.2 is read for an administrator with what is stored, which is overwritten afterwards', async () => {
    const { report, readers, secrets } = reading('1.2');
    await report.endorsementKey(ROOT);
    assert.deepEqual(readers, ['10 11']);
    assert.deepEqual([secrets.owner, secrets.endorsementDelegation], [new Uint8Array(1), new Uint8Array(1)]);
  });

  it('is read without the owner’s authorization for everybody else, and on a TPM 2.0', async () => {
    const old = reading('1.2');
    await old.report.endorsementKey(ALICE);
    const recent = reading('2.0');
    await recent.report.endorsementKey(ROOT);
    assert.deepEqual([old.readers, recent.readers], [['none none'], ['none none']]);
  });
});

describe('setting the dictionary-attack parameters', () => {
  /** Returns maxTries, recoveryTime and lockoutRecovery, the last fields of the command. */
  const numbersIn = (command = '') =>
    (command.slice(-24).match(/.{8}/g) ?? []).map((word) => Number.parseInt(word, 16));

  it('changes the given ones, leaves the others as the TPM has them, and is not repeated by provisioning', async () => {
    const { report, sent, records, told } = setUp();
    await report.setLockoutParameters(ROOT, { maxTries: 10 }, undefined);
    await report.setLockoutParameters(ROOT, { recoverySeconds: 0 }, undefined);
    assert.deepEqual(sent.map(numbersIn), [
      [10, 600, 86_400],
      [32, 0, 86_400],
    ]);
    assert.equal(records.current.lockoutParametersSet, true);
    assert.deepEqual(told[0]?.details, { maxTries: 10, recoverySeconds: 600, lockoutRecoverySeconds: 86_400 });
  });

  it('never sets one to zero that the TPM does not report', async () => {
    const { report, sent, tpm, told } = setUp();
    const now = await tpm.lockout();
    tpm.lockout = async () => ({ ...now, maxTries: null, recoverySeconds: null, lockoutRecoverySeconds: null });
    const all = { maxTries: 5, recoverySeconds: 6, lockoutRecoverySeconds: 7 };
    for (const name of ['maxTries', 'recoverySeconds', 'lockoutRecoverySeconds'] as const) {
      const { [name]: _left, ...given } = all;
      await assert.rejects(report.setLockoutParameters(ROOT, given, undefined), { symbol: 'TBS_E_BAD_PARAMETER' });
    }
    assert.deepEqual([sent, told], [[], []]);
    await report.setLockoutParameters(ROOT, all, undefined);
    assert.deepEqual(sent.map(numbersIn), [[5, 6, 7]]);
  });

  it('is refused on a TPM 1.2, whose manufacturer fixed them', async () => {
    const { report, sent } = setUp('1.2');
    await assert.rejects(report.setLockoutParameters(ROOT, { maxTries: 10 }, AUTH), { symbol: 'TBS_E_BAD_PARAMETER' });
    assert.deepEqual(sent, []);
  });
});
