/** How a TPM says that it gave a command up: TPM_RC_CANCELED (Part 2, 6.6.3); TPM 1.2: TPM_FAIL after a cancel (PC Client TIS). */
import { responseCodeOf } from '../../domain/tpm/command-header.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import { TPM_RESULT } from '../../domain/tpm12/codes.js';
import { TPM_RC } from '../../domain/tpm20/codes.js';

export function isCancelledResponse(version: TpmVersion, response: Uint8Array): boolean {
  return responseCodeOf(response) === (version === '2.0' ? TPM_RC.CANCELED : TPM_RESULT.FAIL);
}
