/** Every method of the protocol, for the server and for the tests that compare it with docs and the module. */
import { authLevelGet, authLevelSet } from './auth-level.js';
import { commandCancel, commandSubmit } from './command.js';
import {
  commandBlockAdd,
  commandBlockList,
  commandBlockRemove,
  commandBlockTest,
  commandGrantAdd,
  commandGrantRemove,
} from './command-block.js';
import { connectionPing } from './connection.js';
import { contextClose, contextList, contextOpen } from './context.js';
import { eventSubscribe } from './event.js';
import { eventLogGet, eventLogTest } from './event-log.js';
import { lockoutGet, lockoutReset } from './lockout.js';
import { ownerAuthGet, ownerAuthImport, ownerAuthSet } from './owner-auth.js';
import { ownerAuthBackupGet, ownerAuthBackupRun, ownerAuthBackupTest } from './owner-auth-backup.js';
import { physicalPresenceGet, physicalPresenceRequest } from './physical-presence.js';
import { policyExport, policyGet, policyImport, policySet, policyTest } from './policy.js';
import { powerResume, powerSuspend } from './power.js';
import { resourceList, resourceRemove } from './resource.js';
import { deviceGet, serviceStop, statusGet } from './status.js';
import {
  autoProvisioningSet,
  tpmClear,
  tpmEndorsementKey,
  tpmGet,
  tpmInitialize,
  tpmLockoutParametersGet,
  tpmLockoutParametersSet,
  tpmProvisioning,
  tpmSupportedFeatures,
  tpmUnblock,
} from './tpm.js';

export const RPC_METHODS = [
  connectionPing,
  contextOpen,
  contextClose,
  contextList,
  commandSubmit,
  commandCancel,
  commandBlockList,
  commandBlockTest,
  commandBlockAdd,
  commandBlockRemove,
  commandGrantAdd,
  commandGrantRemove,
  lockoutGet,
  lockoutReset,
  policyGet,
  policySet,
  policyTest,
  policyImport,
  policyExport,
  authLevelGet,
  authLevelSet,
  deviceGet,
  statusGet,
  serviceStop,
  eventSubscribe,
  resourceList,
  resourceRemove,
  powerSuspend,
  powerResume,
  ownerAuthGet,
  ownerAuthSet,
  ownerAuthImport,
  ownerAuthBackupGet,
  ownerAuthBackupRun,
  ownerAuthBackupTest,
  autoProvisioningSet,
  tpmClear,
  tpmEndorsementKey,
  tpmGet,
  tpmInitialize,
  tpmLockoutParametersGet,
  tpmLockoutParametersSet,
  tpmProvisioning,
  tpmSupportedFeatures,
  tpmUnblock,
  eventLogGet,
  eventLogTest,
  physicalPresenceGet,
  physicalPresenceRequest,
] as const;
