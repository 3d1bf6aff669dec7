import assert from 'node:assert/strict';
import { ChargedOutput } from '../../ts-core/endpoints/charged-output.js';
import { ByteBudget } from '../../ts-core/endpoints/user-byte-budgets.js';
import { FakeByteConnection } from '../support/fake-byte-connection.js';

describe('the output of a connection', () => {
  let client: FakeByteConnection;
  let budget: ByteBudget;
  let output: ChargedOutput;

  beforeEach(() => {
    client = new FakeByteConnection();
    budget = new ByteBudget(1000);
    output = new ChargedOutput(client, budget);
  });

  function figures() {
    return { charged: budget.used, unread: output.unreadBytes, delivered: output.deliveredBytes };
  }

  it('costs the user nothing while the client reads', () => {
    output.sendBytes(new Uint8Array(100), 16);
    assert.deepEqual(figures(), { charged: 0, unread: 0, delivered: 16 });
  });

  it('is charged to the user until the client has read it', () => {
    client.clientReads = false;
    output.sendBytes(new Uint8Array(100), 16);
    output.sendBytes(new Uint8Array(100), 20);
    assert.deepEqual(figures(), { charged: 36, unread: 36, delivered: 0 });
    client.readsEverything();
    output.updateCharge();
    assert.deepEqual(figures(), { charged: 0, unread: 0, delivered: 36 });
  });

  it('costs the user nothing once the client is gone', () => {
    client.clientReads = false;
    output.sendBytes(new Uint8Array(100), 16);
    output.close();
    assert.equal(budget.used, 0);
  });
});
