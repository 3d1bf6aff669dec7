import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodePendingChange, encodePendingChange } from '../../../ts-core/domain/owner-auth/pending-change.js';

describe('the record of a change in progress', () => {
  it('reads back as it was written', () => {
    const phase = fc.constantFrom('changing', 'changingFromOld', 'committing', 'unbacked' as const);
    const oldValue = fc.option(fc.uint8Array({ maxLength: 64 }), { nil: undefined });
    fc.assert(
      fc.property(phase, fc.uint8Array({ minLength: 20, maxLength: 20 }), oldValue, (phaseName, newValue, old) => {
        const change = { phase: phaseName, newValue, oldValue: old } as const;
        assert.deepEqual(decodePendingChange(encodePendingChange(change as never)), change);
      }),
    );
  });

  it('is empty for other bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => void decodePendingChange(bytes)));
    assert.equal(decodePendingChange(new Uint8Array(3)), undefined);
    assert.equal(decodePendingChange(new Uint8Array(24)), undefined);
  });

  it('is empty if its format or phase is unknown or its end is missing', () => {
    const whole = encodePendingChange({
      phase: 'committing',
      newValue: new Uint8Array(20).fill(1),
      oldValue: new Uint8Array(20),
    });
    assert.ok(decodePendingChange(whole) !== undefined);
    const changed = (at: number, value: number) => {
      const bytes = whole.slice();
      bytes[at] = value;
      return decodePendingChange(bytes);
    };
    assert.equal(changed(0, 2), undefined, 'format');
    assert.equal(changed(1, 4), undefined, 'phase');
    assert.equal(changed(23, 19), undefined, 'length of the old value');
    for (let length = 0; length < whole.length; length++) {
      assert.equal(decodePendingChange(whole.slice(0, length)), undefined, `${length} bytes`);
    }
    assert.equal(decodePendingChange(Uint8Array.from([...whole, 0])), undefined, 'one byte more');
  });
});
