/** Foreign errors of sockets, devices and processes, translated once into TBS_E_IOERROR with the cause kept. */
import { TbsError } from '../../domain/tbs-error.js';

export function transportError(description: string, reason: string, cause?: unknown, action?: string): TbsError {
  return new TbsError('TBS_E_IOERROR', {
    message: `The TPM (${description}) could not be used: ${reason}.`,
    details: { transport: description, reason },
    cause,
    ...(action === undefined ? {} : { action }),
  });
}

/** What an operating system error says, without its stack: `connect ECONNREFUSED /run/tpm.sock`. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function errorCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
