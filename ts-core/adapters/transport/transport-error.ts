/** Translates foreign errors of sockets, devices and processes into TBS_E_IOERROR and preserves the cause. */
import { TbsError } from '../../domain/tbs-error.js';

export function transportError(description: string, reason: string, cause?: unknown, action?: string): TbsError {
  return new TbsError('TBS_E_IOERROR', {
    message: `Cannot use the TPM (${description}): ${reason}.`,
    details: { transport: description, reason },
    cause,
    ...(action === undefined ? {} : { action }),
  });
}

/** Returns the message of an operating system error without its stack: `connect ECONNREFUSED /run/tpm.sock`. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function errorCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
