/**
 * How a refusal by the broker looks to byte-level clients: a TPM response that is only a header.
 *
 * TPM 2.0: resource manager layer 0x000C0000 (tss2_common.h, TSS2_RESMGR_TPM_RC_LAYER 12 << 16) with the TBS code's
 * low bits, so that `tpm2_rc_decode` names the layer. TPM 1.2: the plain vendor codes that Windows adds to TPM_BASE.
 */
import type { TbsError, TbsSymbol } from '../tbs-error.js';
import { errorResponse } from './command-header.js';
import type { TpmVersion } from './tpm-version.js';

const RESMGR_LAYER = 0x000c0000;
const TPM_RC_COMMAND_SIZE = 0x142;
const TPM_RC_CANCELED = 0x909;
const TPM_RC_FAILURE = 0x101;
const TPM_RC_RETRY = 0x922;
const TPM_RC_OBJECT_MEMORY = 0x902;
const TPM_RC_LOCALITY = 0x907;
const TPM_BAD_LOCALITY = 0x3d;

const TPM20_CODES: Partial<Record<TbsSymbol, number>> = {
  TPM_E_COMMAND_BLOCKED: RESMGR_LAYER | 0x143,
  TBS_E_PROVISIONING_NOT_ALLOWED: RESMGR_LAYER | 0x143,
  TPM_20_E_LOCKOUT: RESMGR_LAYER | 0x921,
  TBS_E_TOO_MANY_RESOURCES: RESMGR_LAYER | TPM_RC_OBJECT_MEMORY,
  TBS_E_TOO_MANY_TBS_CONTEXTS: RESMGR_LAYER | TPM_RC_OBJECT_MEMORY,
  TBS_E_BAD_PARAMETER: RESMGR_LAYER | TPM_RC_COMMAND_SIZE,
  TBS_E_BUFFER_TOO_LARGE: RESMGR_LAYER | TPM_RC_COMMAND_SIZE,
  TBS_E_COMMAND_CANCELED: RESMGR_LAYER | TPM_RC_CANCELED,
  TBS_E_SERVICE_START_PENDING: RESMGR_LAYER | TPM_RC_RETRY,
};

const TPM12_CODES: Partial<Record<TbsSymbol, number>> = {
  TPM_E_COMMAND_BLOCKED: 0x400,
  TBS_E_PROVISIONING_NOT_ALLOWED: 0x400,
  TPM_E_EMBEDDED_COMMAND_BLOCKED: 0x403,
  TPM_E_EMBEDDED_COMMAND_UNSUPPORTED: 0x404,
  TPM_E_DEFEND_LOCK_RUNNING: 0x803,
  TBS_E_TOO_MANY_RESOURCES: 0x15, // TPM_RESOURCES
  TBS_E_TOO_MANY_TBS_CONTEXTS: 0x15,
  TBS_E_BAD_PARAMETER: 0x19, // TPM_BAD_PARAM_SIZE
  TBS_E_BUFFER_TOO_LARGE: 0x19,
  TBS_E_SERVICE_START_PENDING: 0x800, // TPM_RETRY
};

/** The response that stands for `error` on an endpoint that carries only TPM bytes. */
export function refusalResponse(error: TbsError, version: TpmVersion): Uint8Array {
  return errorResponse(version, version === '2.0' ? tpm20Code(error) : tpm12Code(error));
}

function tpm20Code(error: TbsError): number {
  if (isLocality(error)) return RESMGR_LAYER | TPM_RC_LOCALITY;
  return TPM20_CODES[error.symbol] ?? RESMGR_LAYER | TPM_RC_FAILURE;
}

function tpm12Code(error: TbsError): number {
  if (isLocality(error)) return TPM_BAD_LOCALITY;
  return TPM12_CODES[error.symbol] ?? 0x09; // TPM_FAIL
}

/** A locality that the caller may not use; Tbs.h has no result of its own for it. */
function isLocality({ symbol, details }: TbsError): boolean {
  return symbol === 'TBS_E_BAD_PARAMETER' && details['parameter'] === 'locality';
}
