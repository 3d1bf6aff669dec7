import assert from 'node:assert/strict';
import type { SubmissionOutcome } from '../../../ts-core/application/commands/caller-connection.js';
import { PendingSubmissions } from '../../../ts-core/endpoints/wire/pending-submissions.js';

const OUTCOME = { kind: 'response' } as SubmissionOutcome;

describe('the callbacks of submissions in progress', () => {
  it('return the request for which each was taken, in whatever order they are called', () => {
    const finished: number[] = [];
    const pending = new PendingSubmissions((requestId) => finished.push(requestId));
    const [first, second] = [pending.take(1), pending.take(2)];
    second.done(OUTCOME);
    first.done(OUTCOME);
    assert.deepEqual(finished, [2, 1]);
  });

  it('are reused once they have been called, even for a submission made during the call', () => {
    const finished: number[] = [];
    const pending: PendingSubmissions = new PendingSubmissions((requestId) => {
      finished.push(requestId);
      if (requestId === 1) assert.equal(pending.take(3), first);
    });
    const first = pending.take(1);
    first.done(OUTCOME);
    first.done(OUTCOME);
    assert.deepEqual(finished, [1, 3]);
  });
});
