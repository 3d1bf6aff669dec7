/** Errors of the TPM itself as TbsErrors: a wrong authorization, a lockout, and everything else by its code. */
import { asTbsError, TbsError, type TbsSymbol } from '../../domain/tbs-error.js';
import { Tpm12CommandError } from '../../domain/tpm12/authorized-command.js';
import { TPM_RESULT } from '../../domain/tpm12/codes.js';
import { isAuthorizationFailure as isAuthorizationFailure12 } from '../../domain/tpm12/responses.js';
import { Tpm20CommandError } from '../../domain/tpm20/authorized-command.js';
import { TPM_RC } from '../../domain/tpm20/codes.js';
import { isAuthorizationFailure as isAuthorizationFailure20 } from '../../domain/tpm20/responses.js';

/** Awaits work on the TPM; what the TPM answers comes out as a TbsError. */
export async function withTpmFailures<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw asTpmFailure(error);
  }
}

export function asTpmFailure(error: unknown): TbsError {
  if (error instanceof Tpm20CommandError) return fromCode(symbol20(error.responseCode), error.responseCode, error);
  if (error instanceof Tpm12CommandError) return fromCode(symbol12(error.responseCode), error.responseCode, error);
  return asTbsError(error);
}

/** The TPM compared the authorization and refused it. */
export function isWrongAuthorization(error: unknown): boolean {
  return error instanceof TbsError && (error.symbol === 'TPM_20_E_AUTH_FAIL' || error.symbol === 'TPM_E_AUTHFAIL');
}

/** The TPM did not compare it: it is locked out. */
export function isLockedOut(error: unknown): boolean {
  return (
    error instanceof TbsError && (error.symbol === 'TPM_20_E_LOCKOUT' || error.symbol === 'TPM_E_DEFEND_LOCK_RUNNING')
  );
}

function symbol20(code: number): TbsSymbol | undefined {
  if (code === TPM_RC.LOCKOUT) return 'TPM_20_E_LOCKOUT';
  return isAuthorizationFailure20(code) ? 'TPM_20_E_AUTH_FAIL' : undefined;
}

function symbol12(code: number): TbsSymbol | undefined {
  if (code === TPM_RESULT.DEFEND_LOCK_RUNNING) return 'TPM_E_DEFEND_LOCK_RUNNING';
  return isAuthorizationFailure12(code) ? 'TPM_E_AUTHFAIL' : undefined;
}

function fromCode(symbol: TbsSymbol | undefined, responseCode: number, cause: unknown): TbsError {
  if (symbol === 'TPM_20_E_LOCKOUT' || symbol === 'TPM_E_DEFEND_LOCK_RUNNING') {
    return new TbsError(symbol, {
      message: 'The TPM is locked out after wrong authorizations; the owner authorization was not tried.',
      action: 'Wait for the recovery time of the TPM (Get-Tpm shows it), then try again.',
      details: { responseCode, tried: false },
      cause,
    });
  }
  if (symbol !== undefined) return new TbsError(symbol, { details: { responseCode, tried: true }, cause });
  return new TbsError('TBS_E_INTERNAL_ERROR', {
    message: `The TPM refused it with 0x${responseCode.toString(16)}.`,
    action: 'Submit-TbsCommand and Get-Tpm show the state of the TPM; the code is that of the TPM specification.',
    details: { responseCode },
    cause,
  });
}
