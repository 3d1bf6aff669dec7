/**
 * Changes the authorization values of hierarchies, and clears them. TPM 2.0 Library Part 3, 24 "Hierarchy Commands".
 */
import type { Exchange } from '../tpm/exchange.js';
import { runCommand } from './authorized-command.js';
import { TPM_CC, TPM_RH } from './codes.js';
import { sized16 } from './structures.js';

/** Replaces a hierarchy's authorization value. With the same value twice it only proves that the value is right. */
export function* hierarchyChangeAuth(hierarchy: number, auth: Uint8Array, newAuth: Uint8Array): Exchange<void> {
  const parameters = sized16(newAuth);
  try {
    yield* runCommand({ code: TPM_CC.HierarchyChangeAuth, handles: [hierarchy], auths: [auth], parameters });
  } finally {
    parameters.fill(0);
  }
}

/** Clears the owner and endorsement hierarchies, with every key under them, using the lockout authorization. */
export function* clear(lockoutAuth: Uint8Array): Exchange<void> {
  yield* runCommand({ code: TPM_CC.Clear, handles: [TPM_RH.LOCKOUT], auths: [lockoutAuth] });
}
