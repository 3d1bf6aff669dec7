/** Reads NV indices; those that hold the certificates of the endorsement keys. TCG EK Credential Profile 2.2.1.4. */
import { concat, FieldReader, uint16 } from '../tpm/byte-fields.js';
import type { Exchange } from '../tpm/exchange.js';
import { EMPTY_AUTH, runCommand, Tpm20CommandError } from './authorized-command.js';
import { TPM_CC } from './codes.js';
import { readSized16 } from './structures.js';

/** How much every TPM returns in one response: by the PC Client profile TPM_PT_NV_BUFFER_MAX is at least 512. */
const CHUNK_BYTES = 512;

/** Reads an index with the empty authorization value; undefined when it does not exist or cannot be read. */
export function* readNvIndex(index: number): Exchange<Uint8Array | undefined> {
  try {
    const sizeBytes = yield* readNvSize(index);
    const parts: Uint8Array[] = [];
    for (let offset = 0; offset < sizeBytes; offset += CHUNK_BYTES) {
      const { parameters } = yield* runCommand({
        code: TPM_CC.NV_Read,
        handles: [index, index],
        auths: [EMPTY_AUTH],
        parameters: concat(uint16(Math.min(CHUNK_BYTES, sizeBytes - offset)), uint16(offset)),
      });
      parts.push(readSized16(parameters).slice());
    }
    return concat(...parts);
  } catch (error) {
    if (error instanceof Tpm20CommandError) return undefined;
    throw error;
  }
}

/** TPMS_NV_PUBLIC: index (4), nameAlg (2), attributes (4), policy, dataSize (2). */
function* readNvSize(index: number): Exchange<number> {
  const { parameters } = yield* runCommand({ code: TPM_CC.NV_ReadPublic, handles: [index] });
  const reader = new FieldReader(readSized16(parameters));
  reader.bytes(10);
  readSized16(reader);
  return reader.uint16();
}
