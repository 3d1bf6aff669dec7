import assert from 'node:assert/strict';
import { concat, TruncatedFieldError } from '../../../ts-core/domain/tpm/byte-fields.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import { TPM_RC, TRANSIENT_FIRST } from '../../../ts-core/domain/tpm20/codes.js';
import { seal, unseal } from '../../../ts-core/domain/tpm20/sealed-data.js';
import { sized16 } from '../../../ts-core/domain/tpm20/structures.js';
import { SEALED } from '../../fixtures/tpm-conversations/recorded-facts.js';
import { answered, success, successWithSession } from '../../support/answered-exchange.js';
import { truncationsOf } from '../../support/damaged-answers.js';
import { Replay, toHex } from '../../support/tpm-conversations.js';

/** The storage root key and its password session, with the empty authorization. */
const UNDER_SRK = ['81000001', '00000009', '40000009', '0000', '01', '0000'];
const [PRIVATE, PUBLIC] = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)];
const BLOB = concat(sized16(PRIVATE), sized16(PUBLIC));
const HANDLE = TRANSIENT_FIRST + 1;
const LOADED = successWithSession(sized16(new Uint8Array(34)), HANDLE);

describe('sealing on a TPM 2.0', () => {
  it('creates a data object under the storage root key, bound to no PCR and exempt from the lockout', () => {
    const created = successWithSession(concat(BLOB, new Uint8Array(20)));
    const { result, sent } = answered(seal(Uint8Array.of(0x5a, 0x5b)), created);
    assert.deepEqual(result, BLOB);
    const sensitive = ['0006', '0000', '0002', '5a5b'];
    const fixedTpmFixedParentUserWithAuthNoDa = '00000452';
    const template = ['000e', '0008', '000b', fixedTpmFixedParentUserWithAuthNoDa, '0000', '0010', '0000'];
    assert.deepEqual(sent.map(toHex), [
      ['8002', '00000039', '00000153', ...UNDER_SRK, ...sensitive, ...template, '0000', '00000000'].join(''),
    ]);
  });

  it('returns nothing from an answer that ends too early', () => {
    const created = successWithSession(BLOB);
    for (const cut of truncationsOf(created, created.length - 5)) {
      assert.throws(() => answered(seal(PRIVATE), cut), TruncatedFieldError, `${cut.length} bytes`);
    }
  });

  it('leaves the data to its caller, who wipes it', () => {
    const data = Uint8Array.of(0x5a);
    answered(seal(data), successWithSession(BLOB));
    assert.deepEqual(data, Uint8Array.of(0x5a));
  });
});

describe('unsealing on a TPM 2.0', () => {
  const unsealed = successWithSession(sized16(Uint8Array.of(0x5a)));

  it('loads the object, reads it, and flushes it', () => {
    const { result, sent } = answered(unseal(BLOB), LOADED, unsealed, success());
    assert.deepEqual(result, Uint8Array.of(0x5a));
    assert.deepEqual(sent.map(toHex), [
      ['8002', '00000024', '00000157', ...UNDER_SRK, toHex(BLOB)].join(''),
      ['8002', '0000001b', '0000015e', '80000001', ...UNDER_SRK.slice(1)].join(''),
      ['8001', '0000000e', '00000165', '80000001'].join(''),
    ]);
  });

  it('uses the commands that a TPM accepted', () => {
    const sealed = new Replay('2.0', 'seal', () => seal(SEALED)).run();
    assert.deepEqual(new Replay('2.0', 'unseal', () => unseal(sealed)).run(), SEALED);
    const onAClearedTpm = new Replay('2.0', 'unseal after a clear', () => unseal(sealed));
    assert.throws(() => onAClearedTpm.run(), { name: 'Tpm20CommandError' });
  });

  it('flushes the object even if the TPM does not unseal it', () => {
    const sent: string[] = [];
    const noting = (answer: Uint8Array) => (command: Uint8Array) => {
      sent.push(toHex(command.subarray(6, 10)));
      return answer;
    };
    const refused = errorResponse('2.0', TPM_RC.FAILURE);
    const exchange = () => answered(unseal(BLOB), noting(LOADED), noting(refused), noting(success()));
    assert.throws(exchange, { responseCode: TPM_RC.FAILURE });
    assert.deepEqual(sent, ['00000157', '0000015e', '00000165']);
  });

  it('sends nothing for a blob that is cut', () => {
    for (let length = 0; length < BLOB.length; length++) {
      assert.throws(() => unseal(BLOB.subarray(0, length)).next(), TruncatedFieldError, `${length} bytes`);
    }
  });
});
