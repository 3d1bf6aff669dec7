import assert from 'node:assert/strict';
import { nodeCrypto12 as crypto } from '../../../ts-core/adapters/crypto/node-crypto12.js';
import { concat, sized, TruncatedFieldError, uint16, uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import { TPM_RESULT, TPM_TAG } from '../../../ts-core/domain/tpm12/codes.js';
import { readDictionaryAttackInfo, resetLockValue } from '../../../ts-core/domain/tpm12/dictionary-attack.js';
import { success } from '../../../ts-core/domain/tpm12/responses.js';
import { answered } from '../../support/answered-exchange.js';
import { assertDamageIsNoticed } from '../../support/damaged-answers.js';
import { Replay, toHex } from '../../support/tpm-conversations.js';
import { OWNER_SECRET } from '../../support/tpm12-client.js';

const capability = (...fields: readonly Uint8Array[]) => success(sized(concat(...fields)));

describe('the dictionary-attack state of a TPM 1.2', () => {
  const TIMEOUT = 1;
  /** TPM_DA_INFO: tag, state, count, threshold, action at the threshold (a state and bits), dependent value. */
  const info = (active: boolean, actions: number) =>
    capability(
      ...[uint16(TPM_TAG.DA_INFO), Uint8Array.of(active ? 1 : 0), uint16(3), uint16(9), uint16(0x0024)],
      ...[uint32(actions), uint32(600), uint32(0)],
    );
  const read = (answer: Uint8Array) => answered(readDictionaryAttackInfo(crypto), answer);

  it('has its counts, and the remaining time while it is locked and only time unlocks it', () => {
    const counts = { currentCount: 3, thresholdCount: 9 };
    assert.deepEqual(read(info(true, TIMEOUT)).result, { active: true, ...counts, remainingSeconds: 600 });
    assert.deepEqual(read(info(false, TIMEOUT)).result, { active: false, ...counts, remainingSeconds: undefined });
    assert.deepEqual(read(info(true, 2)).result, { active: true, ...counts, remainingSeconds: undefined });
    assert.deepEqual(read(info(true, 0)).sent.map(toHex), ['00c10000001400000065000000190000000200' + '04']);
  });

  it('is what a TPM reported', () => {
    const { active, currentCount, remainingSeconds } =
      new Replay('1.2', 'dictionary attack', readDictionaryAttackInfo).run() ?? {};
    assert.deepEqual([active, currentCount, remainingSeconds], [false, 0, undefined]);
  });

  it('is only whether it is locked if the TPM says no more', () => {
    const unknown = { currentCount: undefined, thresholdCount: undefined, remainingSeconds: undefined };
    for (const active of [true, false]) {
      const limited = capability(uint16(0x0038), Uint8Array.of(active ? 1 : 0), new Uint8Array(8));
      assert.deepEqual(read(limited).result, { active, ...unknown });
    }
  });

  it('is undefined for a TPM that does not report it, and an error if the answer is cut', () => {
    assert.equal(read(errorResponse('1.2', TPM_RESULT.BAD_MODE)).result, undefined);
    const whole = info(true, TIMEOUT);
    const end = whole.length - 4;
    for (let content = 0; content < end - 14; content++) {
      assert.throws(() => read(capability(whole.slice(14, 14 + content))), TruncatedFieldError, `${content} bytes`);
    }
  });
});

describe('the reset of the dictionary-attack logic of a TPM 1.2', () => {
  it('is the command that a TPM accepted, and any change of its answer is noticed', () => {
    const replay = new Replay('1.2', 'resetLockValue', (crypto12) => resetLockValue(crypto12, OWNER_SECRET));
    replay.run();
    assertDamageIsNoticed(replay);
  });
});
