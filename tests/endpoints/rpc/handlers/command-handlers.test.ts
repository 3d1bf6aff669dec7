import assert from 'node:assert/strict';
import type { Submission, SubmissionOutcome } from '../../../../ts-core/application/commands/caller-connection.js';
import { TbsError } from '../../../../ts-core/domain/tbs-error.js';
import { TPM_RC } from '../../../../ts-core/domain/tpm20/codes.js';
import { refusal } from '../../../../ts-core/domain/tpm20/responses.js';
import { commandHandlers } from '../../../../ts-core/endpoints/rpc/handlers/command-handlers.js';
import { ALICE } from '../../../support/callers.js';
import { applicationWith, sessionOf } from '../../../support/rpc-session.js';
import { getRandom } from '../../../support/tpm20-commands.js';

const OWN_CONTEXT = 7;
const TEMPORARY_CONTEXT = 8;
const COMMAND = Buffer.from(getRandom(8)).toString('base64');
const ANSWERED: SubmissionOutcome = {
  kind: 'response',
  response: refusal(TPM_RC.LOCKOUT),
  appliedPriority: 200,
  waitMs: 1,
  durationMs: 2,
};

function setUp(outcome: SubmissionOutcome = ANSWERED) {
  const told: unknown[] = [];
  const open = new Set([OWN_CONTEXT]);
  const submissions: Submission[] = [];
  let answer: () => void = () => {};
  const session = sessionOf(ALICE, {
    tpm: {
      openContext: () => {
        open.add(TEMPORARY_CONTEXT);
        return { contextId: TEMPORARY_CONTEXT, tpmVersion: '2.0', maxCommandBytes: 4096 };
      },
      hasContext: (contextId) => open.has(contextId),
      closeContext: (contextId) => {
        open.delete(contextId);
        told.push(['closed', contextId]);
      },
      submit: (submission, done) => {
        submissions.push(submission);
        answer = () => done(outcome);
      },
      cancelCommands: (contextId) => void told.push(['cancelled', contextId]),
    },
  });
  const handlers = commandHandlers(
    applicationWith({
      status: { device: { version: '2.0' } } as never,
      commands: { cancel: (context) => void told.push(['cancelled for another', context]) },
      contexts: { changeable: (caller, contextId) => [caller.userKey, contextId] as never },
    }),
  );
  const submit = (contextId?: number) =>
    handlers.commandSubmit(session, { contextId, command: COMMAND, locality: 0, priority: 200 });
  return { handlers, session, open, told, submissions, submit, answer: () => answer() };
}

describe('the handlers of commands', () => {
  it('submit the decoded bytes in the caller’s context, which stays open', async () => {
    const { submit, submissions, answer, told } = setUp();
    const answered = submit(OWN_CONTEXT);
    answer();
    assert.deepEqual(await answered, {
      response: Buffer.from(refusal(TPM_RC.LOCKOUT)).toString('base64'),
      responseCode: TPM_RC.LOCKOUT,
      responseName: 'TPM_RC_LOCKOUT',
      appliedPriority: 200,
      waitMs: 1,
      durationMs: 2,
    });
    assert.equal(submissions[0]?.contextId, OWN_CONTEXT);
    assert.deepEqual(Buffer.from(submissions[0]?.command ?? []), Buffer.from(getRandom(8)));
    assert.deepEqual(told, []);
  });

  it('submit in a temporary context if none is named, and close it after the response', async () => {
    const { submit, submissions, answer, told, session } = setUp();
    const answered = submit();
    assert.deepEqual([...session.transientContexts], [TEMPORARY_CONTEXT]);
    assert.deepEqual(told, []);
    answer();
    await answered;
    assert.equal(submissions[0]?.contextId, TEMPORARY_CONTEXT);
    assert.deepEqual(told, [['closed', TEMPORARY_CONTEXT]]);
    assert.equal(session.transientContexts.size, 0);
  });

  it('do not close a temporary context again that an administrator has closed', async () => {
    const { submit, answer, told, open } = setUp();
    const answered = submit();
    open.delete(TEMPORARY_CONTEXT);
    answer();
    await answered;
    assert.deepEqual(told, []);
  });

  it('fail with the refusal of a submission, and still close its temporary context', async () => {
    const error = new TbsError('TPM_E_COMMAND_BLOCKED');
    const { submit, answer, told } = setUp({ kind: 'refused', error });
    const answered = submit();
    answer();
    await assert.rejects(Promise.resolve(answered), (thrown: unknown) => thrown === error);
    assert.deepEqual(told, [['closed', TEMPORARY_CONTEXT]]);
  });

  it('cancel in the given context: on this connection, or with the caller’s right to another', () => {
    const { handlers, session, told } = setUp();
    handlers.commandCancel(session, { contextId: OWN_CONTEXT });
    handlers.commandCancel(session, { contextId: 99 });
    assert.deepEqual(told, [
      ['cancelled', OWN_CONTEXT],
      ['cancelled for another', ['uid:1000', 99]],
    ]);
  });

  it('cancel exactly the commands without a context if none is given', async () => {
    const { handlers, session, told, submit, answer } = setUp();
    const answered = submit();
    handlers.commandCancel(session, {});
    assert.deepEqual(told, [['cancelled', TEMPORARY_CONTEXT]]);
    answer();
    await answered;
    handlers.commandCancel(session, {});
    assert.equal(told.filter((each) => String(each).startsWith('cancelled')).length, 1);
  });
});
