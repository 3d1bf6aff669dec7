import assert from 'node:assert/strict';
import { lockoutError } from '../../../ts-core/application/commands/command-gate.js';
import { type GateVerdict, lockedOutUntilText } from '../../../ts-core/domain/lockout/lockout-gate.js';

describe('the time at which a lockout ends, as it is told', () => {
  const endsAt = (lockedOutUntil: number): Extract<GateVerdict, { open: false }> => {
    return { open: false, scope: 'user', lockedOutUntil, failures: 4, threshold: 4 };
  };

  it('is the next whole second, never before the gate opens', () => {
    assert.equal(lockedOutUntilText(Date.UTC(2026, 0, 1, 12, 0, 0, 1)), '2026-01-01T12:00:01.000Z');
    assert.equal(lockedOutUntilText(Date.UTC(2026, 0, 1, 12)), '2026-01-01T12:00:00.000Z');
    assert.equal(lockedOutUntilText(null), null);
  });

  it('is the same in every refusal, though two clocks are read, so that refusals can be told together', () => {
    const moment = Date.UTC(2026, 0, 1, 12, 0, 0, 500);
    const [first, second] = [moment, moment + 1].map((at) => lockoutError('2.0', endsAt(at)));
    assert.equal(first?.message, second?.message);
    assert.deepEqual(first?.details, second?.details);
  });
});
