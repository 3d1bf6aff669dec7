/**
 * Reads the values of PCRs. TPM 2.0 Part 3, 22.4 TPM2_PCR_Read; TPM 1.2 Part 3, 16.2 TPM_PCRRead.
 */
import * as tpm12 from '../tpm12/commands.js';
import { TPM_ALG } from '../tpm20/codes.js';
import * as tpm20 from '../tpm20/commands.js';
import { HEADER_BYTES, readUint16, readUint32, responseCodeOf } from './command-header.js';
import type { Exchange } from './exchange.js';
import type { TpmVersion } from './tpm-version.js';

const SHA1_BYTES = 20;

/** By TPM_ALG_ID and PCR index; a bank that the TPM does not have is absent. */
export type PcrBanks = Map<number, Map<number, Uint8Array>>;

export function* readPcrs(version: TpmVersion, wanted: ReadonlyMap<number, readonly number[]>): Exchange<PcrBanks> {
  const banks: PcrBanks = new Map();
  for (const [algorithmId, indexes] of wanted) {
    const values =
      version === '2.0'
        ? yield* readBank20(algorithmId, indexes)
        : algorithmId === TPM_ALG.SHA1
          ? yield* readBank12(indexes)
          : new Map<number, Uint8Array>();
    if (values.size > 0) banks.set(algorithmId, values);
  }
  return banks;
}

/** A TPM returns as many as fit into one response (usually eight) and says which; then the rest is requested. */
function* readBank20(algorithmId: number, indexes: readonly number[]): Exchange<Map<number, Uint8Array>> {
  const values = new Map<number, Uint8Array>();
  let left = indexes;
  while (left.length > 0) {
    const response = yield tpm20.pcrRead(algorithmId, left);
    const read = responseCodeOf(response) === 0 ? readAnswer(response) : new Map<number, Uint8Array>();
    if (read.size === 0) break;
    for (const [index, value] of read) values.set(index, value);
    const stillLeft = left.filter((index) => !values.has(index));
    if (stillLeft.length === left.length) break;
    left = stillLeft;
  }
  return values;
}

/** pcrUpdateCounter (4), TPML_PCR_SELECTION of one bank, TPML_DIGEST in the selection's order. */
function readAnswer(response: Uint8Array): Map<number, Uint8Array> {
  const values = new Map<number, Uint8Array>();
  const selectionAt = HEADER_BYTES + 8;
  if (response.length < selectionAt + 3) return values;
  const selectBytes = response[selectionAt + 2] as number;
  const digestsAt = selectionAt + 3 + selectBytes;
  if (response.length < digestsAt + 4) return values;
  const count = readUint32(response, digestsAt);
  const selected = selectedIndexes(response.subarray(selectionAt + 3, digestsAt));
  let offset = digestsAt + 4;
  for (const index of selected.slice(0, count)) {
    if (offset + 2 > response.length) break;
    const end = offset + 2 + readUint16(response, offset);
    if (end > response.length) break;
    values.set(index, response.slice(offset + 2, end));
    offset = end;
  }
  return values;
}

function selectedIndexes(bits: Uint8Array): readonly number[] {
  const indexes: number[] = [];
  for (let index = 0; index < 8 * bits.length; index++) {
    if (((bits[index >> 3] as number) & (1 << (index & 7))) !== 0) indexes.push(index);
  }
  return indexes;
}

function* readBank12(indexes: readonly number[]): Exchange<Map<number, Uint8Array>> {
  const values = new Map<number, Uint8Array>();
  for (const index of indexes) {
    const response = yield tpm12.pcrRead(index);
    if (responseCodeOf(response) !== 0 || response.length < HEADER_BYTES + SHA1_BYTES) continue;
    values.set(index, response.slice(HEADER_BYTES, HEADER_BYTES + SHA1_BYTES));
  }
  return values;
}
