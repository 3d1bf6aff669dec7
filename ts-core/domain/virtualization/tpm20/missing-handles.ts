/**
 * Chooses the response code for a handle that a context does not have: the code that a TPM returns for a handle that
 * does not exist, so that nobody can find out whether another context has it. Measured with libtpms 0.9: a number
 * within the TPM's slots refers to nothing (REFERENCE_Hx, REFERENCE_Sx, HANDLE); a number beyond them is not a valid
 * value (VALUE).
 */
import { handleNumber, handleType, TPM_CC, TPM_HT, TPM_RC } from '../../tpm20/codes.js';
import { aboutHandle, aboutParameter, aboutSession } from '../../tpm20/responses.js';

/** How many handles of each kind may exist. */
export interface HandleRanges {
  readonly transientObjects: number;
  readonly sessions: number;
}

/**
 * Commands whose last handle is a policy session (Part 3, 23). If a TPM has more of them, it refuses the handle itself.
 */
const POLICY_COMMANDS: ReadonlySet<number> = new Set([
  TPM_CC.PolicyNV,
  TPM_CC.PolicySecret,
  TPM_CC.PolicySigned,
  TPM_CC.PolicyAuthorize,
  TPM_CC.PolicyAuthValue,
  TPM_CC.PolicyCommandCode,
  TPM_CC.PolicyCounterTimer,
  TPM_CC.PolicyCpHash,
  TPM_CC.PolicyLocality,
  TPM_CC.PolicyNameHash,
  TPM_CC.PolicyOR,
  TPM_CC.PolicyTicket,
  TPM_CC.PolicyPCR,
  TPM_CC.PolicyRestart,
  TPM_CC.PolicyPhysicalPresence,
  TPM_CC.PolicyDuplicationSelect,
  TPM_CC.PolicyGetDigest,
  TPM_CC.PolicyPassword,
  TPM_CC.PolicyNvWritten,
  TPM_CC.PolicyTemplate,
  TPM_CC.PolicyAuthorizeNV,
  TPM_CC.PolicyCapability,
  TPM_CC.PolicyParameters,
]);

/** Returns the type of session that the last handle of a command must be; undefined if it takes no session. */
function sessionTypeOf(code: number): number | undefined {
  if (POLICY_COMMANDS.has(code)) return TPM_HT.POLICY_SESSION;
  return code === TPM_CC.GetSessionAuditDigest ? TPM_HT.HMAC_SESSION : undefined;
}

function isWithin(handle: number, ranges: HandleRanges): boolean {
  return handleNumber(handle) < (handleType(handle) === TPM_HT.TRANSIENT ? ranges.transientObjects : ranges.sessions);
}

/** Returns the code for a handle in the handle area of a command with `handleCount` handles. */
export function missingInHandleArea(
  code: number,
  handle: number,
  position: number,
  handleCount: number,
  ranges: HandleRanges,
): number {
  const sessionType = position === handleCount - 1 ? sessionTypeOf(code) : undefined;
  const isRightType = handleType(handle) === (sessionType ?? TPM_HT.TRANSIENT);
  return isRightType && isWithin(handle, ranges) ? TPM_RC.REFERENCE_H0 + position : aboutHandle(TPM_RC.VALUE, position);
}

/** Returns the code for a session in the authorization area. */
export function missingInAuthorizationArea(handle: number, position: number, ranges: HandleRanges): number {
  return isWithin(handle, ranges) ? TPM_RC.REFERENCE_S0 + position : aboutSession(TPM_RC.VALUE, position);
}

/** Returns the code for the handle that TPM2_ContextSave should save. */
export function missingForSave(handle: number, ranges: HandleRanges): number {
  return isWithin(handle, ranges) ? TPM_RC.REFERENCE_H0 : aboutHandle(TPM_RC.VALUE, 0);
}

/** Returns the code for the handle that TPM2_FlushContext should flush. */
export function missingForFlush(handle: number, ranges: HandleRanges): number {
  return aboutParameter(isWithin(handle, ranges) ? TPM_RC.HANDLE : TPM_RC.VALUE, 1);
}
