/** The facts about the TPM that the classification of TPM 2.0 responses needs. */
import { nodeHash } from '../../ts-core/adapters/crypto/node-hash.js';
import type { AuthorizationFacts } from '../../ts-core/domain/lockout/response-classification.js';
import { UnkeyedSessions } from '../../ts-core/domain/lockout/unkeyed-sessions.js';

export function authorizationFacts(handlesOf: AuthorizationFacts['handlesOf']): AuthorizationFacts {
  return { handlesOf, sessions: new UnkeyedSessions(nodeHash) };
}
