/**
 * A submission as the command service passes it to the queue, and the responses that its caller has received so far.
 */
import assert from 'node:assert/strict';
import type { SubmissionOutcome } from '../../ts-core/application/commands/caller-connection.js';
import type { PendingCommand } from '../../ts-core/application/commands/pending-command.js';
import { decodeCommandHeader } from '../../ts-core/domain/tpm/command-header.js';
import type { TpmVersion } from '../../ts-core/domain/tpm/tpm-version.js';
import { ALICE } from './callers.js';
import { getRandom } from './tpm20-commands.js';

export interface Submitted {
  readonly pending: PendingCommand;
  /** All answers so far; in the end, there must be exactly one. */
  readonly answers: readonly SubmissionOutcome[];
  /** Resolves with the first answer. */
  readonly outcome: Promise<SubmissionOutcome>;
}

export type PendingOptions = Partial<Omit<PendingCommand, 'header' | 'done' | 'userKey'>> & {
  readonly version?: TpmVersion;
};

/** Returns a GetRandom of Alice in context 1, unless the options say otherwise. */
export function pendingCommand({ version = '2.0', ...options }: PendingOptions = {}): Submitted {
  const { caller = ALICE, command = getRandom(8) } = options;
  const verdict = decodeCommandHeader(command, version, 4096);
  assert.ok(verdict.ok, 'a test sends whole commands');
  const answers: SubmissionOutcome[] = [];
  let answer: (outcome: SubmissionOutcome) => void = () => undefined;
  const outcome = new Promise<SubmissionOutcome>((resolve) => {
    answer = resolve;
  });
  const pending: PendingCommand = {
    contextId: 1,
    priority: 200,
    isHeldToShare: caller.callerClass !== 'administrator',
    locality: 0,
    listsRevision: 1,
    submittedAtMs: 1_000_000,
    deadline: undefined,
    state: 'waiting',
    cancelRequested: false,
    place: undefined,
    expectedMs: 0,
    responseClass: undefined,
    roundTrips: undefined,
    ...options,
    caller,
    command,
    userKey: caller.userKey,
    header: verdict.header,
    done: (result) => {
      answers.push(result);
      answer(result);
    },
  };
  return { pending, answers, outcome };
}

/** Resolves with the symbol of a submission's refusal, or with `response`. */
export async function symbolOf(outcome: Promise<SubmissionOutcome>): Promise<string> {
  const settled = await outcome;
  return settled.kind === 'refused' ? settled.error.symbol : 'response';
}
