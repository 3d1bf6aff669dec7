import assert from 'node:assert/strict';
import { ManagePhysicalPresence } from '../../../ts-core/application/firmware/manage-physical-presence.js';
import type { PhysicalPresence } from '../../../ts-core/application/ports/firmware.js';
import { CALLER_CLASSES } from '../../../ts-core/domain/caller.js';
import { encodeWords, PpiFunction } from '../../../ts-core/domain/firmware/physical-presence-command.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { ALICE, ROOT } from '../../support/callers.js';
import { recordedEvents } from '../../support/recorded-events.js';

const CLEAR = 5;
const ENABLE = 1;
const UNKNOWN = 4711;
/** What a platform does with an operation. */
const STATE = { notImplemented: 0, firmwareOnly: 1, blocked: 2, userRequired: 3, userNotRequired: 4 } as const;

function platformOf(confirmations: ReadonlyMap<number, number> | undefined) {
  const requested: number[] = [];
  const platform: PhysicalPresence = {
    version: async () => '1.3',
    pendingOperation: async () => requested.at(-1) ?? 0,
    transitionAction: async () => 2,
    lastAnswer: async () => ({ operation: CLEAR, result: 0xfffffff0 }),
    confirmations: async () => confirmations,
    request: async (operation) => void requested.push(operation),
  };
  const { events, told } = recordedEvents();
  return { presence: new ManagePhysicalPresence(platform, events), requested, told, platform };
}

function platformWithout(symbol: 'TBS_E_PPI_NOT_SUPPORTED' | 'TBS_E_IOERROR'): ManagePhysicalPresence {
  const { platform } = platformOf(undefined);
  const fail = async () => Promise.reject(new TbsError(symbol));
  const broken = { ...platform, version: fail, pendingOperation: fail, confirmations: fail };
  return new ManagePhysicalPresence(broken, recordedEvents().events);
}

const isRefused = (symbol: string) => (error: unknown) => error instanceof TbsError && error.symbol === symbol;

describe('a request for physical presence', () => {
  it('reaches the firmware if it permits the operation, and raises an event with the caller', async () => {
    for (const [state, userRequired] of [
      [STATE.userRequired, true],
      [STATE.userNotRequired, false],
    ] as const) {
      const { presence, requested, told } = platformOf(new Map([[CLEAR, state]]));
      const { pendingOperation } = await presence.request(ROOT, CLEAR);
      assert.deepEqual([requested, pendingOperation], [[CLEAR], CLEAR]);
      assert.deepEqual(
        told.map(({ kind, userKey, details }) => [kind, userKey, details]),
        [['administration', ROOT.userKey, { operation: CLEAR, userRequired }]],
      );
    }
  });

  it('does not reach a firmware that does not permit the operation, and raises no event', async () => {
    for (const state of [STATE.notImplemented, STATE.firmwareOnly, STATE.blocked, 99]) {
      const { presence, requested, told } = platformOf(new Map([[CLEAR, state]]));
      await assert.rejects(presence.request(ROOT, CLEAR), isRefused('TBS_E_PPI_FUNCTION_UNSUPPORTED'));
      assert.deepEqual([requested, told], [[], []]);
    }
    const { presence } = platformOf(undefined);
    await assert.rejects(presence.request(ROOT, UNKNOWN), isRefused('TBS_E_PPI_FUNCTION_UNSUPPORTED'));
  });

  it('can be withdrawn, whichever operations the firmware reports', async () => {
    const { presence, requested } = platformOf(new Map());
    await presence.request(ROOT, 0);
    assert.deepEqual(requested, [0]);
  });

  it('uses the first operation that is offered, and fails if none is', async () => {
    const offered = platformOf(new Map([[CLEAR, STATE.userRequired]]));
    assert.equal(await offered.presence.requestFirstOffered(ROOT, [ENABLE, CLEAR]), true);
    assert.deepEqual(offered.requested, [CLEAR]);
    assert.equal(await platformOf(new Map()).presence.requestFirstOffered(ROOT, [ENABLE, CLEAR]), false);
  });

  it('has no effect if the platform has no interface, but reports a failure of the platform', async () => {
    const none = platformWithout('TBS_E_PPI_NOT_SUPPORTED');
    assert.equal(await none.requestFirstOffered(ROOT, [CLEAR]), false);
    assert.equal(await none.pendingRequest(), undefined);
    const broken = platformWithout('TBS_E_IOERROR');
    await assert.rejects(broken.requestFirstOffered(ROOT, [CLEAR]), isRefused('TBS_E_IOERROR'));
    await assert.rejects(broken.pendingRequest(), isRefused('TBS_E_IOERROR'));
  });

  it('reports, while it is pending, whether a person must confirm it; in doubt, yes', async () => {
    for (const [confirmations, userRequired] of [
      [new Map([[CLEAR, STATE.userNotRequired]]), false],
      [new Map([[CLEAR, STATE.userRequired]]), true],
      [new Map([[CLEAR, STATE.blocked]]), true],
      [undefined, true],
    ] as const) {
      const { presence, platform } = platformOf(confirmations);
      assert.equal(await presence.pendingRequest(), undefined);
      await platform.request(CLEAR);
      assert.deepEqual(await presence.pendingRequest(), { operation: CLEAR, transitionAction: 2, userRequired });
    }
  });
});

describe('Tbsi_Physical_Presence_Command', () => {
  const words = (bytes: Uint8Array) =>
    Array.from({ length: bytes.length / 4 }, (_, index) => Buffer.from(bytes).readUInt32LE(4 * index));

  it('lets an administrator submit a request, and nobody else', async () => {
    for (const callerClass of CALLER_CLASSES) {
      for (const submit of [PpiFunction.SUBMIT_REQUEST, PpiFunction.SUBMIT_REQUEST_2]) {
        const { presence, requested } = platformOf(new Map([[CLEAR, STATE.userRequired]]));
        const call = presence.command({ ...ALICE, callerClass }, encodeWords(submit, CLEAR));
        if (callerClass === 'administrator') assert.deepEqual(words(await call), [0]);
        else await assert.rejects(call, isRefused('TBS_E_ACCESS_DENIED'));
        assert.deepEqual(requested, callerClass === 'administrator' ? [CLEAR] : []);
      }
    }
  });

  it('answers an unknown operation as not implemented', async () => {
    const { presence, requested } = platformOf(new Map());
    const answer = await presence.command(ROOT, encodeWords(PpiFunction.SUBMIT_REQUEST, UNKNOWN));
    assert.deepEqual([words(answer), requested], [[1], []]);
  });

  it('lets everybody ask', async () => {
    const { presence } = platformOf(new Map([[CLEAR, STATE.userRequired]]));
    const ask = async (...input: readonly number[]) => words(await presence.command(ALICE, encodeWords(...input)));
    assert.deepEqual(await ask(PpiFunction.GET_PENDING), [0, 0]);
    assert.deepEqual(await ask(PpiFunction.GET_TRANSITION), [2]);
    assert.deepEqual(await ask(PpiFunction.GET_RESPONSE), [0, CLEAR, 0xfffffff0]);
    assert.deepEqual(await ask(PpiFunction.GET_CONFIRMATION, CLEAR), [STATE.userRequired]);
    assert.deepEqual(await ask(PpiFunction.GET_CONFIRMATION, ENABLE), [STATE.notImplemented]);
    const version = await presence.command(ALICE, encodeWords(PpiFunction.GET_VERSION));
    assert.match(Buffer.from(version).toString('latin1'), /^1\.3/);
  });

  it('refuses input that is not a function with its arguments', async () => {
    const { presence, requested } = platformOf(new Map([[CLEAR, STATE.userRequired]]));
    for (const input of [
      new Uint8Array(0),
      encodeWords(PpiFunction.SUBMIT_REQUEST),
      encodeWords(PpiFunction.GET_CONFIRMATION),
      encodeWords(PpiFunction.SUBMIT_REQUEST, CLEAR, 0, 0),
    ]) {
      await assert.rejects(presence.command(ROOT, input), isRefused('TBS_E_BAD_PARAMETER'));
    }
    await assert.rejects(presence.command(ROOT, encodeWords(99)), isRefused('TBS_E_PPI_FUNCTION_UNSUPPORTED'));
    assert.deepEqual(requested, []);
  });
});
