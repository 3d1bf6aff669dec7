import assert from 'node:assert/strict';
import {
  describeCondition,
  type HandleRefusal,
  refusalByHandles,
} from '../../../ts-core/domain/filter/handle-rules.js';
import { TPM_RH, TRANSIENT_FIRST } from '../../../ts-core/domain/tpm20/codes.js';

const KEY = TRANSIENT_FIRST;

function refusal(handles: readonly number[] | null, condition?: Parameters<typeof refusalByHandles>[1]): HandleRefusal {
  const refused = refusalByHandles(handles, condition);
  assert.ok(refused !== undefined);
  assert.ok(refused.reason.length > 0);
  return refused;
}

describe('the rules about handles', () => {
  it('permanently refuse the lockout and the platform handle in any position, and name the handle', () => {
    for (const [handle, name] of [
      [TPM_RH.LOCKOUT, /^TPM_RH_LOCKOUT/],
      [TPM_RH.PLATFORM, /^TPM_RH_PLATFORM/],
      [TPM_RH.FW_PLATFORM, /^TPM_RH_PLATFORM/],
      [TPM_RH.SVN_PLATFORM_BASE + 0xffff, /^TPM_RH_PLATFORM/],
    ] as const) {
      const { reason, liftedByGrant } = refusal([KEY, handle]);
      assert.match(reason, name);
      assert.equal(liftedByGrant, false);
    }
    assert.equal(refusalByHandles([TPM_RH.SVN_PLATFORM_BASE + 0x10000], undefined), undefined);
  });

  it('permanently refuse handles that cannot be checked', () => {
    const { reason, liftedByGrant } = refusal(null);
    assert.match(reason, /^The TPM does not list this command/);
    assert.equal(liftedByGrant, false);
  });

  it('refuse the boot PCRs and TPM_RH_OWNER until the command is granted', () => {
    for (const pcr of [0, 15, 17, 22, 24]) {
      const { reason, liftedByGrant } = refusal([pcr], 'applicationPcrOnly');
      assert.match(reason, /^Only PCR 16 \(debug\) and 23/);
      assert.equal(liftedByGrant, true);
    }
    const { reason, liftedByGrant } = refusal([TPM_RH.OWNER], 'notAsOwner');
    assert.match(reason, /TPM_RH_OWNER/);
    assert.equal(liftedByGrant, true);
  });

  it('allow everything else', () => {
    for (const pcr of [16, 23]) assert.equal(refusalByHandles([pcr], 'applicationPcrOnly'), undefined);
    assert.equal(refusalByHandles([TPM_RH.OWNER], 'applicationPcrOnly'), undefined, 'no PCR');
    assert.equal(refusalByHandles([0], 'notAsOwner'), undefined);
    assert.equal(refusalByHandles([0, TPM_RH.OWNER], undefined), undefined);
    assert.equal(refusalByHandles([], 'notAsOwner'), undefined);
  });

  it('are described in words', () => {
    assert.equal(describeCondition('applicationPcrOnly'), 'only on PCR 16 and 23');
    assert.equal(describeCondition('notAsOwner'), 'not with TPM_RH_OWNER');
  });
});
