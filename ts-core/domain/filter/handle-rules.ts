/**
 * Rules about the handles of a TPM 2.0 command, in addition to those about its code. They apply to everybody but
 * administrators.
 *
 * The handles are read from the command's handle area with the TPM's own command table (TPM_CAP_COMMANDS). Values: TCG
 * TPM 2.0 Library, Part 2, 7.4 "TPM_RH" and 7.2 "TPM_HT".
 */
import { handleType, TPM_HT, TPM_RH } from '../tpm20/codes.js';

/** PCRs that are no part of the boot: 16 for debugging, 23 for applications (TCG PC Client Platform TPM Profile). */
const APPLICATION_PCRS: readonly number[] = [16, 23];

/**
 * `applicationPcrOnly`: of the PCRs only 16 and 23. `notAsOwner`: not with TPM_RH_OWNER, whose authorization is often
 * empty. Granting the command's code removes the restriction together with the shipped list that contains it.
 */
export type HandleCondition = 'applicationPcrOnly' | 'notAsOwner';

export interface HandleRefusal {
  readonly reason: string;
  /**
   * Whether granting the command's code to the class lifts it; TPM_RH_LOCKOUT and TPM_RH_PLATFORM are never granted.
   */
  readonly liftedByGrant: boolean;
}

const LOCKOUT_REFUSED: HandleRefusal = {
  reason: 'TPM_RH_LOCKOUT is for administrators: after one wrong value, they could not reset the lockout of the TPM.',
  liftedByGrant: false,
};
const PLATFORM_REFUSED: HandleRefusal = {
  reason: 'TPM_RH_PLATFORM is for administrators: the platform hierarchy is not for ordinary use.',
  liftedByGrant: false,
};
const PCR_REFUSED: HandleRefusal = {
  reason:
    'Only PCR 16 (debug) and 23 (applications) are open to this caller: changing another would break sealed keys and attestation of everyone until the next boot.',
  liftedByGrant: true,
};
const OWNER_REFUSED: HandleRefusal = {
  reason:
    "This caller may not use TPM_RH_OWNER here: use the index's own authorization, so that users cannot change each other's data.",
  liftedByGrant: true,
};
const UNKNOWN_REFUSED: HandleRefusal = {
  reason: 'The TPM does not list this command, so the broker cannot check its handles.',
  liftedByGrant: false,
};

/**
 * Returns why a caller that is not an administrator may not use these handles; undefined if it may.
 *
 * @param handles the whole handles in the command; null if the TPM does not list the command. Such a command is
 * refused, since a rule that cannot be checked must not be bypassed.
 */
export function refusalByHandles(
  handles: readonly number[] | null,
  condition: HandleCondition | undefined,
): HandleRefusal | undefined {
  if (handles === null) return UNKNOWN_REFUSED;
  for (const handle of handles) {
    if (handle === TPM_RH.LOCKOUT) return LOCKOUT_REFUSED;
    if (isPlatform(handle)) return PLATFORM_REFUSED;
    if (condition === 'applicationPcrOnly' && isPcr(handle) && !APPLICATION_PCRS.includes(handle)) return PCR_REFUSED;
    if (condition === 'notAsOwner' && handle === TPM_RH.OWNER) return OWNER_REFUSED;
  }
  return undefined;
}

/** Describes the restriction in words. */
export function describeCondition(condition: HandleCondition): string {
  return condition === 'applicationPcrOnly' ? 'only on PCR 16 and 23' : 'not with TPM_RH_OWNER';
}

function isPlatform(handle: number): boolean {
  if (handle === TPM_RH.PLATFORM || handle === TPM_RH.FW_PLATFORM) return true;
  return handle >>> 16 === TPM_RH.SVN_PLATFORM_BASE >>> 16;
}

/** The handle of a PCR is the PCR's number. */
function isPcr(handle: number): boolean {
  return handleType(handle) === TPM_HT.PCR;
}
