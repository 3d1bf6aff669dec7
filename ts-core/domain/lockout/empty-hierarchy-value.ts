/**
 * Detects the one authorization failure of TPM 2.0 that is not counted: the empty value for the storage or endorsement
 * hierarchy while its authorization is set. These hierarchies have no dictionary-attack protection, and many programs
 * try the empty value first: some as a password, tpm2-tools and others as the key of an HMAC session.
 *
 * TPM 2.0 Library Part 2, 6.6.2 "TPM_RC formats" (format one names the session that failed); Part 1, 19.4 "Password
 * authorizations" and 18.6 (the nth session authorizes the nth handle).
 */
import { TPM_RH, TPM_RS_PW } from '../tpm20/codes.js';
import { CommandAreas } from '../tpm20/command-shape.js';
import { subjectOf } from '../tpm20/responses.js';
import type { UnkeyedSessions } from './unkeyed-sessions.js';

const areas = new CommandAreas();

/**
 * Returns whether the authorization that the TPM rejected is the empty value of TPM_RH_OWNER or TPM_RH_ENDORSEMENT.
 * False if the code does not name the session, because then another authorization of the command may have failed.
 *
 * @param responseCode TPM_RC_BAD_AUTH, about any session, handle or parameter.
 * @param handleCount the command's number of handles, according to the TPM.
 */
export function refusesEmptyHierarchyValue(
  responseCode: number,
  command: Uint8Array,
  handleCount: number,
  sessions: UnkeyedSessions,
): boolean {
  const { kind, number } = subjectOf(responseCode);
  if (kind !== 'session' || areas.read(command, handleCount) !== 0) return false;
  const position = number - 1;
  if (position < 0 || position >= areas.sessionCount || position >= areas.handleCount) return false;
  const handle = areas.handles[position];
  if (handle !== TPM_RH.OWNER && handle !== TPM_RH.ENDORSEMENT) return false;
  if (areas.sessionHandles[position] === TPM_RS_PW) return areas.sessionHmacBytes[position] === 0;
  return sessions.proveEmptyValue(command, areas, position);
}
