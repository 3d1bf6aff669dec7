import assert from 'node:assert/strict';
import {
  CommandMeters,
  type EndedCommand,
  resultOfRefusal,
  resultOfResponse,
} from '../../../ts-core/application/commands/command-meter.js';
import { CommandActivityCounter } from '../../../ts-core/application/status/command-activity.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { ALICE, ROOT } from '../../support/callers.js';
import { commandServiceRig } from '../../support/command-service-rig.js';
import { FakeClock } from '../../support/fake-clock.js';
import { pendingCommand } from '../../support/pending-command.js';
import { command, getRandom } from '../../support/tpm20-commands.js';

describe('the counted result of a command', () => {
  it('distinguishes lists, lockout, cancelling and faults; every other refusal is one kind', () => {
    const results = {
      TPM_E_COMMAND_BLOCKED: 'blocked',
      TPM_E_EMBEDDED_COMMAND_BLOCKED: 'blocked',
      TPM_20_E_LOCKOUT: 'lockedOut',
      TPM_E_DEFEND_LOCK_RUNNING: 'lockedOut',
      TBS_E_COMMAND_CANCELED: 'cancelled',
      TBS_E_IOERROR: 'failed',
      TBS_E_INTERNAL_ERROR: 'failed',
      TBS_E_BAD_PARAMETER: 'refused',
      TBS_E_TOO_MANY_RESOURCES: 'refused',
    } as const;
    for (const [symbol, result] of Object.entries(results)) {
      assert.equal(resultOfRefusal(new TbsError(symbol as keyof typeof results)), result, symbol);
    }
  });

  it('distinguishes the TPM’s responses to authorizations', () => {
    assert.deepEqual((['success', 'authorizationFailure', 'hardwareLockout', 'other'] as const).map(resultOfResponse), [
      'success',
      'authorizationFailure',
      'tpmLockout',
      'tpmError',
    ]);
  });

  it('is reported to each observer until it stops, with the times if the TPM answered', () => {
    const meters = new CommandMeters('2.0');
    const counted: EndedCommand[] = [];
    const stop = meters.follow((ended) => counted.push(ended));
    const [others] = [meters.follow(() => assert.fail('it has stopped'))];
    others();
    const { pending } = pendingCommand({ caller: ALICE, responseClass: 'authorizationFailure' });
    const times = { waitMs: 3, durationMs: 20 };
    meters.ended(pending, { kind: 'response', response: new Uint8Array(10), appliedPriority: 200, ...times });
    meters.ended(pending, { kind: 'refused', error: new TbsError('TBS_E_COMMAND_CANCELED') });
    meters.refusedUnread(ROOT, new TbsError('TBS_E_BAD_PARAMETER'));
    stop();
    meters.refusedUnread(ROOT, new TbsError('TBS_E_BAD_PARAMETER'));
    assert.deepEqual(
      counted.map(({ code, callerClass, result, times: took }) => [code, callerClass, result, took?.waitMs]),
      [
        [TPM_CC.GetRandom, 'standardUser', 'authorizationFailure', 3],
        [TPM_CC.GetRandom, 'standardUser', 'cancelled', undefined],
        [undefined, 'administrator', 'refused', undefined],
      ],
    );
  });

  it('has no code for commands that the specification does not name, so that callers cannot fill tables', async () => {
    const { connect, service } = commandServiceRig({
      gate: { refusalAtSubmission: () => new TbsError('TPM_E_COMMAND_BLOCKED') },
    });
    const recent = new CommandActivityCounter(new FakeClock());
    service.follow((ended) => recent.count(ended));
    const { open, submit } = connect();
    const contextId = open();
    submit(contextId, { command: getRandom(8) });
    for (let code = 0x10000; code < 0x10000 + 1000; code++) submit(contextId, { command: command(code, []) });
    submit(contextId, { command: new Uint8Array(3) });
    assert.deepEqual(
      recent.during(1).commands.map(({ code, unanswered }) => [code, unanswered]),
      [
        [undefined, 1001],
        [TPM_CC.GetRandom, 1],
      ],
    );
  });
});
