import assert from 'node:assert/strict';
import fc from 'fast-check';
import { classifyResponse, type ResponseClass } from '../../../ts-core/domain/lockout/response-classification.js';
import { errorResponse, writeUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import { authorizationFacts } from '../../support/authorization-facts.js';
import { GET_RANDOM_12 } from '../../support/tpm12-commands.js';
import { GET_RANDOM_20 } from '../../support/tpm20-commands.js';

const EXECUTE_TRANSPORT = 231;

function classOf20(code: number): ResponseClass {
  return classOfCommand(GET_RANDOM_20, code, 0);
}

/** Returns the class of this response to this command, which has this many handles. */
function classOfCommand(command: Uint8Array, code: number, handleCount = 1): ResponseClass {
  const facts = authorizationFacts(() => new Array<number>(handleCount).fill(0));
  return classifyResponse('2.0', errorResponse('2.0', code), { code: 0, command }, facts);
}

const noHandles = authorizationFacts(() => null);

function classOf12(code: number, ordinal = 60): ResponseClass {
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
      for (const error of [0x08e, 0x0a2]) {
        assert.equal(classOf20(error | (number << 8)), 'authorizationFailure');
        assert.equal(classOf20(error | (number << 8) | 0x40), 'authorizationFailure');
      }
    }
  });

  it('does not count codes that only look alike', () => {
    const innocent = {
      LOCALITY: 0x907,
      POLICY_FAIL: 0x99d,
      AUTH_MISSING: 0x125,
      AUTH_TYPE: 0x124,
      AUTH_UNAVAILABLE: 0x12f,
      NV_AUTHORIZATION: 0x149,
      HANDLE: 0x18b,
      RETRY: 0x922,
    };
    for (const [name, code] of Object.entries(innocent)) assert.equal(classOf20(code), 'other', name);
  });

  it('does not count refusals by software above the TPM', () => {
    for (const code of [0x000c098e, 0x000c0921, 0x000c0143, 0x000a008e]) assert.equal(classOf20(code), 'other');
  });

  it('recognizes the TPM’s own lockout', () => {
    assert.equal(classOf20(0x921), 'hardwareLockout');
    assert.equal(classOf12(0x803), 'hardwareLockout');
    assert.equal(classOf20(0), 'success');
    assert.equal(classOf12(0), 'success');
  });

  it('counts TPM_AUTHFAIL and TPM_AUTH2FAIL of TPM 1.2 and nothing else', () => {
    fc.assert(
      fc.property(fc.nat(0xfff), (code) => {
        const failure = code === 1 || code === 0x1d;
        assert.equal(classOf12(code) === 'authorizationFailure', failure);
      }),
      { numRuns: 1000, examples: [[1], [0x1d], [0x400]] },
    );
  });

  it('uses the inner result under TPM_ExecuteTransport, and the outer one if that failed', () => {
    const classOf = (outer: number, wrapped: number) =>
      classify12(transportResponse(outer, wrapped), EXECUTE_TRANSPORT);
    assert.equal(classOf(0, 0x1d), 'authorizationFailure');
    assert.equal(classOf(0, 0x803), 'hardwareLockout');
    assert.equal(classOf(0, 0x15), 'other');
    assert.equal(classOf(0, 0), 'success');
    assert.equal(classOf(1, 0), 'authorizationFailure');
    assert.equal(classify12(transportResponse(0, 1), 60), 'success', 'another command has nothing inside');
  });

  it('takes nothing for a success that is too short for a response', () => {
    for (let length = 0; length < 10; length++) {
      const cut = new Uint8Array(length);
      assert.equal(classifyResponse('2.0', cut, { code: 0, command: GET_RANDOM_20 }, noHandles), 'other');
      assert.equal(classify12(cut, 60), 'other');
    }
  });

  it('uses the outer result of a transport command without a command inside', () => {
    assert.equal(classify12(errorResponse('1.2', 0), EXECUTE_TRANSPORT), 'success');
    assert.equal(classify12(errorResponse('1.2', 0x803), EXECUTE_TRANSPORT), 'hardwareLockout');
  });

  it('never throws, on any bytes', () => {
    const twoHandles = authorizationFacts(() => [0, 0]);
    const ordinal = fc.constantFrom(60, EXECUTE_TRANSPORT);
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
