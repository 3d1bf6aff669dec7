import assert from 'node:assert/strict';
import { CommandCompletion, isCancelledResponse } from '../../../ts-core/application/commands/command-completion.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import { TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_CC, TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import { type PendingOptions, pendingCommand, type Submitted } from '../../support/pending-command.js';
import { quietLog } from '../../support/quiet-log.js';

const SUCCESS = errorResponse('2.0', TPM_RC.SUCCESS);
const TIMES = { startedAtMs: 1_000_030, durationMs: 12 };

function setUp() {
  const log = quietLog();
  const completion = new CommandCompletion(log);
  let timersCancelled = 0;
  const command = (options: PendingOptions = {}) =>
    pendingCommand({ deadline: { cancel: () => void timersCancelled++ }, ...options });
  return { completion, log, command, timersCancelled: () => timersCancelled };
}

function endsOf({ answers }: Submitted): string[] {
  return answers.map((answer) => (answer.kind === 'refused' ? answer.error.symbol : 'response'));
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('the completion of a command', () => {
  it('answers with the response, the applied priority and the times', () => {
    const { completion, command } = setUp();
    const submitted = command({ priority: 300, submittedAtMs: 1_000_000 });
    completion.response(submitted.pending, SUCCESS, TIMES, undefined);
    assert.deepEqual(submitted.answers, [
      { kind: 'response', response: SUCCESS, appliedPriority: 300, waitMs: 30, durationMs: 12 },
    ]);
    assert.equal(submitted.pending.state, 'answered');
    assert.deepEqual(completion.totals, { completed: 1, refused: 0, cancelled: 0 });
  });

  it('answers a refused command with its error', () => {
    const { completion, command } = setUp();
    const submitted = command();
    completion.refused(submitted.pending, new TbsError('TPM_20_E_LOCKOUT'));
    assert.deepEqual(endsOf(submitted), ['TPM_20_E_LOCKOUT']);
    assert.equal(submitted.pending.state, 'answered');
    assert.deepEqual(completion.totals, { completed: 0, refused: 1, cancelled: 0 });
  });

  it('answers a cancelled command once, and ends its deadline', () => {
    const { completion, command, timersCancelled } = setUp();
    const submitted = command();
    completion.cancelled(submitted.pending);
    completion.cancelled(submitted.pending);
    assert.deepEqual(endsOf(submitted), ['TBS_E_COMMAND_CANCELED']);
    assert.equal(timersCancelled(), 1);
    assert.equal(submitted.pending.state, 'answered');
    assert.deepEqual(completion.totals, { completed: 0, refused: 0, cancelled: 1 });
  });

  it('answers a failed command with its error, logs the cause, and hides an unknown cause from the caller', () => {
    const { completion, command, log } = setUp();
    const [lost, broken] = [command(), command()];
    const [tpmLost, unknown] = [new TbsError('TBS_E_IOERROR'), new Error('a secret')];
    completion.failed(lost.pending, tpmLost);
    completion.failed(broken.pending, unknown);
    assert.deepEqual([endsOf(lost), endsOf(broken)], [['TBS_E_IOERROR'], ['TBS_E_INTERNAL_ERROR']]);
    const answer = broken.answers[0];
    assert.ok(answer?.kind === 'refused' && !answer.error.message.includes('a secret'));
    assert.deepEqual(
      log.lines.map(({ level, fields }) => [level, fields]),
      [
        ['error', { error: tpmLost, code: TPM_CC.GetRandom }],
        ['error', { error: unknown, code: TPM_CC.GetRandom }],
      ],
    );
  });

  it('does not answer a caller again if the command fails later', () => {
    const { completion, command, log } = setUp();
    const submitted = command();
    completion.cancelled(submitted.pending);
    completion.failed(submitted.pending, new TbsError('TBS_E_IOERROR'));
    assert.deepEqual(endsOf(submitted), ['TBS_E_COMMAND_CANCELED']);
    assert.equal(completion.totals.refused, 0);
    assert.deepEqual(log.lines, []);
  });
});

describe('a response whose effects must be durable', () => {
  it('is sent only once they are durable', async () => {
    const { completion, command } = setUp();
    const submitted = command();
    let becomeDurable = (): void => undefined;
    const durable = new Promise<void>((resolve) => {
      becomeDurable = resolve;
    });
    completion.response(submitted.pending, SUCCESS, TIMES, durable);
    await settled();
    assert.deepEqual(submitted.answers, []);
    assert.equal(submitted.pending.state, 'answered', 'nothing else may answer it meanwhile');
    becomeDurable();
    await settled();
    assert.deepEqual(endsOf(submitted), ['response']);
  });

  it('is withheld if they cannot be stored, which is logged', async () => {
    const { completion, command, log } = setUp();
    const submitted = command();
    const error = new TbsError('TBS_E_INTERNAL_ERROR');
    completion.response(submitted.pending, SUCCESS, TIMES, Promise.reject(error));
    await settled();
    assert.deepEqual(endsOf(submitted), ['TBS_E_INTERNAL_ERROR']);
    assert.equal(log.lines[0]?.level, 'error');
    assert.deepEqual(log.lines[0].fields, { error });
  });
});

describe('a held response', () => {
  it('is sent when it is released, once', () => {
    const { completion, command } = setUp();
    const submitted = command();
    completion.hold(submitted.pending, SUCCESS, TIMES);
    assert.equal(submitted.answers.length, 0);
    completion.release();
    completion.release();
    assert.deepEqual(submitted.answers, [
      { kind: 'response', response: SUCCESS, appliedPriority: 200, waitMs: 30, durationMs: 12 },
    ]);
    assert.equal(completion.totals.completed, 1);
  });

  it('is sent before every later response, so that responses arrive in the order of the commands', () => {
    const endings: readonly ((completion: CommandCompletion, next: Submitted) => void)[] = [
      (completion, { pending }) => completion.cancelled(pending),
      (completion, { pending }) => completion.refused(pending, new TbsError('TPM_20_E_LOCKOUT')),
      (completion, { pending }) => completion.failed(pending, new TbsError('TBS_E_IOERROR')),
      (completion, { pending }) => completion.response(pending, SUCCESS, TIMES, undefined),
      (completion, { pending }) => {
        completion.hold(pending, SUCCESS, TIMES);
        completion.release();
      },
    ];
    for (const end of endings) {
      const { completion, command } = setUp();
      const [held, next] = [command(), command()];
      const order: string[] = [];
      void held.outcome.then(() => order.push('held'));
      completion.hold(held.pending, SUCCESS, TIMES);
      const answersBefore: number[] = [];
      Object.assign(next.pending, { done: () => answersBefore.push(held.answers.length) });
      end(completion, next);
      assert.deepEqual(answersBefore, [1], String(end));
    }
  });
});

describe('the response of a TPM that has cancelled a command', () => {
  it('is TPM_RC_CANCELED, or TPM_FAIL on TPM 1.2, and nothing else', () => {
    assert.equal(isCancelledResponse('2.0', errorResponse('2.0', TPM_RC.CANCELED)), true);
    assert.equal(isCancelledResponse('2.0', SUCCESS), false);
    assert.equal(isCancelledResponse('2.0', errorResponse('2.0', TPM_RESULT.FAIL)), false);
    assert.equal(isCancelledResponse('1.2', errorResponse('1.2', TPM_RESULT.FAIL)), true);
    assert.equal(isCancelledResponse('1.2', errorResponse('1.2', 0)), false);
  });
});
