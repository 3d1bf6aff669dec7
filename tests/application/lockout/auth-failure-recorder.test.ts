import assert from 'node:assert/strict';
import { nodeHash } from '../../../ts-core/adapters/crypto/node-hash.js';
import {
  AuthFailureRecorder,
  type ResponseObserver,
} from '../../../ts-core/application/lockout/auth-failure-recorder.js';
import { LockoutService } from '../../../ts-core/application/lockout/lockout-service.js';
import { UnkeyedSessions } from '../../../ts-core/domain/lockout/unkeyed-sessions.js';
import { DEFAULT_POLICY_SETTINGS } from '../../../ts-core/domain/policy/settings.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { TPM_ORD, TPM_RESULT, TPM_TAG } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_CC, TPM_RC, TPM_RH } from '../../../ts-core/domain/tpm20/codes.js';
import { aboutSession } from '../../../ts-core/domain/tpm20/responses.js';
import { ALICE, ROOT } from '../../support/callers.js';
import { FakeClock } from '../../support/fake-clock.js';
import { MemoryStore } from '../../support/memory-store.js';
import { type PendingOptions, pendingCommand } from '../../support/pending-command.js';
import { quietLog } from '../../support/quiet-log.js';
import { recordedEvents } from '../../support/recorded-events.js';
import { command12, insideTransport } from '../../support/tpm12-commands.js';
import { authorized, createPrimary, getRandom, startAuthSession } from '../../support/tpm20-commands.js';

const BAD_AUTH = aboutSession(TPM_RC.BAD_AUTH, 0);
const LOCK_RESET = authorized('DictionaryAttackLockReset', [TPM_RH.LOCKOUT], []);

/** Records the commands, responses and handle counts that the recorder passes to the sessions. */
class RecordedSessions extends UnkeyedSessions {
  readonly told: [Uint8Array, Uint8Array, number][] = [];
  override answered(command: Uint8Array, response: Uint8Array, handleCount: number): void {
    this.told.push([command, response, handleCount]);
  }
}

function setUp(
  version: TpmVersion = '2.0',
  observers: readonly ResponseObserver[] = [],
  handles: readonly number[] | null = [TPM_RH.OWNER],
) {
  const [store, clock, log] = [new MemoryStore(), new FakeClock(), quietLog()];
  const { events } = recordedEvents(clock);
  const lockout = new LockoutService({ store, clock, events, settings: () => DEFAULT_POLICY_SETTINGS });
  const sessions = new RecordedSessions(nodeHash);
  const facts = { handlesOf: () => handles, sessions };
  const recorder = new AuthFailureRecorder(version, lockout, facts, observers, log);
  const records = (options: PendingOptions, code: number) =>
    recorder.record(pendingCommand({ version, ...options }).pending, errorResponse(version, code));
  const failures = () => lockout.summary().totalFailures;
  return { store, log, lockout, records, failures, sessions };
}

const guess = createPrimary({ hierarchy: 'owner', auth: 'guess' });

describe('an authorization failure', () => {
  it('counts against its caller, and is durable when the promise resolves', async () => {
    const { records, failures, store } = setUp();
    const durable = records({ command: guess }, BAD_AUTH);
    assert.ok(durable !== undefined);
    assert.equal(failures(), 1, 'at once, before the next command is judged');
    assert.equal(store.kept.size, 0);
    await durable;
    assert.equal(store.kept.size, 1);
  });

  it('does not count for an administrator', () => {
    const { records, failures } = setUp();
    assert.equal(records({ command: guess, caller: ROOT }, BAD_AUTH), undefined);
    assert.equal(failures(), 0);
  });

  it('does not count if the command carried no authorization', () => {
    const { records, failures } = setUp();
    assert.equal(records({ command: getRandom(8) }, BAD_AUTH), undefined);
    assert.equal(failures(), 0);
  });

  it('does not count if it was the empty password of the owner hierarchy', () => {
    const { records, failures } = setUp();
    assert.equal(records({ command: createPrimary({ hierarchy: 'owner' }) }, BAD_AUTH), undefined);
    assert.equal(failures(), 0);
  });

  it('is distinguished from every other result', () => {
    const { records, failures } = setUp();
    for (const code of [TPM_RC.SUCCESS, TPM_RC.LOCKOUT, TPM_RC.RETRY]) {
      assert.equal(records({ command: guess }, code), undefined);
    }
    assert.equal(failures(), 0);
  });

  it('counts on TPM 1.2 as well', () => {
    const { records, failures } = setUp('1.2');
    const command = command12(TPM_ORD.Unseal, new Uint8Array(60), TPM_TAG.RQU_AUTH1_COMMAND);
    void records({ command }, TPM_RESULT.AUTHFAIL);
    assert.equal(failures(), 1);
  });
});

describe('a reset of the TPM’s own lockout', () => {
  it('empties the ledger if an administrator’s succeeds, and is logged', async () => {
    const { records, failures, log } = setUp();
    await records({ command: guess }, BAD_AUTH);
    const emptied = records({ command: LOCK_RESET, caller: ROOT }, TPM_RC.SUCCESS);
    assert.ok(emptied !== undefined);
    await emptied;
    assert.equal(failures(), 0);
    assert.deepEqual(
      log.lines.map(({ level, fields }) => [level, fields]),
      [['info', { forgotten: 1 }]],
    );
  });

  it('empties nothing if it fails or comes from anybody else', async () => {
    const { records, failures } = setUp();
    await records({ command: guess }, BAD_AUTH);
    assert.equal(records({ command: LOCK_RESET, caller: ROOT }, TPM_RC.LOCKOUT), undefined);
    assert.equal(records({ command: LOCK_RESET, caller: ALICE }, TPM_RC.SUCCESS), undefined);
    assert.equal(failures(), 1);
  });

  it('is not recognized in any other command', async () => {
    const { records, failures } = setUp();
    await records({ command: guess }, BAD_AUTH);
    assert.equal(records({ command: guess, caller: ROOT }, TPM_RC.SUCCESS), undefined);
    assert.equal(failures(), 1);
  });

  it('is TPM_ResetLockValue on TPM 1.2, even inside a transport session', async () => {
    const reset = command12(TPM_ORD.ResetLockValue, new Uint8Array(45), TPM_TAG.RQU_AUTH1_COMMAND);
    for (const command of [reset, insideTransport(reset)]) {
      const { records, failures } = setUp('1.2');
      const wrong = command12(TPM_ORD.Unseal, new Uint8Array(60), TPM_TAG.RQU_AUTH1_COMMAND);
      await records({ command: wrong }, TPM_RESULT.AUTHFAIL);
      await records({ command, caller: ROOT }, TPM_RESULT.SUCCESS);
      assert.equal(failures(), 0);
    }
  });
});

describe('observers of results', () => {
  it('get each response with its class', () => {
    const seen: unknown[] = [];
    const observer: ResponseObserver = ({ header }, outcome, response) => {
      seen.push([header.code, outcome, response.length]);
      return undefined;
    };
    const { records } = setUp('2.0', [observer, observer]);
    assert.equal(records({}, TPM_RC.SUCCESS), undefined);
    assert.deepEqual(seen, [
      [TPM_CC.GetRandom, 'success', 10],
      [TPM_CC.GetRandom, 'success', 10],
    ]);
  });

  it('delay the response, together with the durable write of a failure', async () => {
    let settle = (): void => undefined;
    const observed = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const { records, store } = setUp('2.0', [() => undefined, () => observed]);
    const { put } = store;
    let write = (): void => undefined;
    store.put = async (...record) => {
      await new Promise<void>((resolve) => {
        write = resolve;
      });
      await put.apply(store, record);
    };
    let done = false;
    const durable = records({ command: guess }, BAD_AUTH)?.then(() => {
      done = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    settle();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(done, false, 'the failure is not durable yet');
    write();
    await durable;
    assert.equal(store.kept.size, 1);
  });

  it('delay the response even if nothing else does', async () => {
    let settle = (): void => undefined;
    const observed = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const { records } = setUp('2.0', [() => observed]);
    const durable = records({}, TPM_RC.SUCCESS);
    assert.equal(durable, observed);
    settle();
    await durable;
  });

  it('withhold the response if they fail', async () => {
    const { records } = setUp('2.0', [() => Promise.reject(new Error('ENOSPC'))]);
    await assert.rejects(records({ command: guess }, BAD_AUTH) ?? Promise.resolve(), /ENOSPC/);
  });
});

describe('the sessions in which callers may try the empty value', () => {
  const start = startAuthSession('hmac');
  const success = errorResponse('2.0', TPM_RC.SUCCESS);

  it('receive the answered commands that concern them, with the TPM’s handle count', () => {
    const { records, sessions } = setUp('2.0', [], [TPM_RH.NULL, TPM_RH.NULL]);
    records({ command: getRandom(8) }, TPM_RC.SUCCESS);
    assert.deepEqual(sessions.told, []);
    records({ command: start }, TPM_RC.SUCCESS);
    assert.deepEqual(sessions.told, [[start, success, 2]]);
  });

  it('receive a handle count of 0 if the TPM does not list the command', () => {
    const { records, sessions } = setUp('2.0', [], null);
    records({ command: start }, TPM_RC.SUCCESS);
    assert.deepEqual(sessions.told, [[start, success, 0]]);
  });

  it('do not exist on a TPM 1.2, whatever the bytes of a command', () => {
    const { records, sessions } = setUp('1.2');
    const command = command12(TPM_ORD.GetRandom);
    command.set(start.subarray(6, 10), 6);
    records({ command }, TPM_RESULT.SUCCESS);
    assert.deepEqual(sessions.told, []);
  });
});
