/**
 * Asks a TPM of either version whether it has been started, without changing anything in it.
 *
 * TPM 2.0: TPM2_GetCapability returns TPM_RC_INITIALIZE before TPM2_Startup (Part 3, 9.3). TPM 1.2: TPM_GetCapability
 * returns TPM_INVALID_POSTINIT before TPM_Startup (Main Part 3, 3.2). Each version rejects the other's tag in its own
 * format: a TPM 2.0 with TPM_RC_BAD_TAG, a TPM 1.2 with TPM_BADTAG, TPM_BAD_PARAMETER or, before Startup, a code of its
 * own.
 */
import { TPM_CAP as TPM_CAP12, TPM_RESULT, TPM_TAG } from '../tpm12/codes.js';
import * as tpm12 from '../tpm12/commands.js';
import { TPM_CAP as TPM_CAP20, TPM_PT, TPM_RC, TPM_ST } from '../tpm20/codes.js';
import * as tpm20 from '../tpm20/commands.js';
import { isWholeResponse, readUint16, responseCodeOf } from './command-header.js';
import type { TpmVersion } from './tpm-version.js';

export const ASK_TPM20: Uint8Array = tpm20.getCapability(TPM_CAP20.TPM_PROPERTIES, TPM_PT.FAMILY_INDICATOR, 1);
export const ASK_TPM12: Uint8Array = tpm12.getCapability(TPM_CAP12.VERSION);

/** Returns the version whose responses look like these bytes; undefined for bytes that no TPM sends. */
export function versionOfResponse(response: Uint8Array): TpmVersion | undefined {
  if (!isWholeResponse(response)) return undefined;
  const tag = readUint16(response, 0);
  if (tag === TPM_ST.NO_SESSIONS || tag === TPM_ST.SESSIONS) return '2.0';
  if (tag >= TPM_TAG.RSP_COMMAND && tag <= TPM_TAG.RSP_AUTH2_COMMAND) return '1.2';
  return undefined;
}

/** Returns whether a TPM waits for Startup, judging by its response to a command of its own version. */
export function needsStartup(response: Uint8Array, version = versionOfResponse(response)): boolean {
  const code = responseCodeOf(response);
  return version === '2.0' ? code === TPM_RC.INITIALIZE : code === TPM_RESULT.INVALID_POSTINIT;
}
