/**
 * Classifies a response, once, for lockout, audit and virtualizer.
 *
 * TPM 2.0 Library Part 2, 6.6 "TPM_RC"; TPM 1.2 Main specification, Part 2, 16 "Return codes".
 */
import { HEADER_BYTES, responseCodeOf } from '../tpm/command-header.js';
import type { TpmVersion } from '../tpm/tpm-version.js';
import { TPM_ORD, TPM_RESULT } from '../tpm12/codes.js';
import { isAuthorizationFailure } from '../tpm12/responses.js';
import { wrappedResponseOf } from '../tpm12/transport.js';
import { TPM_RC } from '../tpm20/codes.js';
import { errorOf } from '../tpm20/responses.js';
import { refusesEmptyHierarchyValue } from './empty-hierarchy-value.js';
import type { UnkeyedSessions } from './unkeyed-sessions.js';

/**
 * `hardwareLockout`: the TPM itself rejects authorizations because of failures that were counted when they happened.
 */
export type ResponseClass = 'success' | 'authorizationFailure' | 'hardwareLockout' | 'other';

/** What tells which authorization of a TPM 2.0 command was rejected. */
export interface AuthorizationFacts {
  /** The handles in the handle area of a TPM 2.0 command; null if the TPM does not list the command. */
  readonly handlesOf: (command: Uint8Array) => readonly number[] | null;
  readonly sessions: UnkeyedSessions;
}

/** A command that the TPM has answered. */
export interface AnsweredCommand {
  /** The command code (TPM 1.2: the ordinal; for TPM_ExecuteTransport, that of the outer command). */
  readonly code: number;
  readonly command: Uint8Array;
}

/**
 * Classifies a whole response of the TPM.
 *
 * @param answered for TPM_ExecuteTransport the inner command's result counts; for TPM 2.0 the command tells which
 * authorization was rejected.
 */
export function classifyResponse(
  version: TpmVersion,
  response: Uint8Array,
  answered: AnsweredCommand,
  facts: AuthorizationFacts,
): ResponseClass {
  if (response.length < HEADER_BYTES) return 'other';
  const code = responseCodeOf(response);
  if (version === '2.0') return classifyTpm20(code, answered.command, facts);
  if (answered.code !== TPM_ORD.ExecuteTransport || code !== 0) return classifyTpm12(code);
  const wrapped = wrappedResponseOf(response);
  return classifyTpm12(wrapped === undefined ? TPM_RESULT.SUCCESS : responseCodeOf(wrapped));
}

function classifyTpm20(code: number, command: Uint8Array, { handlesOf, sessions }: AuthorizationFacts): ResponseClass {
  if (code === 0) return 'success';
  if (code === TPM_RC.LOCKOUT) return 'hardwareLockout';
  const error = errorOf(code);
  if (error === TPM_RC.AUTH_FAIL) return 'authorizationFailure';
  if (error !== TPM_RC.BAD_AUTH) return 'other';
  const handleCount = handlesOf(command)?.length ?? 0;
  return refusesEmptyHierarchyValue(code, command, handleCount, sessions) ? 'other' : 'authorizationFailure';
}

function classifyTpm12(code: number): ResponseClass {
  if (code === 0) return 'success';
  if (isAuthorizationFailure(code)) return 'authorizationFailure';
  return code === TPM_RESULT.DEFEND_LOCK_RUNNING ? 'hardwareLockout' : 'other';
}
