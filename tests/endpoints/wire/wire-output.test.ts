/** The response frames of docs/wire-protocol.md. */
import assert from 'node:assert/strict';
import type { ByteConnection } from '../../../ts-core/endpoints/byte-connection.js';
import { ByteBudget } from '../../../ts-core/endpoints/user-byte-budgets.js';
import { MAX_RESPONSE_PAYLOAD_BYTES, Operation, RESPONSE_BIT } from '../../../ts-core/endpoints/wire/frame.js';
import { WireOutput } from '../../../ts-core/endpoints/wire/wire-output.js';
import { resultOf } from '../../../ts-core/endpoints/wire/wire-results.js';
import { type Response, responsesIn } from './wire-client.js';

const CANCELED = resultOf('TBS_E_COMMAND_CANCELED');

/** The client's end of a connection. It remembers the memory that the broker sent from. */
class Client implements ByteConnection {
  events: ByteConnection['events'];
  memory: Uint8Array = new Uint8Array(0);
  #received = Buffer.alloc(0);

  send(bytes: Uint8Array, length: number): void {
    this.memory = bytes;
    this.#received = Buffer.concat([this.#received, bytes.subarray(0, length)]);
  }
  unsentBytes(): number {
    return 0;
  }
  setReading(): void {}
  close(): void {}
  responses(): Response[] {
    return responsesIn(this.#received).responses;
  }
}

describe('the output of a wire session', () => {
  let client: Client;
  let output: WireOutput;

  beforeEach(() => {
    client = new Client();
    output = new WireOutput(client, new ByteBudget(1000));
  });

  it('answers an operation with its result and payload', () => {
    output.reply(Operation.DEVICE_INFO, 7, 0, Buffer.from('abc'));
    output.reply(Operation.CANCEL, 8, CANCELED);
    assert.deepEqual(client.responses(), [
      { operation: RESPONSE_BIT | Operation.DEVICE_INFO, requestId: 7, result: 0, payload: Buffer.from('abc') },
      { operation: RESPONSE_BIT | Operation.CANCEL, requestId: 8, result: CANCELED, payload: Buffer.alloc(0) },
    ]);
  });

  it('answers a submission with the applied priority before the TPM’s response', () => {
    output.replyToSubmit(9, CANCELED, 200, Buffer.from([0x80, 0x01]));
    assert.deepEqual(client.responses(), [
      {
        operation: RESPONSE_BIT | Operation.SUBMIT,
        requestId: 9,
        result: CANCELED,
        payload: Buffer.from([200, 0, 0, 0, 0x80, 0x01]),
      },
    ]);
  });

  it('sends the largest payload whole, and an internal error for a larger one', () => {
    output.reply(Operation.GET_TCG_LOG, 1, 0, new Uint8Array(MAX_RESPONSE_PAYLOAD_BYTES));
    output.reply(Operation.GET_TCG_LOG, 2, 0, new Uint8Array(MAX_RESPONSE_PAYLOAD_BYTES + 1));
    assert.deepEqual(
      client.responses().map(({ requestId, result, payload }) => [requestId, result, payload.length]),
      [
        [1, 0, MAX_RESPONSE_PAYLOAD_BYTES],
        [2, resultOf('TBS_E_INTERNAL_ERROR'), 0],
      ],
    );
  });

  it('leaves no payload in memory, since it may be an owner authorization', () => {
    output.reply(Operation.GET_OWNER_AUTH, 1, 0, Buffer.from('owner authorization'));
    assert.equal(Buffer.from(client.memory).indexOf('owner'), -1);
  });
});
