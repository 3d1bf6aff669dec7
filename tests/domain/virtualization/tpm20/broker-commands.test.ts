import assert from 'node:assert/strict';
import type { Exchange } from '../../../../ts-core/domain/tpm/exchange.js';
import { TPM_CAP, TPM_PT, TPM_RC, TRANSIENT_FIRST } from '../../../../ts-core/domain/tpm20/codes.js';
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
      page(TPM_CAP.HANDLES, [0x80000000, 0x80000001], true),
      page(TPM_CAP.HANDLES, [0x80000002, 0x81000001], true),
    );
    assert.deepEqual(result, [0x80000000, 0x80000001, 0x80000002]);
    assert.deepEqual(asked, [0x80000000, 0x80000002]);
  });

  it('list saved sessions, which have another type than the requested one', () => {
    const { result, asked } = ask(
      listHandles(0x03000000),
      page(TPM_CAP.HANDLES, [0x02000000, 0x02000003], true),
      page(TPM_CAP.HANDLES, [0x02000007]),
    );
    assert.deepEqual(result, [0x02000000, 0x02000003, 0x02000007]);
    assert.deepEqual(asked, [0x03000000, 0x03000004]);
  });

  it('stop if a TPM announces more but returns nothing, and after 64 pages at the latest', () => {
    assert.deepEqual(ask(listHandles(TRANSIENT_FIRST), page(TPM_CAP.HANDLES, [], true)).result, []);
    const endless = Array.from({ length: 64 }, () => page(TPM_CAP.HANDLES, [TRANSIENT_FIRST], true));
    assert.equal(ask(listHandles(TRANSIENT_FIRST), ...endless).result.length, 64);
  });

  it('read nothing beyond the response or beyond the number of items that it announces', () => {
    const whole = page(TPM_CAP.HANDLES, [0x80000000, 0x80000001]);
    assert.deepEqual(ask(listHandles(TRANSIENT_FIRST), whole.subarray(0, whole.length - 1)).result, [0x80000000]);
    const longer = Uint8Array.from([...page(TPM_CAP.HANDLES, [0x80000000]), ...u32(0x80000001)]);
    assert.deepEqual(ask(listHandles(TRANSIENT_FIRST), longer).result, [0x80000000]);
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
      page(TPM_CAP.HANDLES, [0x80000005]),
      page(TPM_CAP.HANDLES, [0x02000001, 0x03000002]),
      page(TPM_CAP.HANDLES, [0x02000003]),
    );
    assert.deepEqual([...result.transient], [0x80000005]);
    assert.deepEqual(
      [...result.loadedSessions],
      [
        [1, 0x02000001],
        [2, 0x03000002],
      ],
    );
    assert.deepEqual([...result.savedSessions], [[3, 0x02000003]]);
  });

  it('list the commands page by page, vendors’ commands included, and stop at one seen before', () => {
    const { result, asked } = ask(
      listCommands(),
      page(TPM_CAP.COMMANDS, [0x0200015d, 0x22000123], true),
      page(TPM_CAP.COMMANDS, [0x22000123, 0x0200015e], true),
    );
    assert.deepEqual(
      result.map(({ code }) => code),
      [0x15d, 0x20000123],
    );
    assert.deepEqual(asked, [0, 0x20000124]);
  });

  it('list the properties of both groups, each to its end', () => {
    const { result, asked } = ask(
      listProperties(),
      properties([[TPM_PT.MANUFACTURER, 1]], true),
      properties(
        [
          [TPM_PT.MAX_COMMAND_SIZE, 4096],
          [0x1ff, 7],
          [TPM_PT.VAR, 9],
        ],
        true,
      ),
      properties([
        [TPM_PT.VAR, 2],
        [0x2ff, 8],
        [0x300, 9],
      ]),
    );
    assert.deepEqual(
      [...result],
      [
        [TPM_PT.MANUFACTURER, 1],
        [TPM_PT.MAX_COMMAND_SIZE, 4096],
        [0x1ff, 7],
        [TPM_PT.VAR, 2],
        [0x2ff, 8],
      ],
    );
    assert.deepEqual(asked, [TPM_PT.FIXED, TPM_PT.MANUFACTURER + 1, TPM_PT.VAR]);
  });

  it('ignore a property below the requested group', () => {
    const below = properties([[0x0ff, 1]]);
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
