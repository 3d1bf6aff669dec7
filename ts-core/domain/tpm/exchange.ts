/**
 * A conversation with the TPM as a generator: it yields a whole command, is resumed with the TPM's whole response, and
 * finally returns its result. Pure: no I/O and no clock, so that every rule can be tested against a scripted TPM. If
 * the transport fails, the exchange is resumed with `throw(error)`.
 */
export type Exchange<Result> = Generator<Uint8Array, Result, Uint8Array>;
