/**
 * Reads the identity of a TPM 2.0, without any authorization: from the certificate of the endorsement key, or, where
 * the manufacturer stored none, from the endorsement key itself. TCG EK Credential Profile for TPM Family 2.0, 2.2.1.4
 * and annex B.3.
 */
import { HEADER_BYTES, readUint32, responseCodeOf } from '../tpm/command-header.js';
import type { Exchange } from '../tpm/exchange.js';
import type { IdentityMark } from '../tpm/tpm-identity.js';
import { Tpm20CommandError } from './authorized-command.js';
import { EK_CERTIFICATE_INDICES, EK_HANDLE, TPM_CAP, TPM_RH } from './codes.js';
import { getCapability } from './commands.js';
import { readNvIndex } from './endorsement-certificate.js';
import {
  createPrimary,
  ekTemplate,
  flushObject,
  type KeyAlgorithm,
  offersKey,
  readPublic,
  readPublicKey,
} from './keys.js';
import { readPermanentState } from './permanent-state.js';

const NO_AUTH = new Uint8Array();
const HIGHEST_CERTIFICATE_INDEX = Math.max(...EK_CERTIFICATE_INDICES);
const LOWEST_CERTIFICATE_INDEX = Math.min(...EK_CERTIFICATE_INDICES);

/**
 * Returns nothing if the TPM shows nothing, or does not let its certificate or its key be read at the moment: what an
 * earlier run of the broker left may fill its slots, and reading a persistent key takes one too.
 */
export function* readIdentityMarks(): Exchange<readonly IdentityMark[]> {
  const defined = yield* definedCertificateIndices();
  for (const index of defined) {
    const certificate = yield* readNvIndex(index);
    if (certificate !== undefined) return [{ kind: `certificate-${index.toString(16)}`, bytes: certificate }];
  }
  if (defined.length > 0) return [];
  const marks = [yield* persistentKeyMark(), yield* createdKeyMark()];
  return marks.filter((mark) => mark !== undefined);
}

function* definedCertificateIndices(): Exchange<readonly number[]> {
  const count = HIGHEST_CERTIFICATE_INDEX - LOWEST_CERTIFICATE_INDEX + 1;
  const response = yield getCapability(TPM_CAP.HANDLES, LOWEST_CERTIFICATE_INDEX, count);
  if (responseCodeOf(response) !== 0) return [];
  const defined = new Set<number>();
  // moreData (1), capability (4), count (4), then handles.
  for (let offset = HEADER_BYTES + 9; offset + 4 <= response.length; offset += 4) {
    defined.add(readUint32(response, offset));
  }
  return EK_CERTIFICATE_INDICES.filter((index) => defined.has(index));
}

/** Returns the endorsement key that provisioning made persistent, also once the hierarchy has an authorization. */
function persistentKeyMark(): Exchange<IdentityMark | undefined> {
  return unlessRejected(() => readPublic(EK_HANDLE));
}

/** Creates an endorsement key: ECC, which takes a moment, or RSA if the TPM has no other, which may take seconds. */
function* createdKeyMark(): Exchange<IdentityMark | undefined> {
  if ((yield* readPermanentState()).endorsementAuthSet) return undefined;
  const algorithm: KeyAlgorithm = (yield* offersKey('eccP256')) ? 'eccP256' : 'rsa2048';
  return yield* unlessRejected(function* () {
    const handle = yield* createPrimary(TPM_RH.ENDORSEMENT, NO_AUTH, ekTemplate(algorithm));
    const publicArea = yield* readPublic(handle);
    yield* flushObject(handle);
    return publicArea;
  });
}

/** Returns the mark of the key whose TPMT_PUBLIC `read` returns; undefined if there is none, or the TPM rejects this. */
function* unlessRejected(read: () => Exchange<Uint8Array | undefined>): Exchange<IdentityMark | undefined> {
  try {
    const publicArea = yield* read();
    return publicArea && keyMark(publicArea);
  } catch (error) {
    if (error instanceof Tpm20CommandError) return undefined;
    throw error;
  }
}

/** An RSA key and an ECC key of one TPM have nothing in common, so each is a kind of its own. */
function keyMark(publicArea: Uint8Array): IdentityMark {
  return { kind: `key-${readPublicKey(publicArea).algorithm}`, bytes: publicArea };
}
