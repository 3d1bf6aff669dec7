import assert from 'node:assert/strict';
import type { UserTurns } from '../../../ts-core/endpoints/user-turns.js';
import { requestIdOf } from '../../../ts-core/endpoints/wire/frame.js';
import { WireInput } from '../../../ts-core/endpoints/wire/wire-input.js';
import { allowNothingAtOnce, alone, fakeTurns, turnsOfAnIdleLoop } from '../../support/fake-turns.js';
import { fields, request } from './wire-client.js';

const PING = 11;
const ping = (requestId: number) => request(PING, requestId, 0, fields());
const pings = (...requestIds: number[]) => Buffer.concat(requestIds.map(ping));
/** An invalid length of a frame. */
const FAULT = Buffer.from('ffffffff', 'hex');

function inputRig(turns: UserTurns = turnsOfAnIdleLoop()) {
  const shared = alone(turns, 2 * 100);
  const handled: number[] = [];
  const reading: boolean[] = [];
  const faults: number[] = [];
  const handler = {
    isAtLimit: false,
    hasRoom: true,
    handleFrame: (bytes: Uint8Array, offset: number, end: number) => {
      assert.equal(end - offset, ping(1).length);
      handled.push(requestIdOf(bytes, offset));
    },
    handleFault: (_bytes: Uint8Array, offset: number) => {
      faults.push(offset);
      input.end();
    },
  };
  const input = new WireInput({ setReading: (now) => void reading.push(now) }, 'uid:1000', shared, handler);
  const receive = (bytes: Uint8Array) => input.received(bytes, 0, bytes.length);
  const { rooms } = shared;
  return { input, handler, handled, reading, faults, receive, rooms, replying: shared.budget.replying };
}

describe('the input of a wire session', () => {
  it('hands over each frame once, however its bytes are split', () => {
    const { input, handled, receive } = inputRig();
    for (const byte of pings(1, 2)) receive(Uint8Array.of(byte));
    const stream = pings(3, 4, 5);
    receive(stream.subarray(0, 20));
    assert.equal(input.hasPartOfFrame, true);
    receive(stream.subarray(20));
    assert.deepEqual(handled, [1, 2, 3, 4, 5]);
    assert.deepEqual([input.framesHandled, input.hasPartOfFrame], [5, false]);
  });

  it('reads only the part of the buffer that arrived, and keeps no reference to it', () => {
    const { input, handled, receive } = inputRig();
    const buffer = Uint8Array.from([...pings(9), ...pings(1, 2).subarray(0, 24), ...pings(9)]);
    const start = ping(9).length;
    input.received(buffer, start, start + 24);
    buffer.fill(0xff);
    receive(ping(2).subarray(8));
    assert.deepEqual(handled, [1, 2]);
  });

  it('leaves a held frame intact while its handler reads it, even if the handler ends the input', () => {
    const { input, handler, receive, rooms } = inputRig();
    const read: number[] = [];
    handler.handleFrame = (bytes, offset) => {
      input.end();
      read.push(requestIdOf(bytes, offset));
    };
    const frame = ping(7);
    receive(frame.subarray(0, 5));
    receive(frame.subarray(5));
    assert.deepEqual(read, [7]);
    assert.equal(rooms.unusedBytes, 1024, 'given back afterwards');
  });

  it('holds frames in memory that it uses again', () => {
    const { handled, receive, rooms } = inputRig();
    for (let id = 1; id <= 1000; id++) {
      const frame = ping(id);
      receive(frame.subarray(0, 5));
      receive(frame.subarray(5));
    }
    assert.equal(handled.length, 1000);
    assert.equal(rooms.unusedBytes, 1024);
  });

  it('stops reading at a limit, and continues when there is room', () => {
    const { input, handler, handled, reading, receive } = inputRig();
    handler.handleFrame = (bytes, offset) => {
      handled.push(requestIdOf(bytes, offset));
      handler.isAtLimit = true;
      handler.hasRoom = false;
    };
    receive(pings(1, 2, 3));
    assert.deepEqual([handled, reading, input.isReading], [[1], [false], false]);
    input.readOn();
    assert.deepEqual([handled, reading], [[1], [false]], 'there is no room yet');
    handler.isAtLimit = false;
    handler.hasRoom = true;
    input.readOn();
    assert.deepEqual(
      [handled, reading],
      [
        [1, 2],
        [false, false],
      ],
      'the next frame reaches the limit again',
    );
    handler.handleFrame = (bytes, offset) => void handled.push(requestIdOf(bytes, offset));
    handler.isAtLimit = false;
    handler.hasRoom = true;
    input.readOn();
    assert.deepEqual([handled, reading, input.isReading], [[1, 2, 3], [false, false, true], true]);
    input.readOn();
    assert.equal(reading.length, 3, 'it reads already');
  });

  it('waits while the user’s replies fill the budget, and no longer', () => {
    const { handled, reading, receive, replying } = inputRig();
    replying.take(100);
    receive(ping(1));
    assert.deepEqual([handled, reading], [[], [false]]);
    replying.give(100);
    assert.deepEqual([handled, reading], [[1], [false, true]]);
  });

  it('handles a flood in the turns of its user, one frame in each, and does not read meanwhile', () => {
    const { source, turns } = fakeTurns();
    const { input, handled, reading, receive } = inputRig(turns);
    allowNothingAtOnce(source, turns);
    receive(pings(1, 2));
    assert.deepEqual([handled, reading, turns.waiting], [[], [false], 1]);
    input.readOn();
    assert.deepEqual(handled, [], 'a response does not shorten the wait');
    source.run();
    assert.deepEqual([handled, reading, turns.waiting], [[1, 2], [false, true], 0]);
  });

  it('handles nothing in its turn while a limit is reached', () => {
    const { source, turns } = fakeTurns();
    const { input, handler, handled, receive } = inputRig(turns);
    allowNothingAtOnce(source, turns);
    receive(ping(1));
    handler.isAtLimit = true;
    source.run();
    assert.deepEqual([handled, turns.waiting], [[], 0]);
    handler.isAtLimit = false;
    source.nowMs += 1000;
    input.readOn();
    assert.deepEqual(handled, [1]);
  });

  it('handles nothing after a fault, neither in the buffer nor later', () => {
    const { handled, faults, receive } = inputRig();
    receive(Buffer.concat([ping(1), FAULT, ping(2)]));
    receive(ping(3));
    assert.deepEqual([handled, faults], [[1], [ping(1).length]]);
  });

  it('waits for nothing after its end', () => {
    const { source, turns } = fakeTurns();
    const { input, handler, handled, receive, replying } = inputRig(turns);
    allowNothingAtOnce(source, turns);
    receive(pings(1));
    input.end();
    assert.deepEqual([turns.waiting, input.hasPartOfFrame], [0, false]);
    assert.equal(input.serve(), false);
    source.run();
    const other = inputRig();
    other.replying.take(100);
    other.receive(ping(1));
    other.input.end();
    other.replying.give(100);
    handler.hasRoom = true;
    input.readOn();
    replying.give(0);
    assert.deepEqual([handled, other.handled, other.reading], [[], [], [false]]);
  });
});
