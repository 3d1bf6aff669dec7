import assert from 'node:assert/strict';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { MAX_RESPONSE_PAYLOAD_BYTES, Operation } from '../../../ts-core/endpoints/wire/frame.js';
import { WireCalls } from '../../../ts-core/endpoints/wire/wire-calls.js';
import type { WireServices } from '../../../ts-core/endpoints/wire/wire-services.js';
import { ALICE } from '../../support/callers.js';
import { directOpener } from '../../support/direct-opener.js';
import { ScriptedTransport } from '../../support/scripted-transport.js';

const NOTHING = new Uint8Array(0);

function fields(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt32LE(value, 4 * index);
  });
  return bytes;
}

function setUp(log: Uint8Array = NOTHING) {
  const asked: unknown[] = [];
  const services: WireServices = {
    deviceInfo: () => ({ tpmVersion: '2.0', interfaceType: 3, implementationRevision: 7 }),
    ownerAuth: async (caller, type) => {
      asked.push(['ownerAuth', caller, type]);
      return Uint8Array.of(1, 2);
    },
    tcgLog: async (caller, logType) => {
      asked.push(['tcgLog', caller, logType]);
      return log;
    },
    physicalPresence: async (caller, input) => {
      asked.push(['physicalPresence', caller, input]);
      return Uint8Array.of(9);
    },
    revokeAttestation: async (caller) => void asked.push(['revokeAttestation', caller]),
  };
  const opener = directOpener(new ScriptedTransport(), '2.0');
  const calls = new WireCalls(opener.connect(ALICE), services);
  const open = (versions = 3) => {
    const answer = calls.call(Operation.OPEN_CONTEXT, 0, fields(versions));
    assert.ok(answer instanceof Uint8Array);
    return Buffer.from(answer).readUInt32LE(0);
  };
  return { calls, opener, asked, open };
}

const refusedWith = (symbol: string) => (error: unknown) => error instanceof TbsError && error.symbol === symbol;

describe('the calls of a wire connection', () => {
  it('open contexts, and know their version until they are closed', () => {
    const { calls, opener, open } = setUp();
    const contextId = open();
    assert.deepEqual([calls.versionOf(contextId), opener.openContexts()], ['2.0', 1]);
    assert.equal(calls.call(Operation.CLOSE_CONTEXT, contextId, NOTHING), calls.call(Operation.PING, 0, NOTHING));
    assert.deepEqual([calls.versionOf(contextId), opener.openContexts()], [undefined, 0]);
  });

  it('know no version that the wire does not name, and open nothing for it', () => {
    const { calls, opener } = setUp();
    for (const bits of [4, 7, 0xffffffff]) {
      assert.throws(
        () => calls.call(Operation.OPEN_CONTEXT, 0, fields(bits)),
        refusedWith('TBS_E_INVALID_CONTEXT_PARAM'),
      );
    }
    assert.equal(opener.openContexts(), 0);
  });

  it('give the owner authorization and physical presence only to who has a context of this connection', async () => {
    const { calls, asked, open } = setUp();
    const other = setUp();
    const foreign = other.open() + 1;
    for (const [operation, payload] of [
      [Operation.GET_OWNER_AUTH, fields(1)],
      [Operation.PHYSICAL_PRESENCE, fields(1)],
    ] as const) {
      assert.throws(() => calls.call(operation, foreign, payload), refusedWith('TBS_E_INVALID_CONTEXT'));
    }
    assert.deepEqual(asked, []);
    const contextId = open();
    assert.deepEqual(await calls.call(Operation.GET_OWNER_AUTH, contextId, fields(2)), Uint8Array.of(1, 2));
    assert.deepEqual(await calls.call(Operation.PHYSICAL_PRESENCE, contextId, Uint8Array.of(5)), Uint8Array.of(9));
    assert.deepEqual(asked, [
      ['ownerAuth', ALICE, 2],
      ['physicalPresence', ALICE, Uint8Array.of(5)],
    ]);
    calls.call(Operation.CLOSE_CONTEXT, contextId, NOTHING);
    assert.throws(
      () => calls.call(Operation.GET_OWNER_AUTH, contextId, fields(2)),
      refusedWith('TBS_E_INVALID_CONTEXT'),
    );
  });

  it('pass on a copy of the input, since the frame’s bytes are used again', async () => {
    const { calls, asked, open } = setUp();
    const input = Uint8Array.of(5);
    await calls.call(Operation.PHYSICAL_PRESENCE, open(), input);
    input[0] = 0;
    assert.deepEqual(asked, [['physicalPresence', ALICE, Uint8Array.of(5)]]);
  });

  it('refuse a payload of another length than the operation’s, before anything happens', () => {
    const { calls, opener, asked, open } = setUp();
    const contextId = open();
    const { OPEN_CONTEXT, GET_OWNER_AUTH, CLOSE_CONTEXT, CANCEL, DEVICE_INFO, REVOKE_ATTESTATION, PING } = Operation;
    for (const [operations, lengths] of [
      [
        [OPEN_CONTEXT, GET_OWNER_AUTH],
        [0, 3, 5, 8],
      ],
      [
        [CLOSE_CONTEXT, CANCEL, DEVICE_INFO, REVOKE_ATTESTATION, PING],
        [1, 4],
      ],
    ] as const) {
      for (const operation of operations) {
        for (const length of lengths) {
          assert.throws(
            () => calls.call(operation, contextId, new Uint8Array(length)),
            refusedWith('TBS_E_BAD_PARAMETER'),
          );
        }
      }
    }
    assert.deepEqual([opener.openContexts(), opener.connections[0]?.cancelled, asked], [1, [], []]);
  });

  it('refuse operations that the protocol does not have', () => {
    const { calls, open } = setUp();
    const known = new Set<number>(Object.values(Operation));
    const contextId = open();
    for (const operation of [0, 255, 0x7fff].filter((each) => !known.has(each))) {
      assert.throws(() => calls.call(operation, contextId, NOTHING), refusedWith('TBS_E_BAD_PARAMETER'));
    }
  });

  it('give the log in pieces that fit a response, with its whole length, and nothing behind its end', async () => {
    const log = Uint8Array.from({ length: MAX_RESPONSE_PAYLOAD_BYTES + 100 }, (_, index) => index % 251);
    const { calls } = setUp(log);
    const pieces: Uint8Array[] = [];
    for (let offset = 0; ; ) {
      const answer = Buffer.from(await calls.call(Operation.GET_TCG_LOG, 0, fields(0, offset)));
      assert.equal(answer.readUInt32LE(0), log.length);
      assert.ok(answer.length <= MAX_RESPONSE_PAYLOAD_BYTES);
      if (answer.length === 4) break;
      pieces.push(answer.subarray(4));
      offset += answer.length - 4;
    }
    assert.equal(pieces.length, 2);
    assert.deepEqual(Buffer.concat(pieces), Buffer.from(log));
    const behind = await calls.call(Operation.GET_TCG_LOG, 0, fields(0, 0xffffffff));
    assert.equal(behind.length, 4);
    await assert.rejects(
      async () => calls.call(Operation.GET_TCG_LOG, 0, fields(0)),
      refusedWith('TBS_E_BAD_PARAMETER'),
    );
  });

  it('cancel and revoke for the caller, and describe the device', async () => {
    const { calls, opener, asked, open } = setUp();
    const contextId = open();
    assert.deepEqual(calls.call(Operation.CANCEL, contextId, NOTHING), NOTHING);
    assert.deepEqual(opener.connections[0]?.cancelled, [contextId]);
    assert.deepEqual(await calls.call(Operation.REVOKE_ATTESTATION, 0, NOTHING), NOTHING);
    assert.deepEqual(asked, [['revokeAttestation', ALICE]]);
    const info = calls.call(Operation.DEVICE_INFO, 0, NOTHING);
    assert.deepEqual(info, new Uint8Array(fields(1, 2, 3, 7)));
  });
});
