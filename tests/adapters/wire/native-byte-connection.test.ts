import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { NativeByteConnection } from '../../../ts-core/adapters/wire/native-byte-connection.js';
import type { ByteStream } from '../../../ts-core/application/ports/event-loop.js';
import { MessageRooms } from '../../../ts-core/endpoints/message-rooms.js';

const EAGAIN = -constants.errno.EAGAIN;
const GONE = 0;

/** Stands in for the kernel: the test decides what has arrived, and sees which callbacks are wanted. */
function rig(rooms = new MessageRooms()) {
  const events: string[] = [];
  const arrived: string[] = [];
  let interest: 'none' | { readonly readable: boolean; readonly writable: boolean } = 'none';
  const sent: string[] = [];
  let peerReads = true;
  /** The number of bytes that the kernel accepts now. */
  let room = Number.POSITIVE_INFINITY;
  let onReadable: (received: number) => void = () => {};
  let onWritable: () => void = () => {};
  const connection = new NativeByteConnection(
    {},
    (_socket, buffer, readable, writable) => {
      onReadable = readable;
      onWritable = writable;
      const stream: ByteStream = {
        send(bytes, offset, end) {
          const accepted = Math.min(room, end - offset);
          if (!peerReads || accepted === 0) return EAGAIN;
          sent.push(Buffer.from(bytes).toString('latin1', offset, offset + accepted));
          room -= accepted;
          return accepted;
        },
        receive() {
          const bytes = arrived.shift();
          if (bytes === undefined) return EAGAIN;
          buffer.set(Buffer.from(bytes));
          return bytes.length;
        },
        setInterest(readable, writable) {
          interest = { readable, writable };
        },
        unwatch() {
          interest = 'none';
        },
        close: () => void events.push('stream closed'),
      };
      return stream;
    },
    rooms,
  );
  connection.events = {
    received: (bytes, start, end) => void events.push(Buffer.from(bytes).toString('latin1', start, end)),
    drained: () => void events.push('drained'),
    closed: () => void events.push('closed'),
  };
  return {
    connection,
    events,
    get interest() {
      return interest;
    },
    arrives(bytes: string) {
      arrived.push(bytes);
      onReadable(EAGAIN);
    },
    peerGoes: () => onReadable(GONE),
    /** As in the next turn of the event loop, if there is still something to receive. */
    reportsAgain: () => onReadable(arrived.length > 0 ? EAGAIN : GONE),
    sent,
    peerStopsReading() {
      peerReads = false;
    },
    peerReadsSome(bytes: number) {
      peerReads = true;
      room = bytes;
      onWritable();
    },
    peerReadsAgain() {
      peerReads = true;
      onWritable();
    },
  };
}

/** Postpones everything until the test lets it go on. */
function slowPace(connection: NativeByteConnection): { goOn(): void } {
  const postponed: (() => void)[] = [];
  connection.paceBy((receive) => void postponed.push(receive));
  return {
    goOn() {
      for (const receive of postponed.splice(0)) receive();
    },
  };
}

describe('a connection over a stream of the addon', () => {
  const READING = { readable: true, writable: false };

  it('receives at once unless it is paced', () => {
    const peer = rig();
    peer.arrives('abc');
    assert.deepEqual([peer.events, peer.interest], [['abc'], READING]);
  });

  it('receives when its pace allows it, and stays watched if that is before the event loop reports it again', () => {
    const peer = rig();
    const pace = slowPace(peer.connection);
    peer.arrives('abc');
    assert.deepEqual([peer.events, peer.interest], [[], READING]);
    pace.goOn();
    assert.deepEqual([peer.events, peer.interest], [['abc'], READING]);
  });

  it('is reported once more and then costs the event loop nothing until its pace allows it', () => {
    const peer = rig();
    const pace = slowPace(peer.connection);
    peer.arrives('abc');
    peer.reportsAgain();
    assert.deepEqual([peer.events, peer.interest], [[], 'none']);
    peer.connection.setReading(true);
    assert.equal(peer.interest, 'none');
    pace.goOn();
    assert.deepEqual([peer.events, peer.interest], [['abc'], READING]);
  });

  it('is closed at its pace when its peer is gone, whatever the peer has sent', () => {
    for (const reports of [1, 2]) {
      const peer = rig();
      const pace = slowPace(peer.connection);
      for (let report = 0; report < reports; report++) peer.peerGoes();
      assert.deepEqual(peer.events, []);
      pace.goOn();
      assert.deepEqual(peer.events, ['stream closed', 'closed'], `reported ${reports} times`);
    }
  });

  it('is closed without the bytes that were reported before its peer left', () => {
    const peer = rig();
    const pace = slowPace(peer.connection);
    peer.arrives('abc');
    peer.peerGoes();
    pace.goOn();
    assert.deepEqual(peer.events, ['stream closed', 'closed']);
  });

  it('leaves the bytes in the kernel if its owner has stopped reading meanwhile', () => {
    const peer = rig();
    const pace = slowPace(peer.connection);
    peer.arrives('abc');
    peer.connection.setReading(false);
    pace.goOn();
    assert.deepEqual([peer.events, peer.interest], [[], { readable: false, writable: false }]);
  });

  it('reports nothing that arrived before its owner closed it, only the close, and once', async () => {
    const peer = rig();
    const pace = slowPace(peer.connection);
    peer.arrives('abc');
    peer.connection.close(false);
    pace.goOn();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(peer.events, ['stream closed', 'closed']);
  });

  it('goes on when a pace receives at once and its owner closes it while receiving', async () => {
    const peer = rig();
    peer.connection.paceBy((receive) => receive());
    const events = peer.connection.events;
    assert.ok(events !== undefined);
    events.received = () => peer.connection.close(false);
    peer.arrives('abc');
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(peer.events, ['stream closed', 'closed']);
  });

  it('keeps what its peer does not read, even if the caller uses the bytes for something else', () => {
    const peer = rig();
    peer.peerStopsReading();
    const bytes = Buffer.from('reply and more');
    peer.connection.send(bytes, 5);
    bytes.fill('x');
    assert.deepEqual([peer.connection.unsentBytes(), peer.interest], [5, { readable: true, writable: true }]);
    peer.peerReadsAgain();
    assert.deepEqual([peer.sent, peer.events, peer.interest], [['reply'], ['drained'], READING]);
  });

  it('sends what its peer did not read in order, also if the kernel accepts only a part', () => {
    const peer = rig();
    peer.peerStopsReading();
    const texts = Array.from({ length: 500 }, (_, number) => `reply ${number};`.repeat(1 + (number % 7) * 40));
    for (const text of texts) peer.connection.send(Buffer.from(text), text.length);
    const whole = texts.join('');
    assert.equal(peer.connection.unsentBytes(), whole.length);
    while (peer.connection.unsentBytes() > 0) peer.peerReadsSome(700);
    assert.deepEqual(peer.sent.join(''), whole);
    assert.deepEqual(peer.events, ['drained']);
  });

  it('keeps many short replies together', () => {
    const peer = rig();
    peer.peerStopsReading();
    for (let count = 0; count < 1000; count++) peer.connection.send(Buffer.from('0123456789'), 10);
    peer.peerReadsAgain();
    assert.ok(peer.sent.length <= 10, `${peer.sent.length} pieces`);
    assert.equal(peer.sent.join(''), '0123456789'.repeat(1000));
  });

  for (const end of ['is read', 'is dropped because its peer is gone'] as const) {
    it(`gives back the memory of a long reply, wiped, once it ${end}`, () => {
      const rooms = new MessageRooms();
      const peer = rig(rooms);
      peer.peerStopsReading();
      const reply = Buffer.alloc(150_000, 'x');
      peer.connection.send(reply, reply.length);
      assert.equal(rooms.unusedBytes, 0);
      if (end === 'is read') peer.peerReadsAgain();
      else peer.peerGoes();
      assert.equal(rooms.unusedBytes, 65_536 + 65_536 + 20_480);
      assert.ok([rooms.take(65_536), rooms.take(20_480)].every((room) => room.every((byte) => byte === 0)));
    });
  }
});
