import assert from 'node:assert/strict';
import type { Exchange } from '../../../../ts-core/domain/tpm/exchange.js';
import {
  ACTIVE_SESSION_FIRST,
  LOADED_SESSION_FIRST,
  SRK_HANDLE,
  TPM_CAP,
  TPM_CC,
  TPM_PT,
  TPM_PT_GROUP_SIZE,
  TPM_RC,
  TPMA_CC,
  TRANSIENT_FIRST,
} from '../../../../ts-core/domain/tpm20/codes.js';
import { refusal, success } from '../../../../ts-core/domain/tpm20/responses.js';
import {
  CapabilityRejected,
  listAllHandles,
  listCommands,
  listHandles,
  listProperties,
  readResetCounts,
} from '../../../../ts-core/domain/virtualization/tpm20/broker-commands.js';
import { u32 } from '../../../support/tpm20-commands.js';

/** TPMA_CC of a command with one handle, without its code. */
const ONE_HANDLE = 1 << TPMA_CC.HANDLES_SHIFT;
const VENDOR_COMMAND = TPMA_CC.VENDOR + 0x123;

/** Runs an exchange with these responses, and returns its result and the properties that it requested. */
function ask<Result>(exchange: Exchange<Result>, ...responses: Uint8Array[]) {
  const asked: number[] = [];
  let step = exchange.next();
  while (!step.done) {
    if (step.value.length >= 18) asked.push(Buffer.from(step.value).readUInt32BE(14));
    const response = responses.shift();
    assert.ok(response, 'asked once too often');
    step = exchange.next(response);
  }
  assert.equal(responses.length, 0, 'every response was asked for');
  return { result: step.value, asked };
}

function page(capability: number, items: readonly number[], more = false): Uint8Array {
  return success(Uint8Array.from([more ? 1 : 0, ...u32(capability), ...u32(items.length), ...items.flatMap(u32)]));
}

function properties(items: readonly (readonly [number, number])[], more = false): Uint8Array {
  const body = items.flatMap(([number, value]) => [...u32(number), ...u32(value)]);
  return success(Uint8Array.from([more ? 1 : 0, ...u32(TPM_CAP.TPM_PROPERTIES), ...u32(items.length), ...body]));
}

describe('the virtualizer’s own commands to a TPM 2.0', () => {
  it('list handles page by page, and stop at those of another type', () => {
    const { result, asked } = ask(
      listHandles(TRANSIENT_FIRST),
      page(TPM_CAP.HANDLES, [TRANSIENT_FIRST, TRANSIENT_FIRST + 1], true),
      page(TPM_CAP.HANDLES, [TRANSIENT_FIRST + 2, SRK_HANDLE], true),
    );
    assert.deepEqual(result, [TRANSIENT_FIRST, TRANSIENT_FIRST + 1, TRANSIENT_FIRST + 2]);
    assert.deepEqual(asked, [TRANSIENT_FIRST, TRANSIENT_FIRST + 2]);
  });

  it('list saved sessions, which have another type than the requested one', () => {
    const { result, asked } = ask(
      listHandles(ACTIVE_SESSION_FIRST),
      page(TPM_CAP.HANDLES, [LOADED_SESSION_FIRST, LOADED_SESSION_FIRST + 3], true),
      page(TPM_CAP.HANDLES, [LOADED_SESSION_FIRST + 7]),
    );
    assert.deepEqual(result, [LOADED_SESSION_FIRST, LOADED_SESSION_FIRST + 3, LOADED_SESSION_FIRST + 7]);
    assert.deepEqual(asked, [ACTIVE_SESSION_FIRST, ACTIVE_SESSION_FIRST + 4]);
  });

  it('stop if a TPM announces more but returns nothing, and after 64 pages at the latest', () => {
    assert.deepEqual(ask(listHandles(TRANSIENT_FIRST), page(TPM_CAP.HANDLES, [], true)).result, []);
    const endless = Array.from({ length: 64 }, () => page(TPM_CAP.HANDLES, [TRANSIENT_FIRST], true));
    assert.equal(ask(listHandles(TRANSIENT_FIRST), ...endless).result.length, 64);
  });

  it('read nothing beyond the response or beyond the number of items that it announces', () => {
    const whole = page(TPM_CAP.HANDLES, [TRANSIENT_FIRST, TRANSIENT_FIRST + 1]);
    assert.deepEqual(ask(listHandles(TRANSIENT_FIRST), whole.subarray(0, whole.length - 1)).result, [TRANSIENT_FIRST]);
    const longer = Uint8Array.from([...page(TPM_CAP.HANDLES, [TRANSIENT_FIRST]), ...u32(TRANSIENT_FIRST + 1)]);
    assert.deepEqual(ask(listHandles(TRANSIENT_FIRST), longer).result, [TRANSIENT_FIRST]);
    const fixed = properties([
      [TPM_PT.MANUFACTURER, 1],
      [TPM_PT.MAX_COMMAND_SIZE, 4096],
    ]);
    for (let missing = 1; missing <= 8; missing++) {
      const { result } = ask(listProperties(), fixed.subarray(0, fixed.length - missing), properties([]));
      assert.deepEqual([...result], [[TPM_PT.MANUFACTURER, 1]]);
    }
  });

  it('list objects, loaded and saved sessions by their numbers', () => {
    const { result } = ask(
      listAllHandles(),
      page(TPM_CAP.HANDLES, [TRANSIENT_FIRST + 5]),
      page(TPM_CAP.HANDLES, [LOADED_SESSION_FIRST + 1, ACTIVE_SESSION_FIRST + 2]),
      page(TPM_CAP.HANDLES, [LOADED_SESSION_FIRST + 3]),
    );
    assert.deepEqual([...result.transient], [TRANSIENT_FIRST + 5]);
    assert.deepEqual(
      [...result.loadedSessions],
      [
        [1, LOADED_SESSION_FIRST + 1],
        [2, ACTIVE_SESSION_FIRST + 2],
      ],
    );
    assert.deepEqual([...result.savedSessions], [[3, LOADED_SESSION_FIRST + 3]]);
  });

  it('list the commands page by page, vendors’ commands included, and stop at one seen before', () => {
    const { result, asked } = ask(
      listCommands(),
      page(TPM_CAP.COMMANDS, [ONE_HANDLE | TPM_CC.Sign, ONE_HANDLE | VENDOR_COMMAND], true),
      page(TPM_CAP.COMMANDS, [ONE_HANDLE | VENDOR_COMMAND, ONE_HANDLE | TPM_CC.Unseal], true),
    );
    assert.deepEqual(
      result.map(({ code }) => code),
      [TPM_CC.Sign, VENDOR_COMMAND],
    );
    assert.deepEqual(asked, [0, VENDOR_COMMAND + 1]);
  });

  it('list the properties of both groups, each to its end', () => {
    const { result, asked } = ask(
      listProperties(),
      properties([[TPM_PT.MANUFACTURER, 1]], true),
      properties(
        [
          [TPM_PT.MAX_COMMAND_SIZE, 4096],
          [TPM_PT.FIXED + TPM_PT_GROUP_SIZE - 1, 7],
          [TPM_PT.VAR, 9],
        ],
        true,
      ),
      properties([
        [TPM_PT.VAR, 2],
        [TPM_PT.VAR + TPM_PT_GROUP_SIZE - 1, 8],
        [TPM_PT.VAR + TPM_PT_GROUP_SIZE, 9],
      ]),
    );
    assert.deepEqual(
      [...result],
      [
        [TPM_PT.MANUFACTURER, 1],
        [TPM_PT.MAX_COMMAND_SIZE, 4096],
        [TPM_PT.FIXED + TPM_PT_GROUP_SIZE - 1, 7],
        [TPM_PT.VAR, 2],
        [TPM_PT.VAR + TPM_PT_GROUP_SIZE - 1, 8],
      ],
    );
    assert.deepEqual(asked, [TPM_PT.FIXED, TPM_PT.MANUFACTURER + 1, TPM_PT.VAR]);
  });

  it('ignore a property below the requested group', () => {
    const below = properties([[TPM_PT.FIXED - 1, 1]]);
    const { result } = ask(listProperties(), below, properties([[TPM_PT.HR_LOADED, 3]]));
    assert.deepEqual([...result], [[TPM_PT.HR_LOADED, 3]]);
  });

  it('fail with the response code of a TPM that rejects them', () => {
    assert.throws(
      () => ask(listHandles(TRANSIENT_FIRST), refusal(TPM_RC.FAILURE)),
      (error: unknown) =>
        error instanceof CapabilityRejected &&
        error.responseCode === TPM_RC.FAILURE &&
        error.symbol === 'TBS_E_IOERROR' &&
        error.details['capability'] === TPM_CAP.HANDLES,
    );
  });

  it('read how often the TPM was reset and restarted, if it reports that', () => {
    const clock = success(Uint8Array.from([...new Uint8Array(16), ...u32(3), ...u32(4), 1]));
    assert.deepEqual(ask(readResetCounts(), clock).result, { resetCount: 3, restartCount: 4 });
    assert.deepEqual(ask(readResetCounts(), clock.subarray(0, 34)).result, { resetCount: 3, restartCount: 4 });
    assert.equal(ask(readResetCounts(), clock.subarray(0, 33)).result, undefined);
    assert.equal(ask(readResetCounts(), refusal(TPM_RC.COMMAND_CODE)).result, undefined);
  });
});
