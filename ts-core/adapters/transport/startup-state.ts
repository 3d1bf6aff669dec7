/**
 * Asks a TPM of either version whether it has been started, without changing anything in it.
 *
 * TPM 2.0: TPM2_GetCapability answers TPM_RC_INITIALIZE before TPM2_Startup (Part 3, 9.3). TPM 1.2: TPM_GetCapability
 * answers TPM_INVALID_POSTINIT before TPM_Startup (Main Part 3, 3.2). Each version refuses the other's tag in its own form:
 * a TPM 2.0 with TPM_RC_BAD_TAG, a TPM 1.2 with TPM_BADTAG, TPM_BAD_PARAMETER or, before Startup, a code of its own.
 */
import { isWholeResponse, readUint16, responseCodeOf } from '../../domain/tpm/command-header.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';

/** TPM2_GetCapability(TPM_CAP_TPM_PROPERTIES, TPM_PT_FAMILY_INDICATOR, 1). */
export const ASK_TPM20 = Uint8Array.of(
  ...[0x80, 0x01, 0, 0, 0, 0x16, 0, 0, 0x01, 0x7a],
  ...[0, 0, 0, 6, 0, 0, 0x01, 0, 0, 0, 0, 1],
);
/** TPM_GetCapability(TPM_CAP_VERSION). */
export const ASK_TPM12 = Uint8Array.of(...[0x00, 0xc1, 0, 0, 0, 0x12, 0, 0, 0, 0x65], ...[0, 0, 0, 6, 0, 0, 0, 0]);

const TPM_RC_INITIALIZE = 0x100;
const TPM_INVALID_POSTINIT = 0x26;

/** The version whose responses look like these bytes; undefined for bytes that no TPM sends. */
export function versionOfResponse(response: Uint8Array): TpmVersion | undefined {
  if (!isWholeResponse(response)) return undefined;
  const tag = readUint16(response, 0);
  if (tag === 0x8001 || tag === 0x8002) return '2.0';
  if (tag >= 0x00c4 && tag <= 0x00c6) return '1.2';
  return undefined;
}

/** Whether a TPM waits for Startup, judged by its answer to the question in its own language. */
export function waitsForStartup(response: Uint8Array): boolean {
  const code = responseCodeOf(response);
  return versionOfResponse(response) === '2.0' ? code === TPM_RC_INITIALIZE : code === TPM_INVALID_POSTINIT;
}
