/**
 * A conversation with the TPM as a generator: it yields a whole command, is resumed with the TPM's whole response to
 * it, and returns its result. Pure: no I/O and no clock, so that every rule is tested against a scripted TPM.
 *
 * An exchange whose transport failed is resumed with `throw(error)`.
 */
export type Exchange<Result> = Generator<Uint8Array, Result, Uint8Array>;
