import assert from 'node:assert/strict';
import { concat, uint16, uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { errorResponse, readUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import {
  EK_HANDLE,
  TPM_ALG,
  TPM_CAP,
  TPM_CC,
  TPM_PT,
  TPM_RC,
  TPMA_PERMANENT,
  TRANSIENT_FIRST,
} from '../../../ts-core/domain/tpm20/codes.js';
import { ekTemplate } from '../../../ts-core/domain/tpm20/keys.js';
import { readIdentityMarks } from '../../../ts-core/domain/tpm20/read-identity.js';
import { aboutHandle } from '../../../ts-core/domain/tpm20/responses.js';
import { sized16 } from '../../../ts-core/domain/tpm20/structures.js';
import { answered, success, successWithSession } from '../../support/answered-exchange.js';

const CERTIFICATE_INDEX = 0x01c0000a;
const CREATED = TRANSIENT_FIRST;
const CERTIFICATE = new Uint8Array(600).fill(7);

interface Tpm {
  readonly indices?: readonly number[];
  readonly certificateIsReadable?: boolean;
  readonly persistentKey?: Uint8Array;
  readonly endorsementAuthSet?: boolean;
  readonly isFull?: boolean;
}

const refused = (code: number) => errorResponse('2.0', code);
const refusedHandle = () => refused(aboutHandle(TPM_RC.HANDLE, 0));

function answer(tpm: Tpm, command: Uint8Array): Uint8Array {
  const created = ekTemplate('eccP256');
  switch (readUint32(command, 6)) {
    case TPM_CC.GetCapability: {
      const ofHandles = readUint32(command, 10) === TPM_CAP.HANDLES;
      const items = ofHandles
        ? (tpm.indices ?? [])
        : [TPM_PT.PERMANENT, tpm.endorsementAuthSet === true ? TPMA_PERMANENT.ENDORSEMENT_AUTH_SET : 0];
      const count = ofHandles ? items.length : 1;
      return success(Uint8Array.of(0), uint32(readUint32(command, 10)), uint32(count), ...items.map(uint32));
    }
    case TPM_CC.NV_ReadPublic: {
      const area = concat(uint32(CERTIFICATE_INDEX), uint16(TPM_ALG.SHA256), uint32(0), sized16(new Uint8Array()));
      return success(sized16(concat(area, uint16(CERTIFICATE.length))), sized16(new Uint8Array()));
    }
    case TPM_CC.NV_Read: {
      if (tpm.certificateIsReadable !== true) return refused(TPM_RC.NV_LOCKED);
      const size = ((command.at(-4) ?? 0) << 8) | (command.at(-3) ?? 0);
      return successWithSession(sized16(CERTIFICATE.subarray(0, size)));
    }
    case TPM_CC.ReadPublic: {
      // libtpms looks for a slot before it looks for the key.
      if (tpm.isFull === true) return refused(TPM_RC.OBJECT_MEMORY);
      const key = readUint32(command, 10) === EK_HANDLE ? tpm.persistentKey : created;
      return key === undefined ? refusedHandle() : success(sized16(key), sized16(new Uint8Array()));
    }
    case TPM_CC.TestParms:
      return success();
    case TPM_CC.CreatePrimary:
      return tpm.isFull === true ? refused(TPM_RC.OBJECT_MEMORY) : successWithSession(sized16(created), CREATED);
    case TPM_CC.FlushContext:
      return success();
    default:
      throw new Error(`unexpected command 0x${readUint32(command, 6).toString(16)}`);
  }
}

function read(tpm: Tpm) {
  const { result, sent } = answered(
    readIdentityMarks(),
    ...Array.from({ length: 12 }, () => (command: Uint8Array) => answer(tpm, command)),
  );
  return { marks: result, codes: sent.map((command) => readUint32(command, 6)) };
}

describe('the marks of a TPM 2.0', () => {
  it('are its first certificate, read whole, and nothing is created then', () => {
    const { marks, codes } = read({ indices: [CERTIFICATE_INDEX, 0x01c00013], certificateIsReadable: true });
    assert.deepEqual(marks, [{ kind: 'certificate-1c0000a', bytes: CERTIFICATE }]);
    assert.ok(!codes.includes(TPM_CC.CreatePrimary));
  });

  it('are none while a certificate that exists cannot be read', () => {
    assert.deepEqual(read({ indices: [CERTIFICATE_INDEX] }).marks, []);
  });

  it('are, without a certificate, an endorsement key that is created and flushed', () => {
    const { marks, codes } = read({});
    assert.deepEqual(
      marks.map(({ kind }) => kind),
      ['key-ecc'],
    );
    assert.equal(codes.at(-1), TPM_CC.FlushContext);
  });

  it('are the persistent key alone once the endorsement hierarchy has an authorization, which is never tried', () => {
    const { marks, codes } = read({ persistentKey: ekTemplate('rsa2048'), endorsementAuthSet: true });
    assert.deepEqual(marks, [{ kind: 'key-rsa', bytes: ekTemplate('rsa2048') }]);
    assert.ok(!codes.includes(TPM_CC.CreatePrimary));
  });

  it('are none while the slots of the TPM are full', () => {
    assert.deepEqual(read({ isFull: true }).marks, []);
  });
});
