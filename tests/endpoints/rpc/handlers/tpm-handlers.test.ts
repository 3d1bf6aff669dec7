import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { EndorsementKey, OwnershipState } from '../../../../ts-core/application/owner-auth/owner-tpm.js';
import type { LockoutReport } from '../../../../ts-core/application/owner-auth/report-tpm.js';
import { RecentAnswers } from '../../../../ts-core/application/status/recent-answers.js';
import { provisioningVerdict } from '../../../../ts-core/domain/owner-auth/provisioning-information.js';
import { TbsError } from '../../../../ts-core/domain/tbs-error.js';
import { tpmHandlers } from '../../../../ts-core/endpoints/rpc/handlers/tpm-handlers.js';
import { ALICE, ROOT } from '../../../support/callers.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { applicationWith, sessionOf } from '../../../support/rpc-session.js';

const LOCKOUT: LockoutReport = {
  lockedOut: false,
  failedTries: 1,
  maxTries: 32,
  recoverySeconds: 600,
  lockoutRecoverySeconds: 86_400,
  authorization: { blocked: false, untilMs: null },
};

interface Options {
  readonly lockout?: Partial<LockoutReport>;
  readonly present?: boolean;
  readonly ownerAuth?: () => Promise<Uint8Array>;
  readonly key?: EndorsementKey;
}

function setUp({ lockout = {}, present = true, ownerAuth, key }: Options = {}) {
  const given: (Uint8Array | undefined)[] = [];
  const changes: unknown[] = [];
  const ownership = { owned: true, enabled: true, activated: true, ownerClearDisabled: false } as OwnershipState;
  const report = { ...LOCKOUT, ...lockout };
  const handlers = tpmHandlers(
    applicationWith({
      tpm: {
        ownershipIfPresent: async () =>
          present ? { ...ownership, lockout: report, selfTest: Uint8Array.of(1, 2) } : undefined,
        endorsementKey: async () => key,
        supportedFeatures: async () => ['key attestation'],
        lockoutParameters: async () => report,
        setLockoutParameters: async (_caller, change, secret) => {
          changes.push(change);
          given.push(secret);
          return report;
        },
      },
      provisioning: {
        autoProvisioning: 'Enabled',
        state: async () => ({
          ...provisioningVerdict(['TPM_SRKPUB', 'REBOOT']),
          hierarchies: undefined,
          policyClosesHierarchies: true,
        }),
      },
      ownerAuth: {
        get: ownerAuth ?? (async () => Uint8Array.of(1, 2, 3)),
        clear: async (_caller, secret) => void given.push(secret),
      },
      authLevel: { get: () => ({ level: 4, origin: { kind: 'local' } }) },
      physicalPresence: { pendingRequest: async () => undefined },
      status: {
        device: { version: '2.0', manufacturerId: 1, manufacturer: 'IBM', firmwareVersion: '8217.4131.22.13878' },
      } as never,
      recentAnswers: new RecentAnswers(new FakeClock(), 1000),
    }),
  );
  return { handlers, given, changes, get: async (caller = ROOT) => handlers.tpmGet(sessionOf(caller), undefined) };
}

function endorsementKeyOf(publicKey: EndorsementKey['publicKey']) {
  const { handlers } = setUp({ key: { publicKey, certificates: [Uint8Array.of(48, 0)] } });
  return handlers.tpmEndorsementKey(sessionOf(ROOT), undefined);
}

describe('the handlers of the TPM', () => {
  it('show the properties of Windows’ Get-Tpm', async () => {
    const shown = await setUp().get();
    assert.deepEqual(
      [shown.tpmPresent, shown.tpmReady, shown.tpmOwned, shown.restartPending, shown.managedAuthLevel],
      [true, false, true, false, 'Full'],
    );
    assert.deepEqual([shown.manufacturerVersion, shown.manufacturerVersionFull20], ['8217.4131', '8217.4131.22.13878']);
    assert.deepEqual([shown.lockoutCount, shown.lockoutMax, shown.selfTest], [1, 32, [1, 2]]);
  });

  it('show what Windows shows on a machine without a TPM', async () => {
    const shown = await setUp({ present: false }).get();
    assert.deepEqual(
      [shown.tpmPresent, shown.tpmReady, shown.lockoutHealTime, shown.lockoutMax],
      [false, false, '', null],
    );
    assert.deepEqual([shown.managedAuthLevel, shown.autoProvisioning], ['Full', 'Enabled']);
  });

  it('show the owner authorization to administrators only, and wipe its bytes', async () => {
    const value = Uint8Array.of(1, 2, 3);
    const { get } = setUp({ ownerAuth: async () => value });
    assert.equal((await get(ALICE)).ownerAuth, null);
    assert.equal((await get(ROOT)).ownerAuth, 'AQID');
    assert.deepEqual([...value], [0, 0, 0]);
  });

  it('show no owner authorization if none is stored, and fail if it cannot be read', async () => {
    const failing = (symbol: 'TBS_E_OWNERAUTH_NOT_FOUND' | 'TBS_E_INTERNAL_ERROR') =>
      setUp({ ownerAuth: () => Promise.reject(new TbsError(symbol)) });
    assert.equal((await failing('TBS_E_OWNERAUTH_NOT_FOUND').get()).ownerAuth, null);
    await assert.rejects(failing('TBS_E_INTERNAL_ERROR').get(), TbsError);
  });

  it('show the heal time in whole units, as Windows does', async () => {
    const healTime = async (recoverySeconds: number | null) =>
      (await setUp({ lockout: { recoverySeconds } }).get()).lockoutHealTime;
    const times = await Promise.all([null, 0, 1, 59, 60, 600, 3600, 7200, 3601].map(healTime));
    assert.deepEqual(times, [
      '',
      '0 minutes',
      '1 second',
      '59 seconds',
      '1 minute',
      '10 minutes',
      '1 hour',
      '2 hours',
      '3601 seconds',
    ]);
  });

  it('show until when the lockout authorization is blocked', async () => {
    const untilMs = Date.UTC(2026, 0, 1, 12);
    const { lockoutAuthBlocked, lockoutAuthBlockedUntil } = await setUp({
      lockout: { authorization: { blocked: true, untilMs } },
    }).get();
    assert.deepEqual([lockoutAuthBlocked, lockoutAuthBlockedUntil], [true, '2026-01-01T12:00:00.000Z']);
    assert.equal(
      (await setUp({ lockout: { authorization: { blocked: true, untilMs: null } } }).get()).lockoutAuthBlockedUntil,
      null,
    );
  });

  it('show the provisioning steps that remain, and null for the hierarchies of a TPM 1.2', async () => {
    const state = await setUp().handlers.tpmProvisioning(sessionOf(ROOT), undefined);
    assert.deepEqual(
      [state.tpmReady, state.restartRequired, state.needs, state.information],
      [false, true, ['TPM_SRKPUB', 'REBOOT'], 0x804],
    );
    assert.deepEqual(
      [state.storageHierarchy, state.endorsementHierarchy, state.policyClosesHierarchies],
      [null, null, true],
    );
  });

  it('return an RSA endorsement key as SubjectPublicKeyInfo, with its SHA-256 hash', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const jwk = publicKey.export({ format: 'jwk' });
    const unique = new Uint8Array(Buffer.from(jwk.n ?? '', 'base64url'));
    const info = publicKey.export({ format: 'der', type: 'spki' });
    const shown = await endorsementKeyOf({ algorithm: 'rsa', unique, exponent: 65_537 });
    assert.equal(shown.publicKey, info.toString('base64'));
    assert.equal(shown.publicKeyHash, createHash('sha256').update(info).digest('hex'));
    assert.deepEqual([shown.isPresent, shown.algorithm, shown.keySizeBits], [true, 'rsa', 1024]);
    assert.deepEqual(shown.manufacturerCertificates, ['MAA=']);
  });

  for (const [curve, keySizeBits] of [
    ['P-256', 256],
    ['P-384', 384],
    ['P-521', 521],
  ] as const) {
    it(`return an endorsement key on ${curve} from the coordinates of its point, with its size`, async () => {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
      const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
      const unique = new Uint8Array(Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]));
      const shown = await endorsementKeyOf({ algorithm: 'ecc', curve, unique, exponent: 0 });
      const key = createPublicKey({ key: Buffer.from(shown.publicKey ?? '', 'base64'), format: 'der', type: 'spki' });
      assert.ok(key.equals(publicKey));
      assert.equal(shown.keySizeBits, keySizeBits);
    });
  }

  it('return no public key of another kind, and report a missing key', async () => {
    const other = await endorsementKeyOf({ algorithm: 'other', unique: new Uint8Array(), exponent: 0 });
    assert.deepEqual([other.isPresent, other.publicKey, other.publicKeyHash], [true, null, null]);
    assert.equal(other.keySizeBits, null);
    const none = await setUp().handlers.tpmEndorsementKey(sessionOf(ROOT), undefined);
    assert.deepEqual([none.isPresent, none.algorithm, none.keySizeBits], [false, null, null]);
    assert.deepEqual(none.manufacturerCertificates, []);
  });

  it('set only the given lockout parameters, with an authorization that is wiped', async () => {
    const { handlers, given, changes } = setUp();
    await handlers.tpmLockoutParametersSet(sessionOf(ROOT), {
      maxTries: 10,
      recoverySeconds: undefined,
      ownerAuth: 'AQID',
    });
    assert.deepEqual(changes, [{ maxTries: 10 }]);
    assert.deepEqual([...(given[0] ?? [])], [0, 0, 0]);
  });

  it('clear the TPM with the stored authorization if none is given', async () => {
    const { handlers, given } = setUp();
    assert.deepEqual(await handlers.tpmClear(sessionOf(ROOT), undefined), {});
    assert.deepEqual(given, [undefined]);
  });
});
