/**
 * Reads what a TPM 2.0 reports about its ownership. TPM 2.0 Library Part 2, 8.6 TPMA_PERMANENT and 8.7
 * TPMA_STARTUP_CLEAR.
 */
import { readProperties } from '../tpm/device-facts.js';
import type { Exchange } from '../tpm/exchange.js';
import { TPM_PT, TPMA_PERMANENT, TPMA_STARTUP_CLEAR } from './codes.js';

const HIERARCHIES = TPMA_STARTUP_CLEAR.SH_ENABLE | TPMA_STARTUP_CLEAR.EH_ENABLE;

export interface PermanentState {
  readonly ownerAuthSet: boolean;
  readonly endorsementAuthSet: boolean;
  readonly lockoutAuthSet: boolean;
  /** TPM2_Clear is disabled. */
  readonly clearDisabled: boolean;
  readonly inLockout: boolean;
  /** The storage and endorsement hierarchies are enabled. */
  readonly hierarchiesEnabled: boolean;
}

export function* readPermanentState(): Exchange<PermanentState> {
  const properties = yield* readProperties(TPM_PT.PERMANENT, 2);
  const permanent = properties.get(TPM_PT.PERMANENT) ?? 0;
  const startup = properties.get(TPM_PT.STARTUP_CLEAR) ?? 0;
  return {
    ownerAuthSet: (permanent & TPMA_PERMANENT.OWNER_AUTH_SET) !== 0,
    endorsementAuthSet: (permanent & TPMA_PERMANENT.ENDORSEMENT_AUTH_SET) !== 0,
    lockoutAuthSet: (permanent & TPMA_PERMANENT.LOCKOUT_AUTH_SET) !== 0,
    clearDisabled: (permanent & TPMA_PERMANENT.DISABLE_CLEAR) !== 0,
    inLockout: (permanent & TPMA_PERMANENT.IN_LOCKOUT) !== 0,
    hierarchiesEnabled: (startup & HIERARCHIES) === HIERARCHIES,
  };
}
