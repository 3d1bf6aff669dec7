/**
 * The two TPM families; told apart by asking the TPM (a TPM 2.0 answers a 1.2 command with TPM_RC_BAD_TAG in the 2.0
 * form, and the reverse).
 */
export const TPM_VERSIONS = ['1.2', '2.0'] as const;

export type TpmVersion = (typeof TPM_VERSIONS)[number];
