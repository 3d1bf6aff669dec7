import assert from 'node:assert/strict';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import { TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import { ALICE, ROOT } from '../../support/callers.js';
import { endsOf, SUCCESS, settled, commandServiceRig as setUp } from '../../support/command-service-rig.js';

describe('cancelling the commands of a context', () => {
  it('answers queued commands immediately, and asks the TPM to cancel the running one', async () => {
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
  it('cancels its queued commands, flushes what it holds, and invalidates its handle', async () => {
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

  it('removes it from the queue’s records', () => {
    const { connect, queue } = setUp();
    const forgotten: unknown[] = [];
    queue.forgetContext = (userKey, contextId) => void forgotten.push([userKey, contextId]);
    const { connection, open } = connect();
    const contextId = open();
    connection.closeContext(contextId);
    assert.deepEqual(forgotten, [[ALICE.userKey, contextId]]);
  });

  it('is charged to its user; an administrator’s precedes the commands of others', () => {
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

  it('is logged if the flush fails', async () => {
    const { connect, virtualizer, log } = setUp();
    const error = new TbsError('TBS_E_IOERROR');
    virtualizer.closeContext = () => {
      throw error;
    };
    const { connection, open } = connect();
    const contextId = open();
    connection.closeContext(contextId);
    await settled();
    assert.equal(log.lines.length, 1);
    assert.equal(log.lines[0]?.level, 'warn');
    assert.deepEqual(log.lines[0].fields, { error, contextId });
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

  it('sends no further responses, neither to cancelled commands nor to those that the TPM still answers', async () => {
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
    assert.equal(context?.outstanding, 0);
    assert.equal(transport.sent.length, 1, 'what waited is not sent');
  });
});
