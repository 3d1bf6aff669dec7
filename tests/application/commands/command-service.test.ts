import assert from 'node:assert/strict';
import type { SubmissionOutcome } from '../../../ts-core/application/commands/caller-connection.js';
import {
  CommandService,
  type QueueLimits,
  type SubmissionGate,
} from '../../../ts-core/application/commands/command-service.js';
import { Dispatcher } from '../../../ts-core/application/commands/dispatcher.js';
import type { PendingCommand } from '../../../ts-core/application/commands/pending-command.js';
import { Contexts } from '../../../ts-core/application/contexts/contexts.js';
import type { Caller } from '../../../ts-core/domain/caller.js';
import { CommandQueue } from '../../../ts-core/domain/scheduling/command-queue.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import { TPM_CC, TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import { ALICE, BOB, ROOT } from '../../support/callers.js';
import { FakeClock } from '../../support/fake-clock.js';
import { PassThroughVirtualizer } from '../../support/pass-through-virtualizer.js';
import { QuietEventLoop } from '../../support/quiet-event-loop.js';
import { quietLog } from '../../support/quiet-log.js';
import { ScriptedTransport } from '../../support/scripted-transport.js';
import { clear, createPrimary, getRandom } from '../../support/tpm20-commands.js';

const SUCCESS = errorResponse('2.0', TPM_RC.SUCCESS);
const LIMITS: QueueLimits = { maxQueuedPerContext: 4, maxQueuedPerUser: 6, maxQueued: 32 };

class OpenedVirtualizer extends PassThroughVirtualizer {
  readonly opened: [number, Caller][] = [];
  override openContext(contextId: number, caller: Caller): void {
    this.opened.push([contextId, caller]);
  }
}

function setUp({ limits = LIMITS, gate = {} }: { limits?: QueueLimits; gate?: Partial<SubmissionGate> } = {}) {
  const [transport, virtualizer, clock, log] = [
    new ScriptedTransport(),
    new OpenedVirtualizer(),
    new FakeClock(),
    quietLog(),
  ];
  const queue = new CommandQueue<PendingCommand>({ agingHorizonMs: 30_000, longestRun: 4 });
  const contexts = new Contexts(() => ({ maxContexts: 100, maxContextsPerUser: 10 }));
  const version = '2.0' as const;
  const recorder = { record: () => undefined };
  const dispatcher = new Dispatcher({
    ...{ version, transport, virtualizer, queue, clock, log, recorder, eventLoop: new QuietEventLoop() },
    gate: { refusalAtDispatch: () => undefined, beforeDispatch: () => undefined },
  });
  const submissions: PendingCommand[] = [];
  const service = new CommandService({
    ...{ version, maxCommandBytes: 64, contexts, queue, dispatcher, virtualizer, transport, limits, clock, log },
    gate: {
      listsRevision: 3,
      ...gate,
      refusalAtSubmission: (pending) => {
        submissions.push(pending);
        return gate.refusalAtSubmission?.(pending);
      },
    },
  });
  const connect = (caller: Caller = ALICE) => {
    const connection = service.connect(caller);
    const open = () => connection.openContext(['2.0']).contextId;
    const submit = (
      contextId: number,
      submission: { command?: Uint8Array; locality?: number; priority?: number; deadlineMs?: number } = {},
    ) => {
      const answers: SubmissionOutcome[] = [];
      const whole = { contextId, locality: 0, priority: 200, command: getRandom(8), ...submission };
      connection.submit(whole, (outcome) => answers.push(outcome));
      return answers;
    };
    return { connection, open, submit };
  };
  return { transport, virtualizer, clock, log, queue, contexts, dispatcher, submissions, service, connect };
}

function endsOf(answers: readonly SubmissionOutcome[]): string[] {
  return answers.map((answer) => (answer.kind === 'refused' ? answer.error.symbol : 'response'));
}

function errorIn(answers: readonly SubmissionOutcome[]): TbsError {
  const [answer] = answers;
  assert.ok(answer?.kind === 'refused');
  return answer.error;
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('opening a context', () => {
  it('gives its number and what the TPM takes, and enters it in the tables with its caller', () => {
    const { connect, contexts, virtualizer, clock } = setUp();
    const { connection } = connect();
    const opened = connection.openContext(['1.2', '2.0']);
    assert.deepEqual(opened, { contextId: 1, tpmVersion: '2.0', maxCommandBytes: 64 });
    assert.deepEqual(virtualizer.opened, [[1, ALICE]]);
    assert.equal(contexts.get(1)?.openedAtMs, clock.wallClockMs());
    assert.equal(connection.hasContext(1), true);
    assert.equal(connection.hasContext(2), false);
  });

  it('refuses a caller who names no version, or another one than the TPM has', () => {
    const { connect, contexts } = setUp();
    const { connection } = connect();
    assert.throws(() => connection.openContext([]), { symbol: 'TBS_E_INVALID_CONTEXT_PARAM' });
    assert.throws(() => connection.openContext(['1.2']), {
      symbol: 'TBS_E_TPM_NOT_FOUND',
      message: 'The TPM of this machine is a TPM 2.0; the caller supports only 1.2.',
      action: 'Open the context for TPM 2.0.',
      details: { tpmVersion: '2.0' },
    });
    assert.equal(contexts.size, 0);
  });

  it('is refused on a connection that is closed, and while the broker takes nothing', () => {
    const { connect, service } = setUp();
    const { connection } = connect();
    service.closedBecause = 'The broker is stopping.';
    assert.throws(() => connection.openContext(['2.0']), {
      symbol: 'TBS_E_SERVICE_START_PENDING',
      message: 'The broker is stopping.',
    });
    service.closedBecause = undefined;
    connection.close();
    assert.throws(() => connection.openContext(['2.0']), { message: 'The connection is closed.' });
  });
});

describe('a submission', () => {
  it('goes to the TPM, and its response back', async () => {
    const { connect, transport } = setUp();
    const { open, submit } = connect();
    const answers = submit(open());
    const sent = await transport.transmission(0);
    assert.deepEqual(sent.command, getRandom(8));
    assert.equal(sent.options.locality, 0);
    sent.answer(SUCCESS);
    await settled();
    assert.deepEqual(endsOf(answers), ['response']);
  });

  it('is what the connection says it is: its caller, its context, the lists of now', () => {
    const { connect, submissions, clock } = setUp();
    const { open, submit } = connect();
    const contextId = open();
    submit(contextId);
    const [pending] = submissions;
    assert.ok(pending);
    assert.equal(pending.caller, ALICE);
    assert.equal(pending.userKey, ALICE.userKey);
    assert.equal(pending.contextId, contextId);
    assert.equal(pending.listsRevision, 3);
    assert.equal(pending.submittedAtMs, clock.monotonicMs());
    assert.equal(pending.header.code, TPM_CC.GetRandom);
    assert.equal(pending.header.carriesAuthorization, false);
    assert.equal(pending.cancelRequested, false);
  });

  it('of everybody but administrators is held to a fair share, and to the priority HIGH', () => {
    const { connect, submissions } = setUp();
    const [alice, root] = [connect(ALICE), connect(ROOT)];
    alice.submit(alice.open(), { priority: 0x80000000 });
    root.submit(root.open(), { priority: 0x80000000 });
    assert.deepEqual(
      submissions.map(({ priority, isHeldToShare }) => [priority, isHeldToShare]),
      [
        [300, true],
        [0x80000000, false],
      ],
    );
  });

  it('that the gate refuses is answered at once, counted, and never waits', () => {
    const { connect, service, queue, transport } = setUp({
      gate: { refusalAtSubmission: () => new TbsError('TPM_E_COMMAND_BLOCKED') },
    });
    const { open, submit } = connect();
    assert.deepEqual(endsOf(submit(open())), ['TPM_E_COMMAND_BLOCKED']);
    assert.equal(service.refused, 1);
    assert.equal(queue.size, 0);
    assert.equal(transport.sent.length, 0);
  });

  it('is answered with an internal error when the gate breaks, which shows the caller no message', () => {
    const refusalAtSubmission = () => {
      throw new Error('a secret');
    };
    const { connect } = setUp({ gate: { refusalAtSubmission } });
    const { open, submit } = connect();
    const error = errorIn(submit(open()));
    assert.equal(error.symbol, 'TBS_E_INTERNAL_ERROR');
    assert.ok(!error.message.includes('secret'));
  });

  it('is refused while the broker takes nothing, and on a closed connection', () => {
    const { connect, service, submissions } = setUp();
    const { connection, open, submit } = connect();
    const contextId = open();
    service.closedBecause = 'The machine is going to sleep.';
    assert.equal(errorIn(submit(contextId)).symbol, 'TBS_E_SERVICE_START_PENDING');
    service.closedBecause = undefined;
    connection.close();
    assert.equal(errorIn(submit(contextId)).message, 'The connection is closed.');
    assert.deepEqual(submissions, []);
  });

  it('is refused in a context of another connection, though of the same user', () => {
    const { connect, submissions } = setUp();
    const contextId = connect().open();
    const error = errorIn(connect().submit(contextId));
    assert.equal(error.symbol, 'TBS_E_INVALID_CONTEXT');
    assert.deepEqual(error.details, { contextId });
    assert.deepEqual(submissions, []);
  });

  it('is refused in a context that an administrator has closed, and the connection does not have it any more', () => {
    const { connect, service, contexts } = setUp();
    const { connection, open, submit } = connect();
    const contextId = open();
    const context = contexts.get(contextId);
    assert.ok(context);
    service.close(context);
    const error = errorIn(submit(contextId));
    assert.equal(error.symbol, 'TBS_E_INVALID_CONTEXT');
    assert.equal(error.message, 'The context was closed by an administrator.');
    assert.deepEqual(error.details, { contextId });
    assert.equal(connection.hasContext(contextId), false);
  });
});

describe('a submission that is no whole command', () => {
  const errorFor = (command: Uint8Array): TbsError => {
    const { connect, submissions } = setUp();
    const { open, submit } = connect();
    const error = errorIn(submit(open(), { command }));
    assert.deepEqual(submissions, []);
    return error;
  };

  it('is refused with what is wrong with it', () => {
    const [shorter, longer] = [getRandom(8).slice(0, 11), Uint8Array.from([...getRandom(8), 0])];
    for (const command of [shorter, longer]) {
      const { symbol, message, details } = errorFor(command);
      assert.equal(symbol, 'TBS_E_BAD_PARAMETER');
      assert.equal(message, `The command's size field says 12 bytes, and ${command.length} were sent.`);
      assert.deepEqual(details, {
        parameter: 'command',
        kind: 'sizeMismatch',
        declaredBytes: 12,
        actualBytes: command.length,
      });
    }
    const headless = errorFor(getRandom(8).slice(0, 9));
    assert.equal(headless.symbol, 'TBS_E_BAD_PARAMETER');
    assert.match(headless.message, /has 9 bytes, fewer than the 10/);
  });

  it('is refused when it has the tag of another TPM version', () => {
    const command = getRandom(8);
    command.set([0x00, 0xc1]);
    const { symbol, message } = errorFor(command);
    assert.equal(symbol, 'TBS_E_BAD_PARAMETER');
    assert.match(message, /tag is 0xc1; this TPM accepts 0x8001 or 0x8002/);
  });

  it('is refused when it is longer than the TPM takes', () => {
    const { symbol, details } = errorFor(createPrimary());
    assert.equal(symbol, 'TBS_E_BUFFER_TOO_LARGE');
    assert.deepEqual(details, { declaredBytes: createPrimary().length, maxBytes: 64 });
  });
});

describe('the locality of a submission', () => {
  const localitiesOf = (caller: Caller, maxLocality: number) => {
    const { connect, transport } = setUp({ limits: { maxQueuedPerContext: 99, maxQueuedPerUser: 99, maxQueued: 99 } });
    Object.assign(transport, { maxLocality });
    const { open, submit } = connect(caller);
    const contextId = open();
    return [-1, 0, 0.5, 1, 2, 3, 4].filter((locality) => submit(contextId, { locality }).length === 0);
  };

  it('is 0 for everybody but administrators', () => {
    assert.deepEqual(localitiesOf(ALICE, 4), [0]);
  });

  it('is 0 to 3 for administrators, as far as the transport carries it', () => {
    assert.deepEqual(localitiesOf(ROOT, 4), [0, 1, 2, 3]);
    assert.deepEqual(localitiesOf(ROOT, 1), [0, 1]);
  });

  it('that is not available is named in the refusal', () => {
    const { connect } = setUp();
    const [alice, root] = [connect(ALICE), connect(ROOT)];
    const ofAlice = errorIn(alice.submit(alice.open(), { locality: 1 }));
    assert.equal(ofAlice.symbol, 'TBS_E_BAD_PARAMETER');
    assert.match(ofAlice.message, /may use 0 only/);
    assert.deepEqual(ofAlice.details, { parameter: 'locality', locality: 1, highest: 0 });
    assert.match(errorIn(root.submit(root.open(), { locality: 4 })).message, /may use 0 to 3/);
  });
});

describe('the limits of waiting submissions', () => {
  /** How many submissions wait before the limit that the refusal names. */
  const untilRefused = (submit: () => SubmissionOutcome[]): [number, unknown, string] => {
    for (let count = 0; ; count++) {
      const answers = submit();
      if (answers.length > 0) return [count, errorIn(answers).details['setting'], errorIn(answers).symbol];
    }
  };

  it('hold for each context, the one at the TPM included', () => {
    const { connect, dispatcher } = setUp();
    const { open, submit } = connect();
    const contextId = open();
    assert.deepEqual(
      untilRefused(() => submit(contextId)),
      [4, 'limits.queuedSubmissionsPerContext', 'TBS_E_TOO_MANY_RESOURCES'],
    );
    assert.equal(dispatcher.inFlight, true);
  });

  it('hold for each user over all contexts and connections', () => {
    const { connect } = setUp();
    const [first, second] = [connect(), connect()];
    const [here, there] = [first.open(), second.open()];
    for (let count = 0; count < 3; count++) assert.deepEqual(first.submit(here), []);
    assert.deepEqual(untilRefused(() => second.submit(there)).slice(0, 2), [3, 'limits.queuedSubmissionsPerUser']);
  });

  it('hold for all users together, with a place in sixteen kept for administrators', () => {
    const { connect } = setUp({ limits: { maxQueuedPerContext: 99, maxQueuedPerUser: 99, maxQueued: 32 } });
    const [alice, bob, root] = [connect(ALICE), connect(BOB), connect(ROOT)];
    const ofAlice = alice.open();
    for (let count = 0; count < 10; count++) alice.submit(ofAlice);
    const [ofBob, ofRoot] = [bob.open(), root.open()];
    assert.deepEqual(untilRefused(() => bob.submit(ofBob)).slice(0, 2), [20, 'limits.queuedSubmissions']);
    assert.deepEqual(untilRefused(() => root.submit(ofRoot)).slice(0, 2), [2, 'limits.queuedSubmissions']);
  });

  it('have room again for what was answered', async () => {
    const { connect, transport } = setUp();
    const { open, submit } = connect();
    const contextId = open();
    for (let count = 0; count < 4; count++) submit(contextId);
    assert.equal(submit(contextId).length, 1);
    (await transport.transmission(0)).answer(SUCCESS);
    await settled();
    assert.deepEqual(submit(contextId), []);
  });
});

describe('the deadline of a submission', () => {
  it('cancels it while it waits, and does nothing once it is at the TPM', async () => {
    const { connect, transport, clock } = setUp();
    const { open, submit } = connect();
    const contextId = open();
    const running = submit(contextId, { deadlineMs: 50 });
    const waiting = submit(contextId, { deadlineMs: 50 });
    const patient = submit(contextId);
    await transport.transmission(0);
    assert.equal(clock.pendingTimers(), 1, 'the one at the TPM has no deadline any more');
    clock.advance(49);
    assert.deepEqual(waiting, []);
    clock.advance(1);
    assert.deepEqual([running, waiting, patient].map(endsOf), [[], ['TBS_E_COMMAND_CANCELED'], []]);
    assert.equal(transport.cancels, 0);
  });
});

describe('cancelling the commands of a context', () => {
  it('answers what waits at once, and asks the TPM to give up the one that runs', async () => {
    const { connect, transport } = setUp();
    const { connection, open, submit } = connect();
    const [contextId, other] = [open(), open()];
    const running = submit(contextId);
    const waiting = submit(contextId);
    const unconcerned = submit(other);
    const atTheTpm = await transport.transmission(0);
    connection.cancelCommands(contextId);
    assert.deepEqual([running, waiting, unconcerned].map(endsOf), [[], ['TBS_E_COMMAND_CANCELED'], []]);
    assert.equal(transport.cancels, 1);
    atTheTpm.answer(errorResponse('2.0', TPM_RC.CANCELED));
    await settled();
    assert.deepEqual(endsOf(running), ['TBS_E_COMMAND_CANCELED']);
  });

  it('is refused for a context of another connection', () => {
    const { connect } = setUp();
    const contextId = connect().open();
    assert.throws(() => connect().connection.cancelCommands(contextId), { symbol: 'TBS_E_INVALID_CONTEXT' });
  });
});

describe('closing a context', () => {
  it('cancels what waits, flushes what it holds, and makes its number unknown', async () => {
    const { connect, contexts, virtualizer, transport } = setUp();
    const { connection, open, submit } = connect();
    const contextId = open();
    submit(contextId);
    const waiting = submit(contextId);
    const atTheTpm = await transport.transmission(0);
    connection.closeContext(contextId);
    assert.deepEqual(endsOf(waiting), ['TBS_E_COMMAND_CANCELED']);
    assert.equal(contexts.size, 0);
    assert.equal(connection.hasContext(contextId), false);
    atTheTpm.answer(SUCCESS);
    await settled();
    assert.deepEqual(virtualizer.closed, [contextId]);
    assert.throws(() => connection.closeContext(contextId), { symbol: 'TBS_E_INVALID_CONTEXT' });
  });

  it('makes the queue forget it', () => {
    const { connect, queue } = setUp();
    const forgotten: unknown[] = [];
    queue.forgetContext = (userKey, contextId) => void forgotten.push([userKey, contextId]);
    const { connection, open } = connect();
    const contextId = open();
    connection.closeContext(contextId);
    assert.deepEqual(forgotten, [[ALICE.userKey, contextId]]);
  });

  it('is charged to its user, except an administrator’s, which goes before the commands of others', () => {
    const { connect, dispatcher } = setUp();
    const urgencies: unknown[] = [];
    dispatcher.runExchange = async (_begin, urgency) => {
      urgencies.push(urgency);
      throw new TbsError('TBS_E_IOERROR');
    };
    for (const caller of [ALICE, ROOT]) {
      const { connection, open } = connect(caller);
      connection.closeContext(open());
    }
    assert.deepEqual(urgencies, [{ userKey: ALICE.userKey }, { userKey: undefined }]);
  });

  it('that cannot be flushed is logged', async () => {
    const { connect, virtualizer, log } = setUp();
    virtualizer.closeContext = () => {
      throw new TbsError('TBS_E_IOERROR');
    };
    const { connection, open } = connect();
    connection.closeContext(open());
    await settled();
    assert.equal(log.lines.length, 1);
    assert.equal(log.lines[0]?.level, 'warn');
  });
});

describe('closing a connection', () => {
  it('closes all its contexts and no others, once', async () => {
    const { connect, contexts, virtualizer } = setUp();
    const [leaving, staying] = [connect(), connect()];
    const closed = [leaving.open(), leaving.open()];
    const kept = staying.open();
    leaving.connection.close();
    leaving.connection.close();
    await settled();
    assert.deepEqual(virtualizer.closed, closed);
    assert.deepEqual(
      [...contexts.all()].map(({ id }) => id),
      [kept],
    );
    assert.equal(leaving.connection.hasContext(closed[0] as number), false);
    assert.equal(staying.connection.hasContext(kept), true);
  });

  it('ends its answers: neither what is cancelled nor what the TPM still answers is told', async () => {
    const { connect, transport, contexts } = setUp();
    const { connection, open, submit } = connect();
    const contextId = open();
    const running = submit(contextId);
    const waiting = submit(contextId);
    const context = contexts.get(contextId);
    const atTheTpm = await transport.transmission(0);
    connection.close();
    atTheTpm.answer(SUCCESS);
    await settled();
    assert.deepEqual([running, waiting], [[], []]);
    assert.equal(context?.outstanding.size, 0);
    assert.equal(transport.sent.length, 1, 'what waited is not sent');
  });
});

it('a command that changes the TPM for everybody goes through the same gate', () => {
  const { connect, submissions } = setUp();
  const { open, submit } = connect(ROOT);
  submit(open(), { command: clear() });
  assert.equal(submissions[0]?.header.carriesAuthorization, true);
});
