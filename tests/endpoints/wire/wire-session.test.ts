import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TBS_RESULTS, TbsError } from '../../../ts-core/domain/tbs-error.js';
import type { ByteConnection } from '../../../ts-core/endpoints/byte-connection.js';
import { MAX_OUTSTANDING, MAX_UNSENT_BYTES, WireSession } from '../../../ts-core/endpoints/wire/wire-session.js';
import { alone, fakeTurns } from '../../support/fake-turns.js';
import {
  FakeApplication,
  fields,
  GET_RANDOM_8,
  hello,
  helloForReasons,
  type Response,
  request,
  responsesIn,
  submit,
} from './wire-client.js';

const OPEN = request(2, 2, 0, fields(2));

class FakeConnection implements ByteConnection {
  events: ByteConnection['events'];
  sent: Buffer = Buffer.alloc(0);
  reading = true;
  closing: 'open' | 'flush' | 'at once' = 'open';
  peerReads = true;
  unread = 0;

  send(bytes: Uint8Array, length: number): void {
    this.sent = Buffer.concat([this.sent, bytes.subarray(0, length)]);
    if (!this.peerReads) this.unread += length;
  }
  unsentBytes(): number {
    return this.unread;
  }
  setReading(reading: boolean): void {
    this.reading = reading;
  }
  close(flush: boolean): void {
    this.closing = flush ? 'flush' : 'at once';
  }
  receive(bytes: Uint8Array): void {
    this.events?.received(bytes, 0, bytes.length);
  }
  responses(): Response[] {
    const { responses, rest } = responsesIn(this.sent);
    this.sent = rest;
    return responses;
  }
}

function aTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('a wire session', () => {
  let application: FakeApplication;
  let connection: FakeConnection;
  let session: WireSession;

  beforeEach(() => {
    application = new FakeApplication();
    connection = new FakeConnection();
    const caller = application.connect({ userKey: 'uid:1000', callerClass: 'standardUser' });
    session = new WireSession(connection, caller, application, alone(), () => {});
  });

  function greetAndOpen(): void {
    connection.receive(Buffer.concat([hello(), OPEN]));
    assert.deepEqual(
      connection.responses().map((response) => response.result),
      [0, 0],
    );
  }

  describe('that refuses a command', () => {
    const refusal = new TbsError('TPM_E_COMMAND_BLOCKED', { message: 'It is blocked.', action: 'Ask Ann.' });

    function refusedWith(error: TbsError, greeting: Buffer): Buffer {
      application.answerAtOnce = false;
      connection.receive(Buffer.concat([greeting, OPEN, submit(3, 7, GET_RANDOM_8)]));
      application.waiting[0]?.done({ kind: 'refused', error });
      return connection.responses()[2]?.payload ?? Buffer.alloc(0);
    }
    const reasonIn = (payload: Buffer) => payload.subarray(14).toString('utf8');

    it('appends the reason to the response where the client speaks version 2', () => {
      const payload = refusedWith(refusal, helloForReasons());
      assert.equal(payload.subarray(0, 14).toString('hex'), '0000000080010000000a000c0143');
      assert.equal(reasonIn(payload), 'It is blocked. Ask Ann.');
    });

    it('answers a client of version 1 with the response alone', () => {
      assert.equal(refusedWith(refusal, hello()).length, 14);
    });

    it('gives a reason of one line without control characters, and at most 1024 bytes of whole characters', () => {
      const message = `GPO "\u001b[2J\r\n\u009b\u202e" ${'é'.repeat(2000)}`;
      const reason = reasonIn(refusedWith(new TbsError('TPM_E_COMMAND_BLOCKED', { message }), helloForReasons()));
      assert.match(reason, /^GPO " \[2J " é+$/);
      assert.ok([1023, 1024].includes(Buffer.byteLength(reason)));
    });
  });

  it('answers as docs/wire-protocol.md shows', () => {
    connection.receive(Buffer.concat([hello(), OPEN, submit(3, 7, GET_RANDOM_8)]));
    assert.equal(
      connection.sent.toString('hex'),
      '20000000018000000100000000000000' +
        '01000100020000000040000040000000' +
        '1c000000028000000200000000000000' +
        '070000000200000000100000' +
        '20000000048000000300000000000000' +
        `c8000000${GET_RANDOM_8.toString('hex')}`,
    );
  });

  it('gives the same responses however the bytes are split', () => {
    const stream = Buffer.concat([hello(), OPEN, submit(3, 7, GET_RANDOM_8), request(11, 4, 0, fields())]);
    connection.receive(stream);
    const whole = connection.sent;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }), (cuts) => {
        const application = new FakeApplication();
        const pieces = new FakeConnection();
        const caller = application.connect({ userKey: 'uid:1', callerClass: 'standardUser' });
        new WireSession(pieces, caller, application, alone(), () => {});
        let at = 0;
        for (let i = 0; at < stream.length; i++) {
          const next = at + (cuts[i % cuts.length] ?? 1);
          pieces.receive(stream.subarray(at, next));
          at = next;
        }
        assert.deepEqual(pieces.sent, whole);
      }),
    );
  });

  it('ends after a first frame that is not HELLO, and after one of another protocol', () => {
    connection.receive(OPEN);
    assert.deepEqual(connection.responses(), [
      { operation: 0x8002, requestId: 2, result: TBS_RESULTS.TBS_E_BAD_PARAMETER.code, payload: Buffer.alloc(0) },
    ]);
    assert.equal(connection.closing, 'flush');
    connection.receive(hello());
    assert.deepEqual(connection.responses(), []);
  });

  it('reports its versions if the client supports none of them', () => {
    connection.receive(request(1, 9, 0, Buffer.from('5442535703000900', 'hex')));
    const [response] = connection.responses();
    assert.equal(response?.result, TBS_RESULTS.TBS_E_BAD_PARAMETER.code);
    assert.equal(response?.payload.subarray(0, 6).toString('hex'), '000001000200');
    assert.equal(connection.closing, 'flush');
  });

  for (const [name, length] of [
    ['0', 0],
    ['9', 9],
    ['4 GiB', 0xffffffff],
  ] as const) {
    it(`ends after a length of ${name}`, () => {
      greetAndOpen();
      const frame = submit(3, 7, GET_RANDOM_8);
      frame.writeUInt32LE(length, 0);
      connection.receive(frame);
      assert.deepEqual(
        connection.responses().map(({ operation, result }) => [operation, result]),
        [[0x8004, TBS_RESULTS.TBS_E_BAD_PARAMETER.code]],
      );
      assert.equal(connection.closing, 'flush');
      assert.equal(application.submitted, 0);
    });
  }

  it('continues after an unknown operation, fields that do not fit, and an unknown context', () => {
    greetAndOpen();
    connection.receive(
      Buffer.concat([
        request(77, 3, 0, fields()),
        request(2, 4, 0, fields()),
        request(2, 5, 0, fields(4)),
        request(2, 6, 0, fields(0)),
        request(2, 7, 0, fields(1)),
        request(4, 8, 7, fields(200)),
        submit(9, 8, GET_RANDOM_8),
        request(3, 10, 99, fields()),
        request(5, 11, 99, fields()),
        request(7, 12, 99, fields(13)),
        request(11, 13, 0, fields()),
      ]),
    );
    assert.deepEqual(
      connection.responses().map(({ requestId, result }) => [requestId, result.toString(16)]),
      [
        [3, '80284002'],
        [4, '80284002'],
        [5, '80284007'],
        [6, '80284007'],
        [7, '8028400f'],
        [8, '80284002'],
        [9, '80284004'],
        [10, '80284004'],
        [11, '80284004'],
        [12, '80284004'],
        [13, '0'],
      ],
    );
  });

  it('lets a cancel overtake the commands, and answers them in both formats', () => {
    application.answerAtOnce = false;
    greetAndOpen();
    connection.receive(Buffer.concat([submit(3, 7, GET_RANDOM_8), submit(4, 7, GET_RANDOM_8)]));
    connection.receive(request(5, 5, 7, fields()));
    const responses = connection.responses();
    assert.deepEqual(
      responses.map(({ requestId, result }) => [requestId, result]),
      [
        [3, TBS_RESULTS.TBS_E_COMMAND_CANCELED.code],
        [4, TBS_RESULTS.TBS_E_COMMAND_CANCELED.code],
        [5, 0],
      ],
    );
    assert.equal(responses[0]?.payload.toString('hex'), '0000000080010000000a000c0909');
  });

  it('answers in the order in which commands finish', () => {
    application.answerAtOnce = false;
    greetAndOpen();
    connection.receive(Buffer.concat([submit(3, 7, GET_RANDOM_8), request(11, 4, 0, fields())]));
    application.answerOldest();
    assert.deepEqual(
      connection.responses().map((response) => response.requestId),
      [4, 3],
    );
  });

  it('serves the calls other than submitting', async () => {
    greetAndOpen();
    application.logBytes = Buffer.alloc(70000, 5);
    connection.receive(
      Buffer.concat([
        request(6, 3, 0, fields()),
        request(7, 4, 7, fields(13)),
        request(7, 5, 7, fields(1)),
        request(8, 6, 0, fields(0, 65532)),
        request(9, 7, 7, Buffer.from([1, 2])),
        request(10, 8, 0, fields()),
      ]),
    );
    await new Promise(setImmediate);
    const byId = new Map(connection.responses().map((response) => [response.requestId, response]));
    assert.equal(byId.get(3)?.payload.toString('hex'), '0100000002000000030000008a000000');
    assert.equal(byId.get(4)?.payload.toString('hex'), '010203');
    assert.equal(byId.get(5)?.result, TBS_RESULTS.TBS_E_OWNERAUTH_NOT_FOUND.code);
    assert.equal(byId.get(6)?.payload.readUInt32LE(0), 70000);
    assert.equal(byId.get(6)?.payload.length, 4 + 70000 - 65532);
    assert.equal(byId.get(7)?.payload.toString('hex'), '0201');
    assert.equal(
      byId.get(8)?.result,
      TBS_RESULTS.TBS_E_INTERNAL_ERROR.code,
      'an unknown error says nothing but that it happened',
    );
  });

  it('stops reading at the limit of commands in progress, and handles each once when there is room', () => {
    application.answerAtOnce = false;
    greetAndOpen();
    const many = Array.from({ length: 200 }, (_, index) => submit(1000 + index, 7, GET_RANDOM_8));
    connection.receive(Buffer.concat(many));
    assert.equal(application.waiting.length, MAX_OUTSTANDING);
    assert.equal(connection.reading, false);
    while (application.waiting.length > 0) application.answerOldest();
    assert.equal(connection.reading, true);
    assert.deepEqual(
      connection.responses().map((response) => response.requestId),
      many.map((_, index) => 1000 + index),
    );
  });

  it('stops reading while the client does not read its responses', () => {
    greetAndOpen();
    connection.peerReads = false;
    const burst = Buffer.concat(Array.from({ length: 5000 }, (_, index) => submit(index, 7, GET_RANDOM_8)));
    connection.receive(burst);
    assert.equal(connection.reading, false);
    assert.ok(connection.unread <= MAX_UNSENT_BYTES + 100, `${connection.unread} bytes wait`);
    while (!connection.reading) {
      connection.unread = 0;
      connection.events?.drained();
    }
    assert.equal(application.submitted, 5000);
  });

  it('is closed with half a frame after a time, but not when idle', async () => {
    greetAndOpen();
    session.checkPeer(2000);
    session.checkPeer(9000);
    assert.equal(connection.closing, 'open', 'idle');
    connection.receive(hello().subarray(0, 10));
    session.checkPeer(9500);
    connection.receive(hello().subarray(10, 11));
    session.checkPeer(10_400);
    await aTurn();
    assert.equal(connection.closing, 'open');
    session.checkPeer(10_500);
    await aTurn();
    assert.equal(connection.closing, 'at once', 'another byte is not another frame');
  });

  it('is closed without HELLO after a time', async () => {
    session.checkPeer(0);
    session.checkPeer(1000);
    await aTurn();
    assert.equal(connection.closing, 'at once');
  });

  it('handles frames beyond a few in turns, one in each, and reads nothing meanwhile', () => {
    const { source, turns } = fakeTurns();
    const busy = new FakeConnection();
    const caller = application.connect({ userKey: 'uid:1000', callerClass: 'standardUser' });
    new WireSession(busy, caller, application, alone(turns), () => {});
    busy.receive(Buffer.concat([hello(), ...Array.from({ length: 999 }, (_, id) => request(11, id, 0, fields()))]));
    assert.equal(busy.reading, false);
    const atOnce = busy.responses().length;
    assert.ok(atOnce <= 64, `${atOnce} at once`);
    assert.equal(turns.waiting, 1);
    source.run();
    assert.equal(busy.reading, true);
    assert.equal(busy.responses().length, 1000 - atOnce);
  });

  it('keeps the order if responses arrive while frames wait for their turn', () => {
    const { source, turns } = fakeTurns();
    const busy = new FakeConnection();
    const caller = application.connect({ userKey: 'uid:1000', callerClass: 'standardUser' });
    new WireSession(busy, caller, application, alone(turns), () => {});
    const refused = Array.from({ length: 100 }, (_, id) => submit(id, 99, GET_RANDOM_8));
    busy.receive(Buffer.concat([hello(), OPEN, ...refused]));
    source.run();
    assert.deepEqual(
      busy
        .responses()
        .map(({ requestId }) => requestId)
        .slice(2),
      Array.from({ length: 100 }, (_, id) => id),
    );
  });

  it('shares its user’s budget: unread responses of many connections stay within it', () => {
    const { source, turns } = fakeTurns();
    const shared = alone(turns, 40_000);
    const pings = Buffer.concat(Array.from({ length: 100 }, (_, id) => request(11, id, 0, fields())));
    const connections = Array.from({ length: 40 }, () => {
      const each = new FakeConnection();
      const caller = application.connect({ userKey: 'uid:1000', callerClass: 'standardUser' });
      new WireSession(each, caller, application, shared, () => {});
      each.peerReads = false;
      each.receive(Buffer.concat([hello(), pings]));
      return each;
    });
    source.run();
    const unread = connections.reduce((sum, each) => sum + each.unread, 0);
    const { capacity, used } = shared.budget.replying;
    assert.ok(unread > capacity / 2 && unread < capacity + 1000, `${unread} bytes`);
    assert.equal(used, unread);
    for (const each of connections) {
      each.unread = 0;
      each.events?.closed();
    }
    assert.equal(shared.budget.replying.used, 0);
  });

  it('closes its connection to the application once the client is gone, and sends nothing more', () => {
    application.answerAtOnce = false;
    greetAndOpen();
    connection.receive(submit(3, 7, GET_RANDOM_8));
    connection.events?.closed();
    assert.equal(application.openConnections, 0);
    application.answerOldest();
    assert.equal(connection.sent.length, 0);
  });
});
