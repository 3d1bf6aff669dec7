/**
 * The lockout authorization of a TPM 2.0 (TPM_RH_LOCKOUT), which has its own protection: after one wrong value the TPM
 * rejects every value, right or wrong, for the lockout recovery time. Other authorizations still work, and no failed
 * try is counted. The TPM does not report this state, so the broker infers it from responses.
 *
 * TPM 2.0 Library Part 1, 19.8.6 "Authorization Failures Involving lockoutAuth".
 */
import { responseCodeOf } from '../tpm/command-header.js';
import { handleType, TPM_CC, TPM_HT, TPM_RC, TPM_RH, TPM_RS_PW } from '../tpm20/codes.js';
import { CommandAreas } from '../tpm20/command-shape.js';
import { isAuthorizationFailure, subjectOf } from '../tpm20/responses.js';
import type { RunTime } from '../tpm20/run-time.js';

/**
 * `refused`: the value was wrong, and the TPM rejects every value from now on. `blocked`: the value was not compared.
 */
export type LockoutAuthVerdict = 'accepted' | 'rejected' | 'blocked';

const areas = new CommandAreas();

/**
 * Returns how the TPM treated the lockout authorization in a command; undefined if the command has none. TPM2_Clear
 * ends the block under any authorization.
 *
 * @param handleCount the command's number of handles, according to the TPM.
 */
export function lockoutAuthVerdict(
  code: number,
  command: Uint8Array,
  handleCount: number,
  response: Uint8Array,
): LockoutAuthVerdict | undefined {
  const responseCode = responseCodeOf(response);
  if (code === TPM_CC.Clear && responseCode === TPM_RC.SUCCESS) return 'accepted';
  // The handle that authorizes is the first of every command that takes this one.
  if (areas.read(command, handleCount) !== 0 || areas.handleCount === 0 || areas.sessionCount === 0) return undefined;
  if (areas.handles[0] !== TPM_RH.LOCKOUT) return undefined;
  const session = areas.sessionHandles[0] as number;
  if (session !== TPM_RS_PW && handleType(session) !== TPM_HT.HMAC_SESSION) return undefined;
  if (responseCode === TPM_RC.SUCCESS) return 'accepted';
  if (responseCode === TPM_RC.LOCKOUT) return 'blocked';
  return isAuthorizationFailure(responseCode) && isAboutFirstSession(responseCode) ? 'rejected' : undefined;
}

function isAboutFirstSession(responseCode: number): boolean {
  const { kind, number } = subjectOf(responseCode);
  return kind === 'session' && number === 1;
}

/** When the TPM was observed to reject every lockout authorization. */
export type BlockedSince = Pick<RunTime, 'timeMs' | 'resetCount'>;

/**
 * Milliseconds until the TPM accepts a lockout authorization again; 0: it already does; null: not before its next
 * reset. A reset of the TPM restarts the recovery time.
 */
export function remainingBlockMs(since: BlockedSince, now: RunTime, recoverySeconds: number): number | null {
  const sameRun = since.resetCount === now.resetCount;
  if (recoverySeconds === 0) return sameRun ? null : 0;
  const elapsedMs = sameRun ? now.timeMs - since.timeMs : now.timeMs;
  return Math.max(0, recoverySeconds * 1000 - elapsedMs);
}
