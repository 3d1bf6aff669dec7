/** How a TPM says that it gave a command up: TPM_RC_CANCELED (Part 2, 6.6.3); TPM 1.2: TPM_FAIL after a cancel (PC Client TIS). */
import { responseCodeOf } from '../domain/tpm/command-header.js';
import type { TpmVersion } from '../domain/tpm/tpm-version.js';

const TPM_RC_CANCELED = 0x909;
const TPM_FAIL = 0x09;

export function isCancelledResponse(version: TpmVersion, response: Uint8Array): boolean {
  return responseCodeOf(response) === (version === '2.0' ? TPM_RC_CANCELED : TPM_FAIL);
}
