/** A response code in words. */
export interface CodeText {
  /** As the specification writes it: `TPM_RC_AUTH_FAIL`, `TPM_AUTHFAIL`. */
  readonly name: string;
  /** One sentence. */
  readonly text: string;
}
