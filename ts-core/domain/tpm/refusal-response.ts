/**
 * Turns a refusal by the broker into a TPM response, for clients that only see bytes: a header and nothing else.
 *
 * TPM 2.0: resource manager layer 0x000C0000 (tss2_common.h, TSS2_RESMGR_TPM_RC_LAYER 12 << 16) with the TBS code's
 * low bits, so that `tpm2_rc_decode` names the layer. TPM 1.2: the plain vendor codes that Windows adds to TPM_BASE.
 */
import type { TbsError, TbsSymbol } from '../tbs-error.js';
import { TPM_RESULT } from '../tpm12/codes.js';
import { RESOURCE_MANAGER_LAYER, TPM_RC } from '../tpm20/codes.js';
import { errorResponse } from './command-header.js';
import type { TpmVersion } from './tpm-version.js';

const TPM20_CODES: Partial<Record<TbsSymbol, number>> = {
  TPM_E_COMMAND_BLOCKED: RESOURCE_MANAGER_LAYER | TPM_RC.COMMAND_CODE,
  TBS_E_PROVISIONING_NOT_ALLOWED: RESOURCE_MANAGER_LAYER | TPM_RC.COMMAND_CODE,
  TPM_20_E_LOCKOUT: RESOURCE_MANAGER_LAYER | TPM_RC.LOCKOUT,
  TBS_E_TOO_MANY_RESOURCES: RESOURCE_MANAGER_LAYER | TPM_RC.OBJECT_MEMORY,
  TBS_E_TOO_MANY_TBS_CONTEXTS: RESOURCE_MANAGER_LAYER | TPM_RC.OBJECT_MEMORY,
  TBS_E_BAD_PARAMETER: RESOURCE_MANAGER_LAYER | TPM_RC.COMMAND_SIZE,
  TBS_E_BUFFER_TOO_LARGE: RESOURCE_MANAGER_LAYER | TPM_RC.COMMAND_SIZE,
  TBS_E_COMMAND_CANCELED: RESOURCE_MANAGER_LAYER | TPM_RC.CANCELED,
  TBS_E_SERVICE_START_PENDING: RESOURCE_MANAGER_LAYER | TPM_RC.RETRY,
};

const TPM12_CODES: Partial<Record<TbsSymbol, number>> = {
  TPM_E_COMMAND_BLOCKED: TPM_RESULT.E_COMMAND_BLOCKED,
  TBS_E_PROVISIONING_NOT_ALLOWED: TPM_RESULT.E_COMMAND_BLOCKED,
  TPM_E_EMBEDDED_COMMAND_BLOCKED: TPM_RESULT.E_EMBEDDED_COMMAND_BLOCKED,
  TPM_E_EMBEDDED_COMMAND_UNSUPPORTED: TPM_RESULT.E_EMBEDDED_COMMAND_UNSUPPORTED,
  TPM_E_DEFEND_LOCK_RUNNING: TPM_RESULT.DEFEND_LOCK_RUNNING,
  TBS_E_TOO_MANY_RESOURCES: TPM_RESULT.RESOURCES,
  TBS_E_TOO_MANY_TBS_CONTEXTS: TPM_RESULT.RESOURCES,
  TBS_E_BAD_PARAMETER: TPM_RESULT.BAD_PARAM_SIZE,
  TBS_E_BUFFER_TOO_LARGE: TPM_RESULT.BAD_PARAM_SIZE,
  TBS_E_SERVICE_START_PENDING: TPM_RESULT.RETRY,
};

/** Returns the response for `error` on an endpoint that carries only TPM bytes. */
export function refusalResponse(error: TbsError, version: TpmVersion): Uint8Array {
  return errorResponse(version, version === '2.0' ? tpm20Code(error) : tpm12Code(error));
}

function tpm20Code(error: TbsError): number {
  if (isLocality(error)) return RESOURCE_MANAGER_LAYER | TPM_RC.LOCALITY;
  return TPM20_CODES[error.symbol] ?? RESOURCE_MANAGER_LAYER | TPM_RC.FAILURE;
}

function tpm12Code(error: TbsError): number {
  if (isLocality(error)) return TPM_RESULT.BAD_LOCALITY;
  return TPM12_CODES[error.symbol] ?? TPM_RESULT.FAIL;
}

/** Returns whether the caller used a locality that it may not use; Tbs.h has no result of its own for that. */
function isLocality({ symbol, details }: TbsError): boolean {
  return symbol === 'TBS_E_BAD_PARAMETER' && details['parameter'] === 'locality';
}
