/**
 * Seals data under the storage root key, bound to no PCR and without dictionary-attack protection, so that it can be
 * unsealed while the TPM is locked out. TPM 2.0 Library Part 3, 12.1 Create, 12.2 Load, 12.7 Unseal.
 */
import { concat, FieldReader, uint16, uint32 } from '../tpm/byte-fields.js';
import type { Exchange } from '../tpm/exchange.js';
import { EMPTY_AUTH, runCommand } from './authorized-command.js';
import { SRK_HANDLE, TPM_ALG, TPM_CC, TPMA_OBJECT } from './codes.js';
import { flushObject } from './keys.js';
import { readSized16, sized16 } from './structures.js';

const SEALED_ATTRIBUTES =
  TPMA_OBJECT.FIXED_TPM | TPMA_OBJECT.FIXED_PARENT | TPMA_OBJECT.USER_WITH_AUTH | TPMA_OBJECT.NO_DA;

/** Seals data (at most 128 bytes). Returns the TPM2B_PRIVATE and the TPM2B_PUBLIC, one after the other. */
export function* seal(data: Uint8Array): Exchange<Uint8Array> {
  const sensitive = concat(sized16(EMPTY_AUTH), sized16(data));
  const template = concat(
    ...[uint16(TPM_ALG.KEYEDHASH), uint16(TPM_ALG.SHA256), uint32(SEALED_ATTRIBUTES), sized16(EMPTY_AUTH)],
    ...[uint16(TPM_ALG.NULL), sized16(EMPTY_AUTH)],
  );
  const parameters = concat(sized16(sensitive), sized16(template), sized16(EMPTY_AUTH), uint32(0));
  try {
    const { parameters: answer } = yield* runCommand({
      code: TPM_CC.Create,
      handles: [SRK_HANDLE],
      auths: [EMPTY_AUTH],
      parameters,
    });
    return concat(sized16(readSized16(answer)), sized16(readSized16(answer)));
  } finally {
    sensitive.fill(0);
    parameters.fill(0);
  }
}

/**
 * Unseals what `seal` returned. Throws Tpm20CommandError on another TPM, or when its storage hierarchy has changed.
 */
export function* unseal(blob: Uint8Array): Exchange<Uint8Array> {
  const reader = new FieldReader(blob);
  const parameters = concat(sized16(readSized16(reader)), sized16(readSized16(reader)));
  const { handles } = yield* runCommand({
    code: TPM_CC.Load,
    handles: [SRK_HANDLE],
    auths: [EMPTY_AUTH],
    parameters,
    outHandles: 1,
  });
  const handle = handles[0] as number;
  try {
    const answer = yield* runCommand({ code: TPM_CC.Unseal, handles: [handle], auths: [EMPTY_AUTH] });
    return readSized16(answer.parameters).slice();
  } finally {
    yield* flushObject(handle);
  }
}
