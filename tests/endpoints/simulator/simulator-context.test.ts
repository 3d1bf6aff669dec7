import assert from 'node:assert/strict';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { errorResponse } from '../../../ts-core/domain/tpm/command-header.js';
import { refusalResponse } from '../../../ts-core/domain/tpm/refusal-response.js';
import { SimulatorContext } from '../../../ts-core/endpoints/simulator/simulator-context.js';
import { ALICE } from '../../support/callers.js';
import { directOpener } from '../../support/direct-opener.js';
import { ScriptedTransport } from '../../support/scripted-transport.js';
import { getRandom } from '../../support/tpm20-commands.js';

const SUCCESS = errorResponse('2.0', 0);

function setUp() {
  const transport = new ScriptedTransport();
  transport.onTransmit = ({ answer }) => answer(SUCCESS);
  const opener = directOpener(transport, '2.0');
  const context = new SimulatorContext(opener, ALICE);
  const [connection] = opener.connections;
  assert.ok(connection);
  return { opener, connection, context };
}

describe('the context behind simulator connections', () => {
  it('is opened with the first command, once, for the caller', async () => {
    const { opener, connection, context } = setUp();
    assert.equal(opener.openContexts(), 0);
    for (let round = 0; round < 2; round++) assert.deepEqual(await context.submit(getRandom(8)), SUCCESS);
    assert.equal(opener.openContexts(), 1);
    assert.equal(connection.caller, ALICE);
    assert.equal(context.caller, ALICE);
  });

  it('sends commands with NORMAL priority and the locality that was set, or the one of the request', async () => {
    const { connection, context } = setUp();
    await context.submit(getRandom(8));
    context.locality = 2;
    await context.submit(getRandom(8));
    await context.submit(getRandom(8), 1);
    assert.deepEqual(
      connection.submissions.map(({ locality, priority }) => [locality, priority]),
      [
        [0, 200],
        [2, 200],
        [1, 200],
      ],
    );
  });

  it('answers a refusal in the form of a response, and never rejects', async () => {
    const { opener, context } = setUp();
    const blocked = new TbsError('TPM_E_COMMAND_BLOCKED');
    opener.refuseWith = blocked;
    assert.deepEqual(await context.submit(getRandom(8)), refusalResponse(blocked, '2.0'));
    const full = new TbsError('TBS_E_TOO_MANY_TBS_CONTEXTS');
    opener.refuseContextWith = full;
    const other = new SimulatorContext(opener, ALICE);
    assert.deepEqual(await other.submit(getRandom(8)), refusalResponse(full, '2.0'));
  });

  it('opens another context for the next command when an administrator has closed it, and for no other refusal', async () => {
    const { opener, connection, context } = setUp();
    await context.submit(getRandom(8));
    for (const [symbol, contextIds] of [
      ['TPM_E_COMMAND_BLOCKED', [1, 1, 1]],
      ['TBS_E_INVALID_CONTEXT', [1, 1, 1, 1, 2]],
    ] as const) {
      opener.refuseWith = new TbsError(symbol);
      await context.submit(getRandom(8));
      opener.refuseWith = undefined;
      assert.deepEqual(await context.submit(getRandom(8)), SUCCESS);
      assert.deepEqual(
        connection.submissions.map(({ contextId }) => contextId),
        contextIds,
      );
    }
  });

  it('cancels its commands, if it has had any', async () => {
    const { connection, context } = setUp();
    context.cancel();
    assert.deepEqual(connection.cancelled, []);
    await context.submit(getRandom(8));
    context.cancel();
    assert.deepEqual(connection.cancelled, [1]);
  });

  it('forgets what was loaded and the locality when its power goes, even if it is closed already', async () => {
    const { opener, connection, context } = setUp();
    context.forgetEverything();
    await context.submit(getRandom(8));
    context.locality = 3;
    context.forgetEverything();
    assert.deepEqual([opener.openContexts(), context.locality], [0, 0]);
    context.forgetEverything();
    await context.submit(getRandom(8));
    assert.equal(connection.submissions[1]?.contextId, 2);
  });

  it('closes with its connection', async () => {
    const { connection, context } = setUp();
    await context.submit(getRandom(8));
    context.close();
    assert.equal(connection.isClosed, true);
  });
});
