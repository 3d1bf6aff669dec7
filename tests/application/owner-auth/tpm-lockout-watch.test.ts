import assert from 'node:assert/strict';
import type { OwnerTpm, TpmLockout } from '../../../ts-core/application/owner-auth/owner-tpm.js';
import { TpmLockoutWatch } from '../../../ts-core/application/owner-auth/tpm-lockout-watch.js';
import { quietLog } from '../../support/quiet-log.js';
import { recordedEvents } from '../../support/recorded-events.js';

function setUp() {
  const { events, told } = recordedEvents();
  const log = quietLog();
  let questions = 0;
  let state: Partial<TpmLockout> | Error = {};
  const lockout = async () => {
    questions++;
    if (state instanceof Error) throw state;
    return { lockedOut: false, failedTries: 0, maxTries: 32, ...state } as TpmLockout;
  };
  const watch = new TpmLockoutWatch({ lockout } as OwnerTpm, events, log);
  const afterFailure = async (next: Partial<TpmLockout> | Error) => {
    state = next;
    watch.commandEnded('authorizationFailure');
    await new Promise(setImmediate);
  };
  return { watch, afterFailure, messages: () => told.map(({ message }) => message), log, questions: () => questions };
}

describe('monitoring the TPM’s own lockout', () => {
  it('warns at three quarters of the tries, and not before', async () => {
    const { afterFailure, messages } = setUp();
    await afterFailure({ failedTries: 23 });
    assert.deepEqual(messages(), []);
    await afterFailure({ failedTries: 24 });
    assert.deepEqual(messages(), ['The TPM nears its own lockout: 24 of 32 failed tries.']);
  });

  it('warns once, and again after the TPM has forgotten enough of the tries', async () => {
    const { afterFailure, messages } = setUp();
    for (const failedTries of [24, 25, 26, 10, 24]) await afterFailure({ failedTries });
    assert.equal(messages().length, 2);
  });

  it('warns about a TPM that is locked out, whatever its count', async () => {
    const { afterFailure, messages } = setUp();
    await afterFailure({ lockedOut: true, failedTries: 0, maxTries: null });
    assert.match(messages()[0] ?? '', /is locked out/);
  });

  it('does not warn about a TPM that reports no limit', async () => {
    const { afterFailure, messages } = setUp();
    await afterFailure({ failedTries: 1000, maxTries: null });
    assert.deepEqual(messages(), []);
  });

  it('asks only after an authorization failure or a lockout, one question at a time', async () => {
    const { watch, questions } = setUp();
    watch.commandEnded('success');
    assert.equal(questions(), 0);
    watch.commandEnded('authorizationFailure');
    watch.commandEnded('hardwareLockout');
    assert.equal(questions(), 1);
    await new Promise(setImmediate);
    watch.commandEnded('hardwareLockout');
    assert.equal(questions(), 2);
    await new Promise(setImmediate);
  });

  it('logs that the TPM cannot be asked, and asks again the next time', async () => {
    const { afterFailure, messages, log } = setUp();
    await afterFailure(new Error('gone'));
    assert.equal(log.lines[0]?.level, 'warn');
    await afterFailure({ failedTries: 32 });
    assert.equal(messages().length, 1);
  });
});
