import assert from 'node:assert/strict';
import {
  dictionaryAttackLockReset,
  setDictionaryAttackParameters,
} from '../../../ts-core/domain/tpm20/dictionary-attack.js';
import { LOCKOUT_AUTH, LOCKOUT_PARAMETERS } from '../../fixtures/tpm-conversations/recorded-facts.js';
import { answered, successWithSession } from '../../support/answered-exchange.js';
import { Replay, toHex } from '../../support/tpm-conversations.js';

/** The lockout hierarchy, and its password session with the value 5a. */
const LOCKOUT_WITH_5A = ['4000000a', '0000000a', '40000009', '0000', '01', '0001', '5a'];

describe('the dictionary-attack logic of a TPM 2.0', () => {
  it('is reset with the lockout authorization', () => {
    const { sent } = answered(dictionaryAttackLockReset(Uint8Array.of(0x5a)), successWithSession());
    assert.deepEqual(sent.map(toHex), [['8002', '0000001c', '00000139', ...LOCKOUT_WITH_5A].join('')]);
  });

  it('gets the tries, the recovery time and the lockout recovery, in this order', () => {
    const parameters = { maxTries: 32, recoverySeconds: 600, lockoutRecoverySeconds: 86_400 };
    const { sent } = answered(setDictionaryAttackParameters(Uint8Array.of(0x5a), parameters), successWithSession());
    const numbers = ['00000020', '00000258', '00015180'];
    assert.deepEqual(sent.map(toHex), [['8002', '00000028', '0000013a', ...LOCKOUT_WITH_5A, ...numbers].join('')]);
  });

  it('is reset and configured by the commands that a TPM accepted', () => {
    new Replay('2.0', 'dictionaryAttackLockReset', () => dictionaryAttackLockReset(LOCKOUT_AUTH)).run();
    new Replay('2.0', 'setDictionaryAttackParameters', () =>
      setDictionaryAttackParameters(LOCKOUT_AUTH, LOCKOUT_PARAMETERS),
    ).run();
  });
});
