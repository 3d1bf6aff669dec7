/**
 * The shipped allowed lists of TPM 2.0: who may send each command, and why.
 *
 * The three classes are nested: a standard user may send every command that a sandboxed app may send, and so on, so one
 * word per entry is enough. A command that is not listed (from a later revision, or a vendor's) is blocked for
 * everybody until it is granted. What the commands do: TCG TPM 2.0 Library, Part 3.
 */
import { TPM_CC } from '../tpm20/codes.js';
import { ADMINISTRATION } from './tpm20-allowed/administration.js';
import type { AllowedCommand, Tpm20AllowedEntry } from './tpm20-allowed/allowed-entry.js';
import { ATTESTATION } from './tpm20-allowed/attestation.js';
import { CRYPTOGRAPHY } from './tpm20-allowed/cryptography.js';
import { NON_VOLATILE } from './tpm20-allowed/non-volatile.js';
import { OBJECTS } from './tpm20-allowed/objects.js';
import { PCRS } from './tpm20-allowed/pcrs.js';
import { PLATFORM } from './tpm20-allowed/platform.js';
import { POLICIES } from './tpm20-allowed/policies.js';
import { SESSIONS_AND_CONTEXTS } from './tpm20-allowed/sessions-and-contexts.js';
import { START_AND_TEST } from './tpm20-allowed/start-and-test.js';

const ENTRIES: readonly AllowedCommand[] = [
  ...START_AND_TEST,
  ...SESSIONS_AND_CONTEXTS,
  ...OBJECTS,
  ...CRYPTOGRAPHY,
  ...ATTESTATION,
  ...POLICIES,
  ...PCRS,
  ...NON_VOLATILE,
  ...ADMINISTRATION,
  ...PLATFORM,
];

/** In order of the command codes. */
export const TPM20_ALLOWED: readonly Tpm20AllowedEntry[] = ENTRIES.map(({ command, ...entry }) => ({
  code: TPM_CC[command],
  name: `TPM2_${command}`,
  ...entry,
})).sort((left, right) => left.code - right.code);
