/**
 * TPM 1.2 and 2.0 told apart by asking the TPM.
 *
 * A TPM answers in its own language whatever it is asked: the response's tag decides, so that a TPM that waits for Startup
 * (TPM_RC_INITIALIZE, TPM_INVALID_POSTINIT) or is in failure mode is recognised as well.
 */
import type { TpmTransport } from '../../application/ports.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import { ASK_TPM12, ASK_TPM20, versionOfResponse, waitsForStartup } from './startup-state.js';

export interface DetectedTpm {
  readonly version: TpmVersion;
  /** The TPM has been powered but not started: the broker sends Startup. */
  readonly waitsForStartup: boolean;
}

/** Throws TBS_E_TPM_NOT_FOUND when what answers is no TPM, TBS_E_IOERROR when nothing answers. */
export async function detectTpm(
  transport: Pick<TpmTransport, 'transmit' | 'description'>,
  timeoutMs: number,
): Promise<DetectedTpm> {
  const first = await transport.transmit(ASK_TPM20.slice(), { locality: 0, timeoutMs });
  switch (versionOfResponse(first)) {
    case '2.0':
      return { version: '2.0', waitsForStartup: waitsForStartup(first) };
    case '1.2': {
      const second = await transport.transmit(ASK_TPM12.slice(), { locality: 0, timeoutMs });
      return { version: '1.2', waitsForStartup: waitsForStartup(second) };
    }
    default:
      throw new TbsError('TBS_E_TPM_NOT_FOUND', {
        message: `What answers at ${transport.description} is no TPM.`,
        details: { transport: transport.description },
      });
  }
}
