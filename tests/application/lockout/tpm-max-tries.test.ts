import assert from 'node:assert/strict';
import { TpmMaxTries } from '../../../ts-core/application/lockout/tpm-max-tries.js';
import { uint32 } from '../../../ts-core/domain/tpm/byte-fields.js';
import { errorResponse, HEADER_BYTES, readUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { Tpm20CommandError } from '../../../ts-core/domain/tpm20/authorized-command.js';
import { TPM_CAP, TPM_CC, TPM_PT, TPM_RC, TPMA_PERMANENT } from '../../../ts-core/domain/tpm20/codes.js';
import { success } from '../../support/answered-exchange.js';
import { dispatcherRig } from '../../support/dispatcher-rig.js';
import { recordedEvents } from '../../support/recorded-events.js';

interface Tpm {
  /** Undefined: the TPM does not report it. */
  readonly maxTries?: number;
  readonly lockoutAuthSet?: boolean;
  readonly answer?: number;
}

function properties(pairs: readonly (readonly [number, number])[]): Uint8Array {
  const list = [uint32(pairs.length), ...pairs.flat().map(uint32)];
  return success(Uint8Array.of(0), uint32(TPM_CAP.TPM_PROPERTIES), ...list);
}

async function fitted(tpm: Tpm, { version = '2.0' as TpmVersion, ownsTpm = true, totalThreshold = 9 } = {}) {
  const { dispatcher, transport, log } = dispatcherRig();
  const { events, told } = recordedEvents();
  const sent: number[] = [];
  let changedTo: number[] | undefined;
  Object.assign(transport, { ownsTpm });
  transport.onTransmit = ({ command, answer }) => {
    const code = readUint32(command, 6);
    sent.push(code);
    if (code === TPM_CC.DictionaryAttackParameters) {
      changedTo = [12, 8, 4].map((fromEnd) => readUint32(command, command.length - fromEnd));
      return answer(tpm.answer === undefined ? success(uint32(0)) : errorResponse('2.0', tpm.answer));
    }
    if (readUint32(command, HEADER_BYTES + 4) === TPM_PT.PERMANENT) {
      const permanent: readonly [number, number] = [
        TPM_PT.PERMANENT,
        tpm.lockoutAuthSet === true ? TPMA_PERMANENT.LOCKOUT_AUTH_SET : 0,
      ];
      const limits: readonly (readonly [number, number])[] =
        tpm.maxTries === undefined
          ? []
          : [
              [TPM_PT.MAX_AUTH_FAIL, tpm.maxTries],
              [TPM_PT.LOCKOUT_INTERVAL, 1000],
              [TPM_PT.LOCKOUT_RECOVERY, 2000],
            ];
      return answer(properties([permanent, ...limits]));
    }
    return answer(errorResponse('2.0', TPM_RC.VALUE));
  };
  const maxTries = new TpmMaxTries({
    version,
    transport,
    dispatcher,
    events,
    log,
    totalThreshold: () => totalThreshold,
  });
  await maxTries.raiseIfNeeded();
  return { changedTo, told, log: log.lines, sent };
}

describe('the TPM’s own limit of failed tries', () => {
  it('is raised to Windows’ value if it is not above the policy’s threshold', async () => {
    for (const maxTries of [3, 9]) {
      const { changedTo, told, log } = await fitted({ maxTries });
      assert.deepEqual(changedTo, [32, 1000, 2000], 'the recovery times stay');
      assert.equal(told[0]?.kind, 'administration');
      assert.deepEqual(told[0].details, { from: maxTries, to: 32, totalThreshold: 9 });
      assert.deepEqual(log, []);
    }
  });

  it('is raised above a threshold that is higher than Windows’ value', async () => {
    const { changedTo } = await fitted({ maxTries: 32 }, { totalThreshold: 50 });
    assert.equal(changedTo?.[0], 51);
  });

  it('is not changed if it is above the threshold or not reported', async () => {
    for (const tpm of [{ maxTries: 10 }, {}]) {
      const { changedTo, told, log } = await fitted(tpm);
      assert.deepEqual([changedTo, told, log], [undefined, [], []]);
    }
  });

  it('is not changed if the lockout authorization is set, because then the owner decides', async () => {
    const { changedTo, told } = await fitted({ maxTries: 3, lockoutAuthSet: true });
    assert.deepEqual([changedTo, told], [undefined, []]);
  });

  it('is not even queried for somebody else’s TPM or a TPM 1.2', async () => {
    for (const options of [{ ownsTpm: false }, { version: '1.2' as const }]) {
      const { sent } = await fitted({ maxTries: 3 }, options);
      assert.deepEqual(sent, []);
    }
  });

  it('is logged if it cannot be raised', async () => {
    const { told, log } = await fitted({ maxTries: 3, answer: TPM_RC.LOCKOUT });
    assert.deepEqual(told, []);
    assert.equal(log[0]?.level, 'warn');
    const { error } = log[0].fields as { readonly error?: unknown };
    assert.ok(error instanceof Tpm20CommandError);
    assert.equal(error.responseCode, TPM_RC.LOCKOUT);
  });
});
