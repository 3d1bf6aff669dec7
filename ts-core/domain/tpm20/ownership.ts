/** Authorization values of the hierarchies, and TPM2_Clear. TPM 2.0 Library Part 3, 24 "Hierarchy Commands". */
import type { Exchange } from '../tpm/exchange.js';
import { runCommand20, sized16 } from './authorized-command.js';

export const TPM_RH_OWNER = 0x40000001;
export const TPM_RH_LOCKOUT = 0x4000000a;
export const TPM_RH_ENDORSEMENT = 0x4000000b;

export const TPM_CC_CLEAR = 0x126;
export const TPM_CC_HIERARCHY_CHANGE_AUTH = 0x129;

/** Replaces a hierarchy's authorization value. With the same value twice it only proves that the TPM has it. */
export function* hierarchyChangeAuth(hierarchy: number, auth: Uint8Array, newAuth: Uint8Array): Exchange<void> {
  const parameters = sized16(newAuth);
  try {
    yield* runCommand20({ code: TPM_CC_HIERARCHY_CHANGE_AUTH, handles: [hierarchy], auths: [auth], parameters });
  } finally {
    parameters.fill(0);
  }
}

/** Clears owner and endorsement hierarchy with the lockout authorization: every key under them is gone. */
export function* clear20(lockoutAuth: Uint8Array): Exchange<void> {
  yield* runCommand20({ code: TPM_CC_CLEAR, handles: [TPM_RH_LOCKOUT], auths: [lockoutAuth] });
}
