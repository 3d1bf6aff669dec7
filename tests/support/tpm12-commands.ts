/** Complete TPM 1.2 commands for tests, by name. TPM Main Part 3. */
import { concat, uint16, uint32 } from '../../ts-core/domain/tpm/byte-fields.js';
import { HEADER_BYTES } from '../../ts-core/domain/tpm/command-header.js';
import { TPM_ORD, TPM_TAG } from '../../ts-core/domain/tpm12/codes.js';
import { COMMAND_AUTH_BYTES } from '../../ts-core/domain/tpm12/structures.js';

/** The tag of TPM_TRANSPORT_PUBLIC, which the broker itself never writes. */
export const TPM_TAG_TRANSPORT_PUBLIC = 0x001e;

/** Returns a whole command with this body. The default `tag` is that of a command without authorization. */
export function command12(
  ordinal: number,
  body: Uint8Array = new Uint8Array(),
  tag: number = TPM_TAG.RQU_COMMAND,
): Uint8Array {
  return concat(uint16(tag), uint32(HEADER_BYTES + body.length), uint32(ordinal), body);
}

export const GET_RANDOM_12 = Buffer.from(command12(TPM_ORD.GetRandom, uint32(8)));

/**
 * TPM_ExecuteTransport around a command, followed by an authorization of zeros. `declaredBytes` is the value of
 * wrappedCmdSize, by default the right one.
 */
export function insideTransport(inner: Uint8Array, declaredBytes: number = inner.length): Uint8Array {
  const body = concat(uint32(declaredBytes), inner, new Uint8Array(COMMAND_AUTH_BYTES));
  return command12(TPM_ORD.ExecuteTransport, body, TPM_TAG.RQU_AUTH1_COMMAND);
}
