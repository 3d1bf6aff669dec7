import assert from 'node:assert/strict';
import { SlotEstimate } from '../../../../ts-core/domain/virtualization/tpm20/slot-estimate.js';

describe('the estimate of free slots', () => {
  it('is unlimited before the TPM has refused', () => {
    const slots = new SlotEstimate();
    slots.accepted(50);
    assert.deepEqual([slots.isFull(50), slots.mustEvictFirst(50)], [false, false]);
  });

  it('is reached with as many resources as fitted when the TPM rejected another', () => {
    const slots = new SlotEstimate();
    slots.refused(3);
    assert.deepEqual(
      [slots.isFull(2), slots.isFull(3), slots.mustEvictFirst(2), slots.mustEvictFirst(3)],
      [false, true, false, true],
    );
  });

  it('assumes one slot even if the TPM refuses with none in use', () => {
    const slots = new SlotEstimate();
    slots.refused(0);
    assert.deepEqual([slots.isFull(0), slots.isFull(1)], [false, true]);
  });

  it('grows when more fit than before, and never shrinks when the TPM accepts', () => {
    const slots = new SlotEstimate();
    slots.refused(3);
    slots.accepted(2);
    assert.equal(slots.isFull(3), true);
    slots.accepted(4);
    assert.deepEqual([slots.isFull(3), slots.isFull(4)], [false, true]);
  });

  it('lets the TPM be tried again once in 64 times', () => {
    const slots = new SlotEstimate();
    slots.refused(3);
    const answers = Array.from({ length: 128 }, () => slots.mustEvictFirst(3));
    assert.deepEqual(
      answers.flatMap((full, index) => (full ? [] : [index + 1])),
      [64, 128],
    );
  });

  it('can be reset', () => {
    const slots = new SlotEstimate();
    slots.refused(3);
    slots.forget();
    assert.equal(slots.isFull(100), false);
  });
});
