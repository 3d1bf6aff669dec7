import assert from 'node:assert/strict';
import { classifyResponse, type ResponseClass } from '../../../ts-core/domain/lockout/response-classification.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import {
  LOADED_SESSION_FIRST,
  RC_BIT,
  TPM_CC,
  TPM_RC,
  TPM_RH,
  TPM_RS_PW,
  TRANSIENT_FIRST,
} from '../../../ts-core/domain/tpm20/codes.js';
import { aboutHandle, aboutParameter, aboutSession } from '../../../ts-core/domain/tpm20/responses.js';
import { authorizationFacts } from '../../support/authorization-facts.js';
import { sessionCommand } from '../../support/tpm20-commands.js';

const { BAD_AUTH, AUTH_FAIL } = TPM_RC;
const { OWNER, LOCKOUT, ENDORSEMENT, PLATFORM, NULL } = TPM_RH;
const { CreatePrimary: CREATE_PRIMARY, NV_Certify: NV_CERTIFY } = TPM_CC;
const KEY = TRANSIENT_FIRST;
const HMAC_SESSION = LOADED_SESSION_FIRST;
const NV_INDEX = 0x01800001;

const emptyPassword = { handle: TPM_RS_PW, hmac: '' };
const somePassword = { handle: TPM_RS_PW, hmac: 'guess' };
const hmacSession = { handle: HMAC_SESSION, hmac: '' };

type Session = { readonly handle: number; readonly hmac: string };

function classOf(
  error: number,
  handles: readonly number[],
  sessions: readonly Session[],
  code: number = CREATE_PRIMARY,
): ResponseClass {
  const command = sessionCommand(code, handles, sessions);
  return classifyResponse(
    '2.0',
    errorResponse('2.0', error),
    { code, command },
    authorizationFacts(() => handles),
  );
}

function session(number: number, error: number = BAD_AUTH): number {
  return number === 0 ? error | RC_BIT.SESSION : aboutSession(error, number - 1);
}

describe('an empty password that the TPM rejects', () => {
  it('counts against nobody for the storage and endorsement hierarchies', () => {
    assert.equal(classOf(session(1), [OWNER], [emptyPassword]), 'other');
    assert.equal(classOf(session(1), [ENDORSEMENT], [emptyPassword]), 'other');
  });

  it('counts for every other handle, protected objects included', () => {
    for (const handle of [KEY, LOCKOUT, PLATFORM, NULL, NV_INDEX]) {
      assert.equal(classOf(session(1), [handle], [emptyPassword]), 'authorizationFailure', handle.toString(16));
    }
  });

  it('counts if it is not empty, or in an unknown session', () => {
    assert.equal(classOf(session(1), [OWNER], [somePassword]), 'authorizationFailure');
    assert.equal(classOf(session(1), [OWNER], [hmacSession]), 'authorizationFailure');
  });

  it('counts if the TPM rejects it as AUTH_FAIL, which it returns for protected objects', () => {
    assert.equal(classOf(session(1, AUTH_FAIL), [OWNER], [emptyPassword]), 'authorizationFailure');
  });

  it('counts if the TPM does not name the failed session', () => {
    for (const error of [
      BAD_AUTH,
      aboutHandle(BAD_AUTH, 0),
      session(0),
      aboutParameter(BAD_AUTH, 1),
      session(1) | RC_BIT.PARAMETER,
    ]) {
      assert.equal(classOf(error, [OWNER], [emptyPassword]), 'authorizationFailure', error.toString(16));
    }
  });

  it('is looked up in the failed session, which authorizes the handle in the same position', () => {
    const both = [KEY, OWNER, NV_INDEX];
    assert.equal(classOf(session(1), both, [emptyPassword, emptyPassword], NV_CERTIFY), 'authorizationFailure');
    assert.equal(classOf(session(2), both, [emptyPassword, emptyPassword], NV_CERTIFY), 'other');
    assert.equal(classOf(session(2), both, [emptyPassword, somePassword], NV_CERTIFY), 'authorizationFailure');
    assert.equal(classOf(session(2), [OWNER, KEY], [emptyPassword, emptyPassword]), 'authorizationFailure');
    assert.equal(classOf(session(2), [OWNER], [emptyPassword, hmacSession]), 'authorizationFailure', 'authorizes none');
    assert.equal(classOf(session(1), [OWNER], [emptyPassword, hmacSession]), 'other', 'the second one audits');
    assert.equal(classOf(session(3), [OWNER], [emptyPassword]), 'authorizationFailure', 'there is no third');
  });

  it('is not taken from the previous command, whose handles and sessions used the same buffer', () => {
    const earlier = () => classOf(session(1), [OWNER, OWNER, OWNER], [emptyPassword, emptyPassword, emptyPassword]);
    assert.equal(earlier(), 'other');
    assert.equal(
      classOf(session(2), [KEY, OWNER], [emptyPassword]),
      'authorizationFailure',
      'there is no second session',
    );
    assert.equal(earlier(), 'other');
    assert.equal(classOf(session(2), [OWNER], [emptyPassword, emptyPassword]), 'authorizationFailure', 'nor handle');
    assert.equal(earlier(), 'other');
    const cut = sessionCommand(CREATE_PRIMARY, [OWNER], [emptyPassword]).subarray(0, 20);
    const answered = { code: CREATE_PRIMARY, command: cut };
    assert.equal(
      classifyResponse(
        '2.0',
        errorResponse('2.0', session(1)),
        answered,
        authorizationFacts(() => [OWNER]),
      ),
      'authorizationFailure',
    );
  });

  it('counts if the TPM does not list the command, so that its handles are unknown', () => {
    const command = sessionCommand(CREATE_PRIMARY, [OWNER], [emptyPassword]);
    const outcome = classifyResponse(
      '2.0',
      errorResponse('2.0', session(1)),
      { code: 0, command },
      authorizationFacts(() => null),
    );
    assert.equal(outcome, 'authorizationFailure');
  });
});
