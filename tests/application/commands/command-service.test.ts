import assert from 'node:assert/strict';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { writeUint16 } from '../../../ts-core/domain/tpm/command-header.js';
import { TPM_TAG } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';
import { ALICE, ROOT } from '../../support/callers.js';
import { endsOf, errorIn, SUCCESS, settled, commandServiceRig as setUp } from '../../support/command-service-rig.js';
import { clear, createPrimary, getRandom } from '../../support/tpm20-commands.js';

describe('opening a context', () => {
  it('returns its handle and the limits of the TPM, and registers it with its caller', () => {
    const { connect, contexts, virtualizer, clock } = setUp();
    const { connection } = connect();
    const opened = connection.openContext(['1.2', '2.0']);
    assert.deepEqual(opened, { contextId: 1, tpmVersion: '2.0', maxCommandBytes: 64 });
    assert.deepEqual(virtualizer.opened, [[1, ALICE]]);
    assert.equal(contexts.get(1)?.openedAtMs, clock.wallClockMs());
    assert.equal(connection.hasContext(1), true);
    assert.equal(connection.hasContext(2), false);
  });

  it('refuses a caller who names no version, or only versions that the TPM does not have', () => {
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

  it('is refused on a closed connection, and while the broker accepts nothing', () => {
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
  it('goes to the TPM, and its response returns', async () => {
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

  it('has the caller and context of its connection, and the current lists', () => {
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

  it('has a fair share and at most priority HIGH, unless it is an administrator’s', () => {
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

  it('is answered immediately, counted and never queued if the gate refuses it', () => {
    const { connect, service, queue, transport } = setUp({
      gate: { refusalAtSubmission: () => new TbsError('TPM_E_COMMAND_BLOCKED') },
    });
    const { open, submit } = connect();
    assert.deepEqual(endsOf(submit(open())), ['TPM_E_COMMAND_BLOCKED']);
    assert.equal(service.refused, 1);
    assert.equal(queue.size, 0);
    assert.equal(transport.sent.length, 0);
  });

  it('gets an internal error without details if the gate fails', () => {
    const refusalAtSubmission = () => {
      throw new Error('a secret');
    };
    const { connect } = setUp({ gate: { refusalAtSubmission } });
    const { open, submit } = connect();
    const error = errorIn(submit(open()));
    assert.equal(error.symbol, 'TBS_E_INTERNAL_ERROR');
    assert.ok(!error.message.includes('secret'));
  });

  it('is refused while the broker accepts nothing, and on a closed connection', () => {
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

  it('is refused in a context of another connection, even of the same user', () => {
    const { connect, submissions } = setUp();
    const contextId = connect().open();
    const error = errorIn(connect().submit(contextId));
    assert.equal(error.symbol, 'TBS_E_INVALID_CONTEXT');
    assert.deepEqual(error.details, { contextId });
    assert.deepEqual(submissions, []);
  });

  it('is refused in a context that an administrator has closed, which the connection then no longer has', () => {
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

describe('a malformed submission', () => {
  const errorFor = (command: Uint8Array): TbsError => {
    const { connect, submissions } = setUp();
    const { open, submit } = connect();
    const error = errorIn(submit(open(), { command }));
    assert.deepEqual(submissions, []);
    return error;
  };

  it('is refused with the reason', () => {
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

  it('is refused if it has the tag of another TPM version', () => {
    const command = getRandom(8);
    writeUint16(command, 0, TPM_TAG.RQU_COMMAND);
    const { symbol, message } = errorFor(command);
    assert.equal(symbol, 'TBS_E_BAD_PARAMETER');
    assert.match(message, /tag is 0xc1; this TPM accepts 0x8001 or 0x8002/);
  });

  it('is refused if it is longer than the TPM accepts', () => {
    const { symbol, details } = errorFor(createPrimary());
    assert.equal(symbol, 'TBS_E_BUFFER_TOO_LARGE');
    assert.deepEqual(details, { declaredBytes: createPrimary().length, maxBytes: 64 });
  });
});

it('checks a command that changes the TPM for everybody at the same gate', () => {
  const { connect, submissions } = setUp();
  const { open, submit } = connect(ROOT);
  submit(open(), { command: clear() });
  assert.equal(submissions[0]?.header.carriesAuthorization, true);
});
