/**
 * Reads the identity of a TPM 1.2, without any authorization: from the certificate of the endorsement key, or from the
 * key itself, which a TPM with an owner usually shows to the owner alone. TPM Main Part 3, 14.4 TPM_ReadPubek.
 */
import type { Exchange } from '../tpm/exchange.js';
import { type IdentityMark, NO_KEY } from '../tpm/tpm-identity.js';
import { Tpm12CommandError } from './authorized-command.js';
import { TPM_RESULT } from './codes.js';
import type { Crypto12 } from './crypto12.js';
import { readEndorsementCertificate } from './endorsement-certificate.js';
import { readPubek } from './ownership.js';

/** Returns an empty identity if the TPM shows neither. */
export function* readIdentityMarks(crypto12: Crypto12): Exchange<readonly IdentityMark[]> {
  const certificate = yield* readEndorsementCertificate(crypto12, undefined);
  if (certificate !== undefined) return [{ kind: 'certificate', bytes: certificate }];
  try {
    return [{ kind: 'key-rsa', bytes: (yield* readPubek(crypto12)).modulus }];
  } catch (error) {
    if (!(error instanceof Tpm12CommandError)) throw error;
    return error.responseCode === TPM_RESULT.NO_ENDORSEMENT ? [{ kind: NO_KEY, bytes: new Uint8Array() }] : [];
  }
}
