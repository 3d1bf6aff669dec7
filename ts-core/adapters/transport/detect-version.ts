/**
 * Asks the TPM whether its version is 1.2 or 2.0.
 *
 * A TPM answers any command in the format of its own version, so the tag of the response decides. That also works for a
 * TPM that waits for Startup (TPM_RC_INITIALIZE, TPM_INVALID_POSTINIT) or is in failure mode.
 */
import type { TpmTransport } from '../../application/ports/tpm-transport.js';
import { TbsError } from '../../domain/tbs-error.js';
import { ASK_TPM12, ASK_TPM20, needsStartup, versionOfResponse } from '../../domain/tpm/startup-state.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';

export interface DetectedTpm {
  readonly version: TpmVersion;
  /** The TPM has power but has not been started, so the broker has to send Startup. */
  readonly waitsForStartup: boolean;
}

/** Throws TBS_E_TPM_NOT_FOUND when the answer is not a TPM's, TBS_E_IOERROR when there is no answer. */
export async function detectTpm(
  transport: Pick<TpmTransport, 'transmit' | 'description'>,
  timeoutMs: number,
): Promise<DetectedTpm> {
  const first = await transport.transmit(ASK_TPM20.slice(), { locality: 0, timeoutMs });
  switch (versionOfResponse(first)) {
    case '2.0':
      return { version: '2.0', waitsForStartup: needsStartup(first) };
    case '1.2': {
      const second = await transport.transmit(ASK_TPM12.slice(), { locality: 0, timeoutMs });
      return { version: '1.2', waitsForStartup: needsStartup(second) };
    }
    default:
      throw new TbsError('TBS_E_TPM_NOT_FOUND', {
        message: `The program or device at ${transport.description} is not a TPM.`,
        details: { transport: transport.description },
      });
  }
}
