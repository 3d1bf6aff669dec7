/**
 * The requirements for every transport. Each kind of transport runs this suite for both TPM versions against a real
 * software TPM.
 */
import assert from 'node:assert/strict';
import { detectTpm } from '../../../ts-core/adapters/transport/detect-version.js';
import type { TpmTransport } from '../../../ts-core/application/ports/tpm-transport.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { readUint16, readUint32, responseCodeOf } from '../../../ts-core/domain/tpm/command-header.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { TPM_RESULT } from '../../../ts-core/domain/tpm12/codes.js';
import { TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import { getRandom, startup, unknownCommand } from '../../support/either-tpm-commands.js';
import { contextSave, createRsaPrimary, extendPcr20, flushContext } from '../../support/tpm20-commands.js';

export interface TransportUnderTest {
  readonly transport: TpmTransport;
  /** Process id of the software TPM behind it. */
  tpmProcessId(): number;
  /** Restarts the TPM after its process was killed; does nothing if the transport restarts it. */
  revive(): Promise<void>;
  dispose(): Promise<void>;
}

export interface ContractOptions {
  /** Whether the transport supports localities. */
  readonly hasLocality: boolean;
}

const OPTIONS = { locality: 0, timeoutMs: 10_000 };

export function describeTransportContract(
  name: string,
  make: (version: TpmVersion) => Promise<TransportUnderTest>,
  { hasLocality }: ContractOptions,
): void {
  for (const version of ['2.0', '1.2'] as const) {
    describe(`${name} with a TPM ${version}`, () => {
      let subject: TransportUnderTest;
      let transport: TpmTransport;

      beforeEach(async () => {
        subject = await make(version);
        transport = subject.transport;
      });
      afterEach(() => subject.dispose());

      const send = (command: Uint8Array, timeoutMs = OPTIONS.timeoutMs) =>
        transport.transmit(command, { locality: 0, timeoutMs });
      const start = async () => assert.equal(responseCodeOf(await send(startup(version))), 0);
      const random = async (byteCount: number) => {
        const response = await send(getRandom(version, byteCount));
        assert.equal(responseCodeOf(response), 0);
        return version === '2.0'
          ? response.subarray(12, 12 + readUint16(response, 10))
          : response.subarray(14, 14 + readUint32(response, 10));
      };

      it('determines the version by a command, before and after Startup', async () => {
        assert.deepEqual(await detectTpm(transport, 5000), { version, waitsForStartup: true });
        await start();
        assert.deepEqual(await detectTpm(transport, 5000), { version, waitsForStartup: false });
      });

      it('transfers commands and responses, errors included', async () => {
        await start();
        assert.equal((await random(16)).length, 16);
        assert.notDeepEqual(await random(16), await random(16));
        const refused = await send(unknownCommand(version));
        assert.equal(refused.length, 10);
        assert.notEqual(responseCodeOf(refused), 0);
        assert.equal((await random(8)).length, 8);
      });

      it('transfers the largest responses', async () => {
        await start();
        if (version === '1.2') {
          assert.ok((await random(4000)).length > 1000);
          return;
        }
        const created = await send(createRsaPrimary());
        assert.equal(responseCodeOf(created), 0);
        const saved = await send(contextSave(readUint32(created, 10)));
        assert.equal(responseCodeOf(saved), 0);
        assert.ok(saved.length > 1000);
        assert.equal(responseCodeOf(await send(flushContext(readUint32(created, 10)))), 0);
      });

      it('gives up on a TPM that does not answer, and never takes a late response for the next one', async () => {
        await start();
        process.kill(subject.tpmProcessId(), 'SIGSTOP');
        const began = performance.now();
        await assert.rejects(send(unknownCommand(version), 100), isIoError);
        assert.ok(performance.now() - began < 1000);
        process.kill(subject.tpmProcessId(), 'SIGCONT');
        for (let count = 8; count <= 12; count++) assert.equal((await random(count)).length, count);
      });

      it('fails the command in progress when the TPM vanishes, and works again when it is back, reporting the loss', async () => {
        await start();
        let resets = 0;
        transport.onReset = () => {
          resets++;
        };
        await random(8);
        const pid = subject.tpmProcessId();
        process.kill(pid, 'SIGSTOP');
        const inFlight = assert.rejects(send(getRandom(version, 8), 5000), isIoError);
        process.kill(pid, 'SIGKILL');
        await inFlight;
        await subject.revive();
        const state = await eventually(() => detectTpm(transport, 2000));
        assert.deepEqual(state, { version, waitsForStartup: true });
        assert.equal(resets, 1);
        await start();
        assert.equal((await random(8)).length, 8);
      });

      it('requests cancellation of the running command only, whose response still arrives', async () => {
        await start();
        await transport.cancel();
        const running = send(version === '2.0' ? createRsaPrimary() : getRandom(version, 4000));
        await transport.cancel();
        const response = await running;
        assert.equal(response.length, readUint32(response, 2));
        for (let count = 1; count <= 5; count++) assert.equal((await random(8)).length, 8);
      });

      it(hasLocality ? 'sends at the locality asked for' : 'refuses localities above 0', async () => {
        await start();
        const atLocality = (locality: number) =>
          transport.transmit(version === '2.0' ? extendPcr20() : getRandom(version, 8), { locality, timeoutMs: 5000 });
        if (!hasLocality) {
          assert.equal(transport.maxLocality, 0);
          await assert.rejects(atLocality(1), isIoError);
          assert.equal((await random(8)).length, 8);
          return;
        }
        const badLocality = version === '2.0' ? TPM_RC.LOCALITY : TPM_RESULT.SUCCESS;
        assert.equal(responseCodeOf(await atLocality(0)), badLocality);
        assert.equal(responseCodeOf(await atLocality(2)), 0);
        assert.equal(responseCodeOf(await atLocality(0)), badLocality);
      });

      it('refuses a second command while one runs, and every command after close', async () => {
        await start();
        const running = send(getRandom(version, 8));
        await assert.rejects(send(getRandom(version, 8)), isIoError);
        assert.equal(responseCodeOf(await running), 0);
        await transport.close();
        await assert.rejects(send(getRandom(version, 8)), isIoError);
        await transport.close();
      });

      it('answers or fails the command in progress when it is closed', async () => {
        await start();
        process.kill(subject.tpmProcessId(), 'SIGSTOP');
        const inFlight = send(getRandom(version, 8), 15_000).then(responseCodeOf, isIoError);
        const closing = transport.close();
        process.kill(subject.tpmProcessId(), 'SIGCONT');
        assert.ok([0, true].includes(await inFlight));
        await closing;
      });
    });
  }
}

export function isIoError(error: unknown): boolean {
  assert.ok(error instanceof TbsError);
  assert.equal(error.symbol, 'TBS_E_IOERROR');
  return true;
}

/** A transport may need a moment to notice and repair a loss; until then, commands fail but none hangs. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  const giveUpAtMs = performance.now() + 8000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > giveUpAtMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
