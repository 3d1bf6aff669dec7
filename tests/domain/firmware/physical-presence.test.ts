import assert from 'node:assert/strict';
import {
  CONFIRMATION_NAMES,
  mayRequest,
  NO_OPERATION,
  offeredOperations,
  operationName,
  resultName,
  transitionName,
} from '../../../ts-core/domain/firmware/physical-presence.js';

const CLEAR = 5;

describe('a request for physical presence', () => {
  const verdict = (state: number) => mayRequest(CLEAR, new Map([[CLEAR, state]]));

  it('is permitted if the platform lets the operating system make it, with or without the user', () => {
    assert.deepEqual(verdict(3), { permitted: true, userRequired: true });
    assert.deepEqual(verdict(4), { permitted: true, userRequired: false });
    assert.deepEqual(
      mayRequest(CLEAR, undefined),
      { permitted: true, userRequired: true },
      'the platform cannot be asked',
    );
    assert.deepEqual(mayRequest(NO_OPERATION, new Map()), { permitted: true, userRequired: true }, 'taking one back');
  });

  it('is refused otherwise, each time with its reason', () => {
    const reasons = [verdict(0), verdict(1), verdict(2), verdict(9), mayRequest(13, undefined)].map((refused) => {
      assert.ok(!refused.permitted);
      return refused.reason;
    });
    assert.equal(new Set(reasons).size, 4, 'a state that is not known is as good as not implemented');
    assert.equal(reasons[4], '13 is not an operation');
    assert.deepEqual(mayRequest(CLEAR, new Map()), verdict(0));
  });
});

describe('the operations that a platform offers', () => {
  it('are those that it implements, each with the confirmation that it requires', () => {
    const offered = offeredOperations(
      new Map([
        [CLEAR, 3],
        [6, 0],
        [14, 4],
        [200, 4],
      ]),
    );
    assert.deepEqual(offered, [
      { number: CLEAR, name: 'Clear', confirmation: 'UserRequired' },
      { number: 14, name: 'ClearEnableActivate', confirmation: 'UserNotRequired' },
    ]);
  });

  it('are all operations if the platform cannot be asked', () => {
    const offered = offeredOperations(undefined);
    assert.ok(offered.length > 20 && offered.every(({ confirmation }) => confirmation === 'Unknown'));
  });
});

describe('the names of the interface', () => {
  it('of operations are Windows’, or the number', () => {
    assert.deepEqual([operationName(CLEAR), operationName(130)], ['Clear', '130']);
  });

  it('of results distinguish the user’s refusal, the firmware’s and the TPM’s', () => {
    const names = [0, 0xfffffff0, 0xfffffff1, 1, 0xfff, 0x1000].map(resultName);
    assert.deepEqual(names, ['Success', 'UserAbort', 'FirmwareFailure', 'TpmError', 'TpmError', 'Unknown']);
  });

  it('of transitions and confirmations include one for unknown values', () => {
    assert.deepEqual([0, 1, 2, 3, 9].map(transitionName), [
      'None',
      'Shutdown',
      'Restart',
      'VendorSpecific',
      'VendorSpecific',
    ]);
    assert.equal(CONFIRMATION_NAMES[0], 'NotImplemented');
  });
});
