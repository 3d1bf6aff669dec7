import type { Application } from '../../../application/application.js';
import type { Submission, SubmissionOutcome } from '../../../application/commands/caller-connection.js';
import { responseCodeOf } from '../../../domain/tpm/command-header.js';
import { describeResponseCode } from '../../../domain/tpm/describe-response-code.js';
import type { TpmVersion } from '../../../domain/tpm/tpm-version.js';
import type { Handlers } from '../handler.js';
import type * as contract from '../protocol/command.js';
import type { RpcSession } from '../rpc-session.js';

export function commandHandlers({ contexts, commands, status }: Application): Handlers<typeof contract> {
  const { version } = status.device;
  return {
    commandSubmit: async (session, { contextId, ...params }) => {
      const submission = { ...params, command: Buffer.from(params.command, 'base64') };
      return submitted(
        version,
        contextId === undefined
          ? await submitAlone(session, submission)
          : await submit(session, { ...submission, contextId }),
      );
    },
    commandCancel: (session, { contextId }) => {
      if (contextId === undefined) for (const own of session.transientContexts) session.tpm.cancelCommands(own);
      else if (session.tpm.hasContext(contextId)) session.tpm.cancelCommands(contextId);
      else commands.cancel(contexts.changeable(session.caller, contextId));
      return {};
    },
  };
}

function submit(session: RpcSession, submission: Submission): Promise<SubmissionOutcome> {
  return new Promise((resolve) => session.tpm.submit(submission, resolve));
}

/** Submits in a temporary context, so that whatever the command leaves in the TPM is flushed afterwards. */
async function submitAlone(session: RpcSession, submission: Omit<Submission, 'contextId'>): Promise<SubmissionOutcome> {
  const { contextId } = session.tpm.openContext(['1.2', '2.0']);
  session.transientContexts.add(contextId);
  try {
    return await submit(session, { ...submission, contextId });
  } finally {
    session.transientContexts.delete(contextId);
    // An administrator may have closed it in the meantime.
    if (session.tpm.hasContext(contextId)) session.tpm.closeContext(contextId);
  }
}

function submitted(version: TpmVersion, outcome: SubmissionOutcome): contract.CommandResult {
  if (outcome.kind === 'refused') throw outcome.error;
  const { response, appliedPriority, waitMs, durationMs } = outcome;
  const responseCode = responseCodeOf(response);
  return {
    response: Buffer.from(response.buffer, response.byteOffset, response.byteLength).toString('base64'),
    responseCode,
    responseName: describeResponseCode(version, responseCode).name,
    appliedPriority,
    waitMs,
    durationMs,
  };
}
