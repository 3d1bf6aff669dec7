import assert from 'node:assert/strict';
import { SHARE_MEMORY_MS, TpmShare } from '../../../ts-core/domain/scheduling/tpm-share.js';

function isClose(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual}, not ${expected}`);
}

describe('a user’s share of the TPM', () => {
  it('is 0 without use, and near 1 for a user who has had it all the time', () => {
    const share = new TpmShare();
    assert.equal(share.of(1000), 0);
    for (let nowMs = 1000; nowMs < 2000; nowMs += 10) share.used(10, nowMs);
    assert.ok(share.of(1990) > 0.999 && share.of(1990) <= 1);
  });

  it('grows with the time used, and decays by 1/e in the time constant', () => {
    const share = new TpmShare();
    share.used(SHARE_MEMORY_MS, 5000);
    isClose(share.of(5000), 1 - 1 / Math.E);
    isClose(share.of(5000 + SHARE_MEMORY_MS), (1 - 1 / Math.E) / Math.E);
  });

  it('adds new use to the decayed share', () => {
    const share = new TpmShare();
    share.used(10, 5000);
    const before = share.of(5020);
    share.used(10, 5020);
    isClose(share.of(5020), before + 1 - Math.exp(-10 / SHARE_MEMORY_MS));
  });

  it('never exceeds 1, and is not changed by a time before the last', () => {
    const share = new TpmShare();
    share.used(1e6, 5000);
    share.used(1e6, 5000);
    assert.equal(share.of(5000), 1);
    assert.equal(share.of(4000), 1);
    share.used(-5, 5000);
    assert.equal(share.of(5000), 1);
  });
});
