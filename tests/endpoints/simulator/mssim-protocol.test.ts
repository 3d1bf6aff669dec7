import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  commandReply,
  handshakeReply,
  MSSIM,
  MSSIM_ACKNOWLEDGED,
  MSSIM_REFUSED,
  mssimExtent,
  sentCommand,
} from '../../../ts-core/endpoints/simulator/mssim-protocol.js';
import { MAX_COMMAND_BYTES } from '../../../ts-core/endpoints/simulator/tpm-request.js';
import { getRandom } from '../../support/tpm20-commands.js';

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function sendCommand(command: Uint8Array, { locality = 0, length = command.length } = {}): Buffer {
  return Buffer.concat([word(MSSIM.sendCommand), Buffer.of(locality), word(length), command]);
}

describe('the Microsoft simulator’s protocol', () => {
  it('takes a command whole, with its locality, whatever follows it', () => {
    const command = getRandom(8);
    const whole = sendCommand(command, { locality: 3 });
    for (let length = 0; length < whole.length; length++) {
      assert.deepEqual(mssimExtent(whole.subarray(0, length)), { kind: 'incomplete' });
    }
    assert.deepEqual(mssimExtent(Buffer.concat([whole, whole])), { kind: 'complete', bytes: whole.length });
    assert.deepEqual(sentCommand(whole), { locality: 3, command: Buffer.from(command) });
  });

  it('refuses a length that no command has as soon as it is read, so that nothing is kept for it', () => {
    const lengths = fc.oneof(
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: MAX_COMMAND_BYTES + 1, max: 0xffffffff }),
    );
    fc.assert(
      fc.property(lengths, (length) => {
        assert.deepEqual(mssimExtent(sendCommand(new Uint8Array(0), { length })), {
          kind: 'refused',
          reply: MSSIM_REFUSED,
        });
      }),
    );
    for (const length of [10, MAX_COMMAND_BYTES]) {
      assert.deepEqual(mssimExtent(sendCommand(new Uint8Array(length))), { kind: 'complete', bytes: 9 + length });
    }
  });

  it('takes the other requests by their number, and refuses one that it does not know', () => {
    const known = new Set<number>(Object.values(MSSIM));
    for (const code of known) {
      if (code === MSSIM.sendCommand || code === MSSIM.remoteHandshake) continue;
      assert.deepEqual(mssimExtent(word(code)), { kind: 'complete', bytes: 4 });
    }
    fc.assert(
      fc.property(
        fc.nat(0xffffffff).filter((code) => !known.has(code)),
        (code) => assert.deepEqual(mssimExtent(word(code)), { kind: 'refused', reply: MSSIM_REFUSED }),
      ),
    );
    assert.deepEqual(mssimExtent(word(MSSIM.remoteHandshake)), { kind: 'incomplete' });
    const handshake = Buffer.concat([word(MSSIM.remoteHandshake), word(1)]);
    assert.deepEqual(mssimExtent(handshake), { kind: 'complete', bytes: 8 });
  });

  it('frames a response with its length before it and an acknowledgement behind it', () => {
    const response = Uint8Array.of(0x80, 0x01, 0, 0, 0, 10, 0, 0, 0, 0);
    assert.deepEqual(Buffer.from(commandReply(response)), Buffer.concat([word(10), response, MSSIM_ACKNOWLEDGED]));
    assert.deepEqual(Buffer.from(handshakeReply()), Buffer.concat([word(1), word(1), MSSIM_ACKNOWLEDGED]));
  });
});
