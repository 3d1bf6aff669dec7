/** Commands as bytes, for tests that need a TPM to do something particular. */
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));

/** TPM2_Startup(TPM_SU_CLEAR), TPM_Startup(TPM_ST_CLEAR). */
export const startup = (version: TpmVersion) =>
  version === '2.0' ? hex('8001 0000000c 00000144 0000') : hex('00c1 0000000c 00000099 0001');

export function getRandom(version: TpmVersion, byteCount: number): Uint8Array {
  if (version === '2.0') return hex(`8001 0000000c 0000017b ${byteCount.toString(16).padStart(4, '0')}`);
  return hex(`00c1 0000000e 00000046 ${byteCount.toString(16).padStart(8, '0')}`);
}

/** A command that the TPM refuses with an error response: an unknown code. */
export const unknownCommand = (version: TpmVersion) =>
  version === '2.0' ? hex('8001 0000000a 00007777') : hex('00c1 0000000a 00007777');

/** TPM2_CreatePrimary of an RSA-3072 storage key in the null hierarchy: takes long, and its response is big. */
export function createRsaPrimary(): Uint8Array {
  const unique =
    '0020' +
    Array.from({ length: 32 }, () =>
      Math.floor(Math.random() * 256)
        .toString(16)
        .padStart(2, '0'),
    ).join('');
  const publicArea = `0001 000b 00030072 0000 0006 0080 0043 0010 0c00 00000000 ${unique}`.replace(/\s/g, '');
  const body = `40000007 00000009 40000009 0000 00 0000 0004 0000 0000 ${(publicArea.length / 2).toString(16).padStart(4, '0')} ${publicArea} 0000 00000000`;
  const bytes = body.replace(/\s/g, '').length / 2 + 10;
  return hex(`8002 ${bytes.toString(16).padStart(8, '0')} 00000131 ${body}`);
}

/** TPM2_FlushContext. */
export const flushContext = (handle: number) => hex(`8001 0000000e 00000165 ${handle.toString(16).padStart(8, '0')}`);

/** TPM2_ContextSave. */
export const contextSave = (handle: number) => hex(`8001 0000000e 00000162 ${handle.toString(16).padStart(8, '0')}`);

/** TPM2_PCR_Extend(PCR 20) with a SHA-256 digest of zeros, which takes a locality above 0. */
export const extendPcr20 = () =>
  hex(`8002 00000041 00000182 00000014 00000009 40000009 0000 00 0000 00000001 000b ${'00'.repeat(32)}`);
