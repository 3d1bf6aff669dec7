import type { Application } from '../../../application/application.js';
import type { Submission, SubmissionOutcome } from '../../../application/caller-connection.js';
import { responseCodeOf } from '../../../domain/tpm/command-header.js';
import { describeResponseCode } from '../../../domain/tpm/describe-response-code.js';
import type { TpmVersion } from '../../../domain/tpm/tpm-version.js';
import { handler, type RpcHandler } from '../handler.js';
import { type CommandSubmitted, commandCancel, commandSubmit } from '../protocol/command.js';
import type { RpcSession } from '../rpc-session.js';

export function commandHandlers({ contexts, commands, status }: Application): readonly RpcHandler[] {
  const { version } = status.device;
  return [
    handler(commandSubmit, async (session, params) => {
      const command = Buffer.from(params.command, 'base64');
      return submitted(version, await submit(session, { ...params, command }));
    }),
    handler(commandCancel, (session, { contextId }) => {
      if (session.tpm.hasContext(contextId)) session.tpm.cancelCommands(contextId);
      else commands.cancel(contexts.visible(session.caller, contextId));
      return {};
    }),
  ];
}

function submit(session: RpcSession, submission: Submission): Promise<SubmissionOutcome> {
  return new Promise((resolve) => session.tpm.submit(submission, resolve));
}

function submitted(version: TpmVersion, outcome: SubmissionOutcome): CommandSubmitted {
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
