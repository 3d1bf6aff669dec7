import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { RpcOutput } from '../../../ts-core/endpoints/rpc/rpc-output.js';
import { ByteBudget } from '../../../ts-core/endpoints/user-byte-budgets.js';
import { FakeByteConnection, framed } from '../../support/fake-byte-connection.js';

describe('the output of a JSON-RPC connection', () => {
  it('puts each text into a frame of its own, whose length counts bytes', () => {
    const client = new FakeByteConnection();
    const output = new RpcOutput(client, new ByteBudget(1000));
    const texts = [{ message: 'Größe' }, { id: 1 }];
    for (const text of texts) output.send(JSON.stringify(text));
    assert.deepEqual(client.messages(), texts);
  });

  it('writes messages of any length, one after the other', () => {
    const client = new FakeByteConnection();
    const output = new RpcOutput(client, new ByteBudget(10_000_000));
    const texts = [100, 600_000, 350_000, 200].map((length) => ({ message: 'ß'.repeat(length) }));
    for (const text of texts) output.send(JSON.stringify(text));
    assert.ok(isDeepStrictEqual(client.messages(), texts));
  });

  it('writes a message of several texts into one frame', () => {
    const client = new FakeByteConnection();
    const output = new RpcOutput(client, new ByteBudget(10_000_000));
    const long = 'ß'.repeat(600_000);
    for (const text of ['ß', long]) output.send('[', JSON.stringify(text), ',', '1', ']');
    assert.ok(
      isDeepStrictEqual(client.messages(), [
        ['ß', 1],
        [long, 1],
      ]),
    );
  });

  it('charges the frame to the user until the client has read it', () => {
    const client = new FakeByteConnection();
    const budget = new ByteBudget(1000);
    const output = new RpcOutput(client, budget);
    client.clientReads = false;
    output.send('{"a":"ß"}');
    assert.equal(budget.used, Buffer.byteLength(framed('{"a":"ß"}')));
    client.readsEverything();
    output.updateCharge();
    assert.equal(budget.used, 0);
  });
});
