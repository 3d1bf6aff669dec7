import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from '../../../ts-core/adapters/transport/create-transport.js';
import type { PassedOverTpm } from '../../../ts-core/application/ports/tpm-transport.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { startFaultyTpm } from '../../support/faulty-tpm.js';
import { quietLog } from '../../support/quiet-log.js';
import { startSwtpm } from '../../support/swtpm.js';
import { startTerminalTpm } from '../../support/terminal-tpm.js';
import { describeTransportContract, type TransportUnderTest } from './transport-contract.js';

const NO_DEVICE = ['/nonexistent/tpm0', '/nonexistent/tpmrm0'];

async function make(version: TpmVersion): Promise<TransportUnderTest> {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'tpmtbs-auto-'));
  const transport = await createTransport(
    { kind: 'auto', devices: NO_DEVICE, embedded: { tpmVersion: version, stateDirectory } },
    { log: quietLog() },
  );
  const record = JSON.parse(await readFile(join(stateDirectory, 'swtpm-process.json'), 'utf8')) as {
    swtpm: { pid: number };
  };
  return {
    transport,
    tpmProcessId: () => record.swtpm.pid,
    revive: async () => {},
    dispose: async () => {
      await transport.close();
      await rm(stateDirectory, { recursive: true, force: true });
    },
  };
}

describeTransportContract('auto', make, { hasLocality: true });

describe('auto transport', () => {
  it('prefers a device to a socket', async () => {
    await using terminal = await startTerminalTpm({ version: '2.0' });
    await using tpm = await startSwtpm({ version: '2.0' });
    const transport = await createTransport(
      { kind: 'auto', devices: ['/nonexistent/tpm0', terminal.devicePath], swtpm: [{ data: { path: tpm.dataPath } }] },
      { log: quietLog() },
    );
    assert.equal(transport.description, `device ${terminal.devicePath}`);
    await transport.close();
  });

  it('skips a listener that is not a TPM, and missing devices', async () => {
    await using impostor = await startFaultyTpm((_command, peer) => peer.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await using tpm = await startSwtpm({ version: '1.2' });
    const swtpm = ['/nonexistent/sock', impostor.path, tpm.dataPath].map((path) => ({ data: { path } }));
    const passedOver: PassedOverTpm[] = [];
    const transport = await createTransport(
      { kind: 'auto', devices: NO_DEVICE, swtpm },
      { log: quietLog(), onPassedOver: (each) => passedOver.push(each) },
    );
    assert.equal(transport.description, `swtpm unix:${tpm.dataPath}`);
    assert.deepEqual(
      passedOver.map(({ transport }) => transport),
      [...NO_DEVICE.map((path) => `device ${path}`), 'swtpm unix:/nonexistent/sock', `swtpm unix:${impostor.path}`],
    );
    assert.equal(passedOver[0]?.reason, `There is no TPM at ${NO_DEVICE[0]}.`);
    await transport.close();
  });

  it('starts its own TPM only if that is allowed, and reports what it tried', async () => {
    await assert.rejects(
      createTransport(
        { kind: 'auto', devices: NO_DEVICE, swtpm: [{ data: { path: '/nonexistent/sock' } }] },
        { log: quietLog() },
      ),
      (error) =>
        error instanceof TbsError &&
        error.symbol === 'TBS_E_TPM_NOT_FOUND' &&
        [...NO_DEVICE, '/nonexistent/sock'].every((path) => error.message.includes(path)),
    );
  });
});
