/** The TPM as its owner sees it: Get-Tpm, provisioning, the TPM's own lockout, the endorsement key. */
import * as z from 'zod';
import { PROVISIONING_BITS } from '../../../domain/owner-auth/provisioning-information.js';
import { ADMINISTRATOR_ONLY, NOT_SANDBOXED } from '../../access.js';
import { levelName } from './auth-level.js';
import { type Described, method, noParams, nothing, objectType } from './method.js';
import { currentAuthText } from './owner-auth.js';
import { base64Bytes, count, hexBytes, uint32, utcTime } from './values.js';

const autoProvisioning = z.enum(['NotDefined', 'Enabled', 'Disabled', 'DisabledForNextBoot']);

/** TPM 2.0 only. A TPM 1.2 has a single lockout for everything. */
const lockoutAuthBlock = {
  lockoutAuthBlocked: z
    .boolean()
    .describe(
      'Whether a TPM 2.0 rejected a lockout authorization and now rejects every one, right or wrong. This does not count as a failure, and other authorizations still work. False for a TPM 1.2.',
    ),
  lockoutAuthBlockedUntil: utcTime
    .nullable()
    .describe('When the block ends; null if there is none, or if only a reset of the TPM ends it.'),
};

export const Tpm = objectType('Tpm', 'The TPM, with the properties of Windows’ Get-Tpm.', {
  tpmPresent: z.boolean().describe('Whether a TPM can be reached. If not, the other properties are meaningless.'),
  tpmReady: z.boolean().describe('Whether it is provisioned and usable.'),
  tpmEnabled: z.boolean().describe('Whether it is enabled.'),
  tpmActivated: z.boolean().describe('Whether it is activated.'),
  tpmOwned: z
    .boolean()
    .describe('TPM 1.2: whether it has an owner; TPM 2.0: whether its lockout authorization is set.'),
  restartPending: z.boolean().describe('Whether a physical presence request is pending for the next boot.'),
  manufacturerId: uint32.describe('The manufacturer id.'),
  manufacturerIdTxt: z.string().describe('The manufacturer id as text: IBM.'),
  manufacturerVersion: z.string().describe('The firmware version, its first two parts.'),
  manufacturerVersionFull20: z.string().describe('The whole firmware version of a TPM 2.0; empty for a TPM 1.2.'),
  managedAuthLevel: levelName.describe('The level of owner authorization in force.'),
  ownerAuth: base64Bytes
    .nullable()
    .describe('The owner authorization, for administrators, if the level stores it; null otherwise.'),
  ownerClearDisabled: z.boolean().describe('Whether the owner cannot clear the TPM.'),
  autoProvisioning: autoProvisioning.describe('Whether the broker provisions the TPM when it starts.'),
  lockedOut: z
    .boolean()
    .describe(
      'Whether the TPM’s own dictionary-attack protection is in lockout: it rejects authorizations of the keys and other objects that it protects.',
    ),
  ...lockoutAuthBlock,
  lockoutHealTime: z
    .string()
    .describe('The time after which the TPM forgets one failure: 10 minutes; empty if the TPM does not report it.'),
  lockoutCount: count.describe(
    'Failures that the TPM has counted: wrong authorizations of protected objects, but not of lockout.',
  ),
  lockoutMax: count.nullable().describe('Failures at which it locks; null if the TPM does not report it.'),
  selfTest: z
    .array(z.number().int().min(0).max(255))
    .describe('The data of TPM_GetTestResult or TPM2_GetTestResult, byte by byte.'),
});
export type Tpm = Described<typeof Tpm>;

export const tpmGet = method('tpm/get', {
  summary: 'Returns the state of the TPM, as Windows’ Get-Tpm does.',
  access: NOT_SANDBOXED,
  params: noParams,
  result: Tpm,
});

const hierarchy = z.enum(['open', 'closed', 'closedByOthers']).nullable();

export const ProvisioningState = objectType(
  'ProvisioningState',
  'The steps that are still needed to provision the TPM.',
  {
    tpmReady: z.boolean().describe('Whether nothing more is needed.'),
    restartRequired: z.boolean().describe('Whether the machine must restart.'),
    shutdownRequired: z.boolean().describe('Whether the machine must shut down.'),
    clearRequired: z.boolean().describe('Whether the owner authorization must be imported or the TPM cleared.'),
    physicalPresenceRequired: z.boolean().describe('Whether a person must confirm at the machine.'),
    information: uint32.describe('Information bits of Win32_Tpm.Provision.'),
    needs: z.array(z.enum(PROVISIONING_BITS)).describe('The same bits by name.'),
    storageHierarchy: hierarchy.describe(
      'The storage hierarchy of a TPM 2.0. open: its authorization is empty, as other TPM programs expect; closed: its authorization is set and stored here; closedByOthers: its authorization is set but not stored here. Null for a TPM 1.2.',
    ),
    endorsementHierarchy: hierarchy.describe('The same for the endorsement hierarchy.'),
    policyClosesHierarchies: z
      .boolean()
      .describe(
        'Whether policy makes the next tpm/initialize close open hierarchies, whatever its parameter says; clients then warn first.',
      ),
  },
);
export type ProvisioningState = Described<typeof ProvisioningState>;

export const tpmInitialize = method('tpm/initialize', {
  summary: 'Provisions the TPM as far as the given permissions allow; without permissions, nothing in the TPM is lost.',
  access: ADMINISTRATOR_ONLY,
  params: z
    .strictObject({
      allowClear: z.boolean().default(false).describe('Clear the TPM if nothing else makes it usable.'),
      allowPhysicalPresence: z
        .boolean()
        .default(false)
        .describe('Send a physical presence request, which a person has to confirm at the machine.'),
      closeHierarchies: z
        .boolean()
        .default(false)
        .describe(
          'Give the storage and endorsement hierarchy of a TPM 2.0 a random authorization. Other TPM programs then stop working, so clients warn first. Refused at a level that does not store the authorization.',
        ),
    })
    .optional(),
  result: ProvisioningState,
});

export const tpmOpenHierarchies = method('tpm/openHierarchies', {
  summary:
    'Gives the storage and endorsement hierarchy of a TPM 2.0 an empty authorization, as other TPM programs expect.',
  access: ADMINISTRATOR_ONLY,
  params: z
    .strictObject({
      storageAuth: currentAuthText
        .optional()
        .describe('The current value of the storage hierarchy; default: the stored one.'),
      endorsementAuth: currentAuthText.optional().describe('The same for the endorsement hierarchy.'),
    })
    .optional(),
  result: ProvisioningState,
});

export const tpmProvisioning = method('tpm/provisioning', {
  summary: 'Returns the steps that are still needed to provision the TPM.',
  access: NOT_SANDBOXED,
  params: noParams,
  result: ProvisioningState,
});

const withOwnerAuth = z
  .strictObject({ ownerAuth: currentAuthText.optional().describe('The current value; default: the stored one.') })
  .optional();

export const tpmClear = method('tpm/clear', {
  summary: 'Clears the TPM: everything that belongs to its owner is destroyed.',
  access: ADMINISTRATOR_ONLY,
  params: withOwnerAuth,
  result: nothing,
});

export const tpmUnblock = method('tpm/unblock', {
  summary: 'Resets the TPM’s own dictionary-attack protection and clears the failures of standard users.',
  access: ADMINISTRATOR_ONLY,
  params: withOwnerAuth,
  result: nothing,
});

export const EndorsementKey = objectType('EndorsementKey', 'The endorsement key and its certificates.', {
  isPresent: z.boolean().describe('Whether there is one.'),
  algorithm: z.enum(['rsa', 'ecc', 'other']).nullable().describe('Its algorithm; null if there is no key.'),
  keySizeBits: count.nullable().describe('Its size in bits; null if there is no key or it is of another kind.'),
  publicKey: base64Bytes
    .nullable()
    .describe('SubjectPublicKeyInfo in DER; null if there is no key or it is of another kind.'),
  publicKeyHash: hexBytes.nullable().describe('SHA-256 of publicKey, hexadecimal.'),
  manufacturerCertificates: z.array(base64Bytes).describe('Certificates from the TPM: X.509 in DER.'),
  additionalCertificates: z.array(base64Bytes).describe('Further certificates: X.509 in DER.'),
});
export type EndorsementKey = Described<typeof EndorsementKey>;

export const tpmEndorsementKey = method('tpm/endorsementKey', {
  summary: 'Returns the endorsement key and its certificates.',
  access: NOT_SANDBOXED,
  params: noParams,
  result: EndorsementKey,
});

export const tpmSupportedFeatures = method('tpm/supportedFeatures', {
  summary: 'Returns which of the given features the TPM supports.',
  access: NOT_SANDBOXED,
  params: z.strictObject({
    features: z.array(z.string().min(1).max(80)).max(32).default([]).describe('The features; an empty list means all.'),
  }),
  result: z.strictObject({ features: z.array(z.string()).describe('The features that the TPM supports.') }),
});

const seconds = uint32;

export const LockoutParameter = objectType('LockoutParameter', 'The TPM’s own dictionary-attack logic.', {
  maxTries: count.nullable().describe('Failures at which it locks; null if the TPM does not report it.'),
  recoverySeconds: seconds
    .nullable()
    .describe('Seconds after which the TPM forgets one failure; null if the TPM does not report it.'),
  lockoutRecoverySeconds: seconds
    .nullable()
    .describe('Seconds after a failed lockout authorization until the next try; null if the TPM does not report it.'),
  lockedOut: z.boolean().describe('Whether the protection is in lockout.'),
  ...lockoutAuthBlock,
  failedTries: count.describe('Failures that the TPM has counted.'),
});
export type LockoutParameter = Described<typeof LockoutParameter>;

export const tpmLockoutParametersGet = method('tpmLockoutParameters/get', {
  summary: 'Returns the parameters of the TPM’s own dictionary-attack protection.',
  access: NOT_SANDBOXED,
  params: noParams,
  result: LockoutParameter,
});

export const tpmLockoutParametersSet = method('tpmLockoutParameters/set', {
  summary: 'Sets parameters of a TPM 2.0’s dictionary-attack protection; omitted ones stay unchanged.',
  access: ADMINISTRATOR_ONLY,
  params: z.strictObject({
    maxTries: uint32.optional().describe('Failures at which it locks.'),
    recoverySeconds: seconds.optional().describe('Seconds after which the TPM forgets one failure.'),
    lockoutRecoverySeconds: seconds
      .optional()
      .describe('Seconds after a failed lockout authorization until the next try.'),
    ownerAuth: currentAuthText.optional().describe('The current value; default: the stored one.'),
  }),
  result: LockoutParameter,
  example: { maxTries: 40 },
});

export const AutoProvisioning = objectType(
  'AutoProvisioning',
  'Whether the broker provisions the TPM when it starts.',
  {
    autoProvisioning: autoProvisioning.describe('DisabledForNextBoot: not at the next boot only.'),
  },
);
export type AutoProvisioning = Described<typeof AutoProvisioning>;

export const autoProvisioningSet = method('autoProvisioning/set', {
  summary: 'Sets whether the broker provisions the TPM when it starts.',
  access: ADMINISTRATOR_ONLY,
  params: z.strictObject({
    autoProvisioning: z
      .enum(['Enabled', 'Disabled', 'DisabledForNextBoot'])
      .describe('DisabledForNextBoot: not at the next boot only.'),
  }),
  result: AutoProvisioning,
});
