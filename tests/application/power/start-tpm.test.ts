import assert from 'node:assert/strict';
import {
  askStarted,
  restartTpm,
  saveTpmState,
  shutDownTpm,
  startTpm,
  startTpmIfNeeded,
} from '../../../ts-core/application/power/start-tpm.js';
import { errorResponse, readUint32 } from '../../../ts-core/domain/tpm/command-header.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { TPM_ORD, TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_CC, TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import { answered } from '../../support/answered-exchange.js';
import { ScriptedTransport } from '../../support/scripted-transport.js';
import { shutdown, startup } from '../../support/tpm20-commands.js';

/** A transport that answers with these codes, in order. */
function answering(version: TpmVersion, ...codes: readonly number[]) {
  const transport = new ScriptedTransport();
  transport.onTransmit = ({ answer }) => answer(errorResponse(version, codes[transport.sent.length - 1] ?? 0));
  const sent = () => transport.sent.map(({ command }) => Buffer.from(command));
  return { transport, sent };
}

const NOT_STARTED = { '2.0': TPM_RC.INITIALIZE, '1.2': TPM_RESULT.INVALID_POSTINIT } as const;
const STARTUP = { '2.0': TPM_CC.Startup, '1.2': TPM_ORD.Startup } as const;
const CLEAR = Buffer.from(startup('clear'));
const STATE = Buffer.from(startup('state'));

describe('starting the TPM', () => {
  it('succeeds if the TPM has started, or responds that it is already started', async () => {
    for (const code of [0, TPM_RC.INITIALIZE]) {
      const { transport, sent } = answering('2.0', code);
      await startTpm(transport, '2.0');
      assert.deepEqual(sent(), [CLEAR]);
    }
    await startTpm(answering('1.2', TPM_RESULT.INVALID_POSTINIT).transport, '1.2');
  });

  it('fails with the TPM’s code if the TPM rejects it, and names a firmware upgrade', async () => {
    const refused = startTpm(answering('2.0', TPM_RC.FAILURE).transport, '2.0');
    await assert.rejects(refused, { symbol: 'TBS_E_IOERROR', details: { responseCode: TPM_RC.FAILURE } });
    await assert.rejects(
      startTpm(answering('2.0', TPM_RC.UPGRADE).transport, '2.0'),
      /firmware upgrade is in progress/,
    );
    await assert.rejects(
      startTpm(answering('1.2', TPM_RC.UPGRADE).transport, '1.2'),
      (error: Error) => !/upgrade/.test(error.message),
    );
  });

  it('happens only if the TPM answers that it needs it', async () => {
    for (const version of ['2.0', '1.2'] as const) {
      const codeOf = ({ command }: { readonly command: Uint8Array }) => readUint32(command, 6);
      const question = version === '2.0' ? TPM_CC.GetCapability : TPM_ORD.GetTick;
      const started = answering(version, 0);
      await startTpmIfNeeded(started.transport, version);
      assert.deepEqual(started.transport.sent.map(codeOf), [question]);
      const fresh = answering(version, NOT_STARTED[version], 0);
      await startTpmIfNeeded(fresh.transport, version);
      assert.deepEqual(fresh.transport.sent.map(codeOf), [question, STARTUP[version]]);
    }
  });

  it('fails if the TPM needs it and rejects it', async () => {
    const refused = startTpmIfNeeded(answering('2.0', TPM_RC.INITIALIZE, TPM_RC.FAILURE).transport, '2.0');
    await assert.rejects(refused, { symbol: 'TBS_E_IOERROR' });
  });

  it('is checked by a single command, whatever its response', () => {
    for (const code of [0, TPM_RC.INITIALIZE, TPM_RC.FAILURE]) {
      const { sent } = answered(askStarted('2.0'), errorResponse('2.0', code));
      assert.deepEqual(
        sent.map((command) => readUint32(command, 6)),
        [TPM_CC.GetCapability],
      );
    }
  });
});

describe('restarting the TPM after a suspend', () => {
  it('requests the saved state if it was saved, and keeps everything with it', async () => {
    for (const code of [0, TPM_RC.INITIALIZE]) {
      const { transport, sent } = answering('2.0', code);
      assert.equal(await restartTpm(transport, '2.0', true), 'kept');
      assert.deepEqual(sent(), [STATE]);
    }
  });

  it('starts from scratch if nothing was saved or the TPM rejects the saved state', async () => {
    const unsaved = answering('2.0', 0);
    assert.equal(await restartTpm(unsaved.transport, '2.0', false), 'lost');
    assert.deepEqual(unsaved.sent(), [CLEAR]);
    const refused = answering('2.0', TPM_RC.FAILURE, 0);
    assert.equal(await restartTpm(refused.transport, '2.0', true), 'lost');
    assert.deepEqual(refused.sent(), [STATE, CLEAR]);
  });

  it('recognizes a TPM that never lost its power', async () => {
    const { transport } = answering('2.0', TPM_RC.INITIALIZE);
    assert.equal(await restartTpm(transport, '2.0', false), 'kept');
  });

  it('fails if the TPM does not start at all', async () => {
    const { transport } = answering('2.0', TPM_RC.FAILURE, TPM_RC.FAILURE);
    await assert.rejects(restartTpm(transport, '2.0', true), { symbol: 'TBS_E_IOERROR' });
  });

  it('power-cycles a TPM 1.2 that rejected its saved state, because it is then in failure mode', async () => {
    for (const [version, resets] of [
      ['1.2', 1],
      ['2.0', 0],
    ] as const) {
      const { transport } = answering(version, TPM_RESULT.FAIL, 0);
      let count = 0;
      Object.assign(transport, { reset: async () => void count++ });
      assert.equal(await restartTpm(transport, version, true), 'lost');
      assert.equal(count, resets);
    }
  });
});

describe('stopping the TPM', () => {
  it('is orderly: a TPM 2.0 discards its volatile state, and a TPM 1.2 saves its state', async () => {
    const ofTwo = answering('2.0');
    await shutDownTpm(ofTwo.transport, '2.0');
    assert.deepEqual(ofTwo.sent(), [Buffer.from(shutdown('clear'))]);
    const ofOne = answering('1.2');
    await shutDownTpm(ofOne.transport, '1.2');
    assert.equal(readUint32(ofOne.sent()[0] as Buffer, 6), TPM_ORD.SaveState);
  });

  it('before a suspend saves the state, and fails if the TPM does not', () => {
    const { sent } = answered(saveTpmState('2.0'), errorResponse('2.0', 0));
    assert.deepEqual(
      sent.map((command) => Buffer.from(command)),
      [Buffer.from(shutdown('state'))],
    );
    assert.throws(() => answered(saveTpmState('2.0'), errorResponse('2.0', TPM_RC.FAILURE)), {
      symbol: 'TBS_E_IOERROR',
      details: { responseCode: TPM_RC.FAILURE },
    });
  });
});
