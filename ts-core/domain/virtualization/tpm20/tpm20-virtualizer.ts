/** Virtualization of a TPM 2.0: the face of the tables and mechanisms beside this file. See docs/virtualization.md. */
import type { Caller } from '../../caller.js';
import { TbsError } from '../../tbs-error.js';
import { errorResponse, HEADER_BYTES, readUint32, responseCodeOf } from '../../tpm/command-header.js';
import type {
  DirectPath,
  Exchange,
  ResourceCounts,
  VirtualizerSnapshot,
  VirtualResource,
  Virtualizer,
} from '../virtualizer.js';
import { getCapabilityCommand, type ResetCounts, readResetCounts, startupCommand } from './broker-commands.js';
import { CapabilityRefused, listProperties } from './capability-query.js';
import { adaptProperties } from './capability-view.js';
import {
  handleType,
  isSessionHandle,
  TPM_CAP_TPM_PROPERTIES,
  TPM_CC_CONTEXT_LOAD,
  TPM_CC_CONTEXT_SAVE,
  TPM_CC_GET_CAPABILITY,
  TPM_CC_STARTUP,
  TPM_HT_TRANSIENT,
  TPM_PT_FIXED,
  TPM_PT_MAX_COMMAND_SIZE,
  TPM_RC_COMMAND_CODE,
  TPM_RC_INITIALIZE,
  TPM_RC_SUCCESS,
} from './codes.js';
import { CommandTable } from './command-table.js';
import { Tpm20DirectPath } from './direct-path.js';
import { runFlushContext } from './flush-context.js';
import { applyVoided } from './hierarchy-effects.js';
import { createdHandle, runMapped } from './mapped-command.js';
import { foreignHandles, listAllHandles, reconcile } from './reconciliation.js';
import { type ResourceLimits, ResourceManager } from './resource-manager.js';
import { restoreSnapshot, takeSnapshot } from './snapshot.js';
import { formFault, SPECIAL_COMMANDS } from './special-commands.js';
import { VirtualContext } from './virtual-context.js';
import { flushContextCommand } from './broker-commands.js';

/** As many as tpm2-abrmd grants, whose tests and users count on them. */
export const DEFAULT_RESOURCE_LIMITS: ResourceLimits = {
  objectsPerContext: 28,
  sessionsPerContext: 4,
  abandonedSessionsPerUser: 4,
};

/** Until the TPM has told. */
const DEFAULT_MAX_COMMAND_BYTES = 4096;
