import assert from 'node:assert/strict';
import fc from 'fast-check';
import { classifyResponse, type ResponseClass } from '../../../ts-core/domain/lockout/response-classification.js';
import { errorResponse, writeUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import { TPM_ORD, TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import { RC_NUMBER, RESOURCE_MANAGER_LAYER, TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import { aboutHandle, aboutParameter, aboutSession } from '../../../ts-core/domain/tpm20/responses.js';
import { authorizationFacts } from '../../support/authorization-facts.js';
import { GET_RANDOM_12 } from '../../support/tpm12-commands.js';
import { GET_RANDOM_20 } from '../../support/tpm20-commands.js';

/** tss2_common.h, TSS2_TCTI_RC_LAYER: an error of the program's own connection to the broker. */
const TCTI_LAYER = 0x000a0000;
const { Sign: SIGN, ExecuteTransport: EXECUTE_TRANSPORT } = TPM_ORD;

function classOf20(code: number): ResponseClass {
  return classOfCommand(GET_RANDOM_20, code, 0);
}

/** Returns the class of this response to this command, which has this many handles. */
function classOfCommand(command: Uint8Array, code: number, handleCount = 1): ResponseClass {
  const facts = authorizationFacts(() => new Array<number>(handleCount).fill(0));
  return classifyResponse('2.0', errorResponse('2.0', code), { code: 0, command }, facts);
}

const noHandles = authorizationFacts(() => null);

function classOf12(code: number, ordinal: number = SIGN): ResponseClass {
  return classify12(errorResponse('1.2', code), ordinal);
}

function classify12(response: Uint8Array, ordinal: number): ResponseClass {
  return classifyResponse('1.2', response, { code: ordinal, command: GET_RANDOM_12 }, noHandles);
}

function transportResponse(outer: number, wrapped: number): Uint8Array {
  const response = new Uint8Array(36);
  writeUint32(response, 2, response.length);
  writeUint32(response, 6, outer);
  writeUint32(response, 22, 10);
  writeUint32(response, 28, 10);
  writeUint32(response, 32, wrapped);
  return response;
}

describe('classification of a response', () => {
  it('counts AUTH_FAIL and BAD_AUTH of TPM 2.0 with any handle, session or parameter number', () => {
    for (let number = 0; number <= 0xf; number += 1) {
      for (const error of [TPM_RC.AUTH_FAIL, TPM_RC.BAD_AUTH]) {
        assert.equal(classOf20(error | (number << RC_NUMBER.SHIFT)), 'authorizationFailure');
        assert.equal(classOf20(aboutParameter(error, number)), 'authorizationFailure');
      }
    }
  });

  it('does not count codes that only look alike', () => {
    const { LOCALITY, AUTH_MISSING, AUTH_TYPE, AUTH_UNAVAILABLE, NV_AUTHORIZATION, RETRY } = TPM_RC;
    const innocent = {
      ...{ LOCALITY, AUTH_MISSING, AUTH_TYPE, AUTH_UNAVAILABLE, NV_AUTHORIZATION, RETRY },
      POLICY_FAIL: aboutSession(TPM_RC.POLICY_FAIL, 0),
      HANDLE: aboutHandle(TPM_RC.HANDLE, 0),
    };
    for (const [name, code] of Object.entries(innocent)) assert.equal(classOf20(code), 'other', name);
  });

  it('does not count refusals by software above the TPM', () => {
    for (const code of [aboutSession(TPM_RC.AUTH_FAIL, 0), TPM_RC.LOCKOUT, TPM_RC.COMMAND_CODE]) {
      assert.equal(classOf20(RESOURCE_MANAGER_LAYER | code), 'other');
    }
    assert.equal(classOf20(TCTI_LAYER | TPM_RC.AUTH_FAIL), 'other');
  });

  it('recognizes the TPM’s own lockout', () => {
    assert.equal(classOf20(TPM_RC.LOCKOUT), 'hardwareLockout');
    assert.equal(classOf12(TPM_RESULT.DEFEND_LOCK_RUNNING), 'hardwareLockout');
    assert.equal(classOf20(0), 'success');
    assert.equal(classOf12(0), 'success');
  });

  it('counts TPM_AUTHFAIL and TPM_AUTH2FAIL of TPM 1.2 and nothing else', () => {
    fc.assert(
      fc.property(fc.nat(0xfff), (code) => {
        const failure = code === TPM_RESULT.AUTHFAIL || code === TPM_RESULT.AUTH2FAIL;
        assert.equal(classOf12(code) === 'authorizationFailure', failure);
      }),
      { numRuns: 1000, examples: [[TPM_RESULT.AUTHFAIL], [TPM_RESULT.AUTH2FAIL], [TPM_RESULT.E_COMMAND_BLOCKED]] },
    );
  });

  it('uses the inner result under TPM_ExecuteTransport, and the outer one if that failed', () => {
    const classOf = (outer: number, wrapped: number) =>
      classify12(transportResponse(outer, wrapped), EXECUTE_TRANSPORT);
    const { SUCCESS, AUTHFAIL, AUTH2FAIL, DEFEND_LOCK_RUNNING, RESOURCES } = TPM_RESULT;
    assert.equal(classOf(SUCCESS, AUTH2FAIL), 'authorizationFailure');
    assert.equal(classOf(SUCCESS, DEFEND_LOCK_RUNNING), 'hardwareLockout');
    assert.equal(classOf(SUCCESS, RESOURCES), 'other');
    assert.equal(classOf(SUCCESS, SUCCESS), 'success');
    assert.equal(classOf(AUTHFAIL, SUCCESS), 'authorizationFailure');
    assert.equal(
      classify12(transportResponse(SUCCESS, AUTHFAIL), SIGN),
      'success',
      'another command has nothing inside',
    );
  });

  it('never treats bytes that are too short for a response as a success', () => {
    for (let length = 0; length < 10; length++) {
      const cut = new Uint8Array(length);
      assert.equal(classifyResponse('2.0', cut, { code: 0, command: GET_RANDOM_20 }, noHandles), 'other');
      assert.equal(classify12(cut, SIGN), 'other');
    }
  });

  it('uses the outer result of a transport command without a command inside', () => {
    assert.equal(classify12(errorResponse('1.2', 0), EXECUTE_TRANSPORT), 'success');
    assert.equal(
      classify12(errorResponse('1.2', TPM_RESULT.DEFEND_LOCK_RUNNING), EXECUTE_TRANSPORT),
      'hardwareLockout',
    );
  });

  it('never throws, on any bytes', () => {
    const twoHandles = authorizationFacts(() => [0, 0]);
    const ordinal = fc.constantFrom(SIGN, EXECUTE_TRANSPORT);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), ordinal, (bytes, code) => {
        for (const version of ['1.2', '2.0'] as const) {
          const kind = classifyResponse(version, bytes, { code, command: bytes }, twoHandles);
          assert.ok(['success', 'authorizationFailure', 'hardwareLockout', 'other'].includes(kind));
        }
      }),
      { numRuns: 1000 },
    );
  });
});
