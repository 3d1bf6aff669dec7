import assert from 'node:assert/strict';
import {
  BusyError,
  InsufficientAccessError,
  InvalidCredentialsError,
  NoSuchAttributeError,
  NoSuchObjectError,
  ObjectClassViolationError,
  StrongAuthRequiredError,
  TimeLimitExceededError,
} from 'ldapts';
import { translateFailure } from '../../../ts-core/adapters/directory/directory-failure.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';

const withCode = (code: string) => Object.assign(new Error('secret of the platform'), { code });

const CASES: readonly (readonly [Error, string])[] = [
  [new NoSuchAttributeError(), 'schemaMissing'],
  [new ObjectClassViolationError(), 'schemaMissing'],
  [new InsufficientAccessError(), 'noRight'],
  [new InvalidCredentialsError(), 'wrongCredentials'],
  [new StrongAuthRequiredError(), 'tls'],
  [new NoSuchObjectError(), 'notJoined'],
  [new TimeLimitExceededError(), 'timeout'],
  [new BusyError(), 'noServer'],
  [withCode('ECONNREFUSED'), 'noServer'],
  [withCode('ENOTFOUND'), 'noServer'],
  [withCode('ETIMEDOUT'), 'timeout'],
  [withCode('CERT_HAS_EXPIRED'), 'tls'],
  [withCode('ERR_TLS_CERT_ALTNAME_INVALID'), 'tls'],
  [withCode('SELF_SIGNED_CERT_IN_CHAIN'), 'tls'],
];

describe('a failure of the directory', () => {
  for (const [error, reason] of CASES) {
    it(`is reported as ${reason}: ${error.name} ${'code' in error ? error.code : ''}`, () => {
      const told = translateFailure(error, 'dc1.corp.example');
      assert.equal(told.symbol, 'TBS_E_PROVISIONING_NOT_ALLOWED');
      assert.deepEqual(told.details, { reason, server: 'dc1.corp.example' });
      assert.equal(told.cause, error);
      assert.ok(!told.message.includes('secret of the platform'), 'the platform’s own text is for the log');
    });
  }

  it('is translated only once', () => {
    const told = new TbsError('TBS_E_PROVISIONING_NOT_ALLOWED', { details: { reason: 'noRight' } });
    assert.equal(translateFailure(told, 'dc1.corp.example'), told);
  });
});
