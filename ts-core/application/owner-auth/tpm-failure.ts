/**
 * Translates errors of the TPM itself into TbsErrors: a wrong authorization, a lockout, and everything else by its
 * code.
 */
import { asTbsError, TbsError, type TbsSymbol } from '../../domain/tbs-error.js';
import { Tpm12CommandError } from '../../domain/tpm12/authorized-command.js';
import { TPM_RESULT } from '../../domain/tpm12/codes.js';
import { isAuthorizationFailure as isAuthorizationFailure12 } from '../../domain/tpm12/responses.js';
import { Tpm20CommandError } from '../../domain/tpm20/authorized-command.js';
import { TPM_RC } from '../../domain/tpm20/codes.js';
import { isAuthorizationFailure as isAuthorizationFailure20 } from '../../domain/tpm20/responses.js';

/** The authorization in one of the broker's own commands, so that an error names the right one. */
export interface TriedAuthorization {
  /** As the subject of a sentence. */
  readonly name: string;
  /** Further codes with which a TPM 1.2 rejects it, besides those of a wrong value. */
  readonly refusals12?: readonly number[];
  /** Creates the error for when the TPM compared it and rejected it. */
  readonly refused: (symbol: TbsSymbol, details: Readonly<Record<string, unknown>>, cause: unknown) => TbsError;
}

export const OWNER_AUTHORIZATION: TriedAuthorization = {
  name: 'the owner authorization',
  refused: (symbol, details, cause) => new TbsError(symbol, { details, cause }),
};

/**
 * The key under which the broker stores its secrets. Its rejection is not a wrong owner authorization, so no stored
 * value counts as void.
 */
export const STORAGE_ROOT_KEY: TriedAuthorization = {
  name: 'the storage root key',
  refused: (_symbol, details, cause) =>
    new TbsError('TBS_E_PROVISIONING_INCOMPLETE', {
      message:
        'The storage root key of the TPM has a secret of its own. The broker stores owner authorizations under that key and uses it with the well-known secret only.',
      action:
        'Give the key the well-known secret (TPM 1.2: tpm_changeownerauth --srk --set-well-known; TPM 2.0: evict the key at 0x81000001, then Initialize-Tpm), or clear the TPM.',
      details: { ...details, reason: 'storageRootKeySecret' },
      cause,
    }),
};

export const STORED_DELEGATION: TriedAuthorization = {
  name: 'the stored delegation',
  // The family no longer exists, or is void.
  refusals12: [TPM_RESULT.BADINDEX, TPM_RESULT.DELEGATE_FAMILY],
  refused: (symbol, details, cause) =>
    new TbsError(symbol, {
      message: 'The TPM rejected the delegation that is stored on this machine. The broker tried it only once.',
      action: 'Import the owner authorization (Import-TpmOwnerAuth), which creates new delegations, or give it.',
      details: { ...details, reason: 'delegation' },
      cause,
    }),
};

/** Awaits work on the TPM, and translates the TPM's errors into TbsErrors. */
export async function withTpmFailures<Result>(
  work: Promise<Result>,
  tried: TriedAuthorization = OWNER_AUTHORIZATION,
): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw asTpmFailure(error, tried);
  }
}

function asTpmFailure(error: unknown, tried: TriedAuthorization): TbsError {
  if (error instanceof Tpm20CommandError) return fromCode(symbol20(error.responseCode), error, tried);
  if (error instanceof Tpm12CommandError) return fromCode(symbol12(error.responseCode, tried), error, tried);
  return asTbsError(error);
}

/** Returns whether the TPM compared the authorization and rejected it. */
export function isWrongAuthorization(error: unknown): error is TbsError {
  return error instanceof TbsError && (error.symbol === 'TPM_20_E_AUTH_FAIL' || error.symbol === 'TPM_E_AUTHFAIL');
}

/** Returns whether the TPM is locked out and did not compare the authorization. */
export function isLockedOut(error: unknown): boolean {
  return (
    error instanceof TbsError && (error.symbol === 'TPM_20_E_LOCKOUT' || error.symbol === 'TPM_E_DEFEND_LOCK_RUNNING')
  );
}

function symbol20(code: number): TbsSymbol | undefined {
  if (code === TPM_RC.LOCKOUT) return 'TPM_20_E_LOCKOUT';
  return isAuthorizationFailure20(code) ? 'TPM_20_E_AUTH_FAIL' : undefined;
}

function symbol12(code: number, { refusals12 = [] }: TriedAuthorization): TbsSymbol | undefined {
  if (code === TPM_RESULT.DEFEND_LOCK_RUNNING) return 'TPM_E_DEFEND_LOCK_RUNNING';
  return isAuthorizationFailure12(code) || refusals12.includes(code) ? 'TPM_E_AUTHFAIL' : undefined;
}

function fromCode(
  symbol: TbsSymbol | undefined,
  cause: Tpm20CommandError | Tpm12CommandError,
  tried: TriedAuthorization,
): TbsError {
  const { responseCode } = cause;
  if (symbol === 'TPM_20_E_LOCKOUT' || symbol === 'TPM_E_DEFEND_LOCK_RUNNING') {
    return new TbsError(symbol, {
      message: `The TPM is locked out after wrong authorizations; it did not try ${tried.name}.`,
      action: 'Wait for the recovery time of the TPM (Get-Tpm shows it), then try again.',
      details: { responseCode, tried: false },
      cause,
    });
  }
  if (symbol !== undefined) return tried.refused(symbol, { responseCode, tried: true }, cause);
  return new TbsError('TBS_E_INTERNAL_ERROR', {
    message: `The TPM rejected it with 0x${responseCode.toString(16)}.`,
    action: 'Submit-TbsCommand and Get-Tpm show the state of the TPM; the code is that of the TPM specification.',
    details: { responseCode },
    cause,
  });
}
