/** What a TPM 2.0 says of its ownership. TPM 2.0 Library Part 2, 8.6 TPMA_PERMANENT and 8.7 TPMA_STARTUP_CLEAR. */

import { readProperties } from '../tpm/device-facts.js';
import type { Exchange } from '../tpm/exchange.js';

const PT_PERMANENT = 0x200;
const PT_STARTUP_CLEAR = 0x201;

export interface PermanentState20 {
  readonly ownerAuthSet: boolean;
  readonly endorsementAuthSet: boolean;
  readonly lockoutAuthSet: boolean;
  /** TPM2_Clear is disabled. */
  readonly clearDisabled: boolean;
  readonly inLockout: boolean;
  /** Storage and endorsement hierarchy are on. */
  readonly hierarchiesEnabled: boolean;
}

export function* readPermanentState(): Exchange<PermanentState20> {
  const properties = yield* readProperties(PT_PERMANENT, 2);
  const permanent = properties.get(PT_PERMANENT) ?? 0;
  const startup = properties.get(PT_STARTUP_CLEAR) ?? 0;
  return {
    ownerAuthSet: (permanent & 1) !== 0,
    endorsementAuthSet: (permanent & 2) !== 0,
    lockoutAuthSet: (permanent & 4) !== 0,
    clearDisabled: (permanent & 0x100) !== 0,
    inLockout: (permanent & 0x200) !== 0,
    hierarchiesEnabled: (startup & 0b110) === 0b110,
  };
}
