import { createHash, createPublicKey } from 'node:crypto';
import type { Application } from '../../../application/application.js';
import type { ProvisioningReport } from '../../../application/owner-auth/manage-provisioning.js';
import type { EndorsementKey } from '../../../application/owner-auth/owner-tpm.js';
import { featuresAmong, type LockoutReport } from '../../../application/owner-auth/report-tpm.js';
import { type Caller, isAdministrator } from '../../../domain/caller.js';
import { AUTH_LEVEL_NAMES } from '../../../domain/owner-auth/effective-level.js';
import { TbsError } from '../../../domain/tbs-error.js';
import type { Handlers } from '../handler.js';
import type * as contract from '../protocol/tpm.js';
import { withSecrets } from '../secret-parameters.js';

const TBS_OWNERAUTH_TYPE_FULL = 1;

export function tpmHandlers(application: Application): Handlers<typeof contract> {
  const { tpm, provisioning, ownerAuth, recentAnswers } = application;
  return {
    tpmGet: ({ caller }) => recentAnswers.for(caller, 'tpm/get', () => tpmState(application, caller)),
    tpmInitialize: async ({ caller }, permissions) =>
      provisioningState(await provisioning.initialize(caller, permissions)),
    tpmProvisioning: async ({ caller }) =>
      provisioningState(await recentAnswers.for(caller, 'tpm/provisioning', () => provisioning.state())),
    tpmOpenHierarchies: ({ caller }, params) =>
      withSecrets({ ...params }, async ({ storageAuth, endorsementAuth }) =>
        provisioningState(
          await provisioning.openHierarchies(caller, { storage: storageAuth, endorsement: endorsementAuth }),
        ),
      ),
    tpmClear: ({ caller }, params) =>
      withSecrets({ ownerAuth: params?.ownerAuth }, async (secrets) => {
        await ownerAuth.clear(caller, secrets.ownerAuth);
        return {};
      }),
    tpmUnblock: ({ caller }, params) =>
      withSecrets({ ownerAuth: params?.ownerAuth }, async (secrets) => {
        await ownerAuth.unblock(caller, secrets.ownerAuth);
        return {};
      }),
    tpmEndorsementKey: ({ caller }) =>
      recentAnswers.for(caller, 'tpm/endorsementKey', async () => endorsementKeyInfo(await tpm.endorsementKey(caller))),
    tpmSupportedFeatures: async ({ caller }, { features }) => {
      const offered = await recentAnswers.for(caller, 'tpm/supportedFeatures', () => tpm.supportedFeatures());
      return { features: featuresAmong(offered, features) };
    },
    tpmLockoutParametersGet: async ({ caller }) =>
      lockoutParameters(await recentAnswers.for(caller, 'tpmLockoutParameters/get', () => tpm.lockoutParameters())),
    tpmLockoutParametersSet: ({ caller }, { ownerAuth: text, ...change }) =>
      withSecrets({ text }, async (secrets) => {
        const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
        return lockoutParameters(await tpm.setLockoutParameters(caller, given, secrets.text));
      }),
    autoProvisioningSet: async ({ caller }, { autoProvisioning }) => ({
      autoProvisioning: await provisioning.setAutoProvisioning(caller, autoProvisioning),
    }),
  };
}

async function tpmState(application: Application, caller: Caller): Promise<contract.Tpm> {
  const { tpm, provisioning, authLevel, status, physicalPresence } = application;
  const { device } = status;
  const ownership = await tpm.ownershipIfPresent();
  if (ownership === undefined) return absentTpm(application);
  const verdict = await provisioning.state();
  return {
    tpmPresent: true,
    tpmReady: verdict.ready,
    tpmEnabled: ownership.enabled,
    tpmActivated: ownership.activated,
    tpmOwned: ownership.owned,
    restartPending: (await physicalPresence.pendingRequest()) !== undefined,
    manufacturerId: device.manufacturerId,
    manufacturerIdTxt: device.manufacturer,
    manufacturerVersion: device.firmwareVersion.split('.').slice(0, 2).join('.'),
    manufacturerVersionFull20: device.version === '2.0' ? device.firmwareVersion : '',
    managedAuthLevel: AUTH_LEVEL_NAMES[authLevel.get().level],
    ownerAuth: isAdministrator(caller) ? await keptOwnerAuth(application, caller) : null,
    ownerClearDisabled: ownership.ownerClearDisabled,
    autoProvisioning: provisioning.autoProvisioning,
    lockedOut: ownership.lockout.lockedOut,
    ...lockoutAuthBlock(ownership.lockout),
    lockoutHealTime: healTime(ownership.lockout.recoverySeconds),
    lockoutCount: ownership.lockout.failedTries,
    lockoutMax: ownership.lockout.maxTries,
    selfTest: [...ownership.selfTest],
  };
}

/** Returns what Windows' Get-Tpm shows on a machine without a TPM. */
function absentTpm({ authLevel, provisioning }: Application): contract.Tpm {
  return {
    tpmPresent: false,
    tpmReady: false,
    tpmEnabled: false,
    tpmActivated: false,
    tpmOwned: false,
    restartPending: false,
    manufacturerId: 0,
    manufacturerIdTxt: '',
    manufacturerVersion: '',
    manufacturerVersionFull20: '',
    managedAuthLevel: AUTH_LEVEL_NAMES[authLevel.get().level],
    ownerAuth: null,
    ownerClearDisabled: false,
    autoProvisioning: provisioning.autoProvisioning,
    lockedOut: false,
    lockoutAuthBlocked: false,
    lockoutAuthBlockedUntil: null,
    lockoutHealTime: '',
    lockoutCount: 0,
    lockoutMax: null,
    selfTest: [],
  };
}

async function keptOwnerAuth({ ownerAuth }: Application, caller: Caller): Promise<string | null> {
  try {
    const value = await ownerAuth.get(caller, TBS_OWNERAUTH_TYPE_FULL);
    const text = Buffer.from(value).toString('base64');
    value.fill(0);
    return text;
  } catch (error) {
    if (error instanceof TbsError && error.symbol === 'TBS_E_OWNERAUTH_NOT_FOUND') return null;
    throw error;
  }
}

/** Formats a duration as Windows does: in whole units. */
function healTime(seconds: number | null): string {
  if (seconds === null) return '';
  if (seconds % 3600 === 0 && seconds > 0) return plural(seconds / 3600, 'hour');
  return seconds % 60 === 0 ? plural(seconds / 60, 'minute') : plural(seconds, 'second');
}

function plural(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function provisioningState(verdict: ProvisioningReport): contract.ProvisioningState {
  return {
    tpmReady: verdict.ready,
    restartRequired: verdict.restartRequired,
    shutdownRequired: verdict.shutdownRequired,
    clearRequired: verdict.clearRequired,
    physicalPresenceRequired: verdict.physicalPresenceRequired,
    information: verdict.information,
    needs: verdict.needs,
    storageHierarchy: verdict.hierarchies?.storage ?? null,
    endorsementHierarchy: verdict.hierarchies?.endorsement ?? null,
    policyClosesHierarchies: verdict.policyClosesHierarchies,
  };
}

function lockoutParameters(lockout: LockoutReport): contract.LockoutParameter {
  const { maxTries, recoverySeconds, lockoutRecoverySeconds, lockedOut, failedTries } = lockout;
  return {
    ...{ maxTries, recoverySeconds, lockoutRecoverySeconds, lockedOut, failedTries },
    ...lockoutAuthBlock(lockout),
  };
}

function lockoutAuthBlock({
  authorization,
}: LockoutReport): Pick<contract.Tpm, 'lockoutAuthBlocked' | 'lockoutAuthBlockedUntil'> {
  const { blocked, untilMs } = authorization;
  return {
    lockoutAuthBlocked: blocked,
    lockoutAuthBlockedUntil: untilMs === null ? null : new Date(untilMs).toISOString(),
  };
}

function endorsementKeyInfo(key: EndorsementKey | undefined): contract.EndorsementKey {
  const info = key === undefined ? null : subjectPublicKeyInfo(key.publicKey);
  return {
    isPresent: key !== undefined,
    algorithm: key?.publicKey.algorithm ?? null,
    keySizeBits: key === undefined ? null : keySizeBits(key.publicKey),
    publicKey: info?.toString('base64') ?? null,
    publicKeyHash: info === null ? null : createHash('sha256').update(info).digest('hex'),
    manufacturerCertificates: (key?.certificates ?? []).map((each) => Buffer.from(each).toString('base64')),
    additionalCertificates: [],
  };
}

function keySizeBits({ algorithm, curve, unique }: EndorsementKey['publicKey']): number | null {
  if (algorithm === 'rsa') return unique.length * 8;
  // A coordinate of P-521 does not fill its last byte, so the size is that in the curve's name.
  return algorithm === 'ecc' ? Number(curve?.slice('P-'.length)) : null;
}

function subjectPublicKeyInfo({ algorithm, curve, unique, exponent }: EndorsementKey['publicKey']): Buffer | null {
  if (algorithm === 'other') return null;
  const url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
  const half = unique.length / 2;
  const jwk =
    algorithm === 'rsa'
      ? { kty: 'RSA', n: url(unique), e: url(exponentBytes(exponent)) }
      : { kty: 'EC', crv: curve, x: url(unique.subarray(0, half)), y: url(unique.subarray(half)) };
  return createPublicKey({ format: 'jwk', key: jwk }).export({ format: 'der', type: 'spki' });
}

function exponentBytes(exponent: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(exponent);
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0));
}
