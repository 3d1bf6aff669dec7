/**
 * The response code for a handle that a context does not have: the one that a bare TPM gives for a handle that does not
 * exist, so that nobody can tell another's handle from none. Measured at libtpms 0.9: a number within the TPM's slots
 * references nothing (REFERENCE_Hx, REFERENCE_Sx, HANDLE), one beyond them has no valid value (VALUE).
 */
import { handleNumber, handleType, TPM_CC, TPM_HT, TPM_RC } from '../../tpm20/codes.js';
import { aboutHandle, aboutParameter, aboutSession } from '../../tpm20/responses.js';

/** How many handles of each kind may exist. */
export interface HandleRanges {
  readonly transientObjects: number;
  readonly sessions: number;
}

/** Commands whose last handle is a policy session (TPM 2.0 Library Part 3, 23); what else a TPM adds there is refused by it. */
const POLICY_COMMANDS: ReadonlySet<number> = new Set([
  0x149, 0x151, 0x160, 0x16a, 0x16b, 0x16c, 0x16d, 0x16e, 0x16f, 0x170, 0x171, 0x172, 0x17f, 0x180, 0x187, 0x188, 0x189,
  0x18c, 0x18f, 0x190, 0x192, 0x19b, 0x19c,
]);

/** The type of session that the last handle of a command must be; undefined: it takes no session. */
function sessionTypeOf(code: number): number | undefined {
  if (POLICY_COMMANDS.has(code)) return TPM_HT.POLICY_SESSION;
  return code === TPM_CC.GetSessionAuditDigest ? TPM_HT.HMAC_SESSION : undefined;
}

function isWithin(handle: number, ranges: HandleRanges): boolean {
  return handleNumber(handle) < (handleType(handle) === TPM_HT.TRANSIENT ? ranges.transientObjects : ranges.sessions);
}

/** In the handle area of a command with `handleCount` handles. */
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

/** As the session of an authorization. */
export function missingInAuthorizationArea(handle: number, position: number, ranges: HandleRanges): number {
  return isWithin(handle, ranges) ? TPM_RC.REFERENCE_S0 + position : aboutSession(TPM_RC.VALUE, position);
}

/** As what ContextSave is to save. */
export function missingForSave(handle: number, ranges: HandleRanges): number {
  return isWithin(handle, ranges) ? TPM_RC.REFERENCE_H0 : aboutHandle(TPM_RC.VALUE, 0);
}

/** As what FlushContext is to flush. */
export function missingForFlush(handle: number, ranges: HandleRanges): number {
  return aboutParameter(isWithin(handle, ranges) ? TPM_RC.HANDLE : TPM_RC.VALUE, 1);
}
