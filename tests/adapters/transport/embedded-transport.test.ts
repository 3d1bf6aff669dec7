import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSameProcess, type ProcessIdentity } from '../../../ts-core/adapters/process-identity.js';
import { createTransport } from '../../../ts-core/adapters/transport/create-transport.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { responseCodeOf } from '../../../ts-core/domain/tpm/command-header.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { TPM_RC } from '../../../ts-core/domain/tpm20/codes.js';
import { getRandom, startup } from '../../support/either-tpm-commands.js';
import { quietLog } from '../../support/quiet-log.js';
import { describeTransportContract, type TransportUnderTest } from './transport-contract.js';

const OPTIONS = { locality: 0, timeoutMs: 5000 };
const BROKER = join(dirname(fileURLToPath(import.meta.url)), 'embedded-broker-process.js');

interface Record {
  readonly swtpm: ProcessIdentity;
}

async function recordIn(stateDirectory: string): Promise<Record> {
  return JSON.parse(await readFile(join(stateDirectory, 'swtpm-process.json'), 'utf8')) as Record;
}

function open(stateDirectory: string, tpmVersion: TpmVersion = '2.0') {
  return createTransport({ kind: 'embedded', tpmVersion, stateDirectory }, { log: quietLog() });
}

async function make(version: TpmVersion): Promise<TransportUnderTest> {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'tpmtbs-embedded-'));
  const transport = await open(stateDirectory, version);
  const pid = (await recordIn(stateDirectory)).swtpm.pid;
  return {
    transport,
    tpmProcessId: () => pid,
    revive: async () => {},
    dispose: async () => {
      await transport.close();
      await rm(stateDirectory, { recursive: true, force: true });
    },
  };
}

describeTransportContract('an embedded TPM', make, { hasLocality: true });

describe('EmbeddedTransport', () => {
  let stateDirectory: string;
  beforeEach(async () => {
    stateDirectory = await mkdtemp(join(tmpdir(), 'tpmtbs-embedded-'));
  });
  afterEach(() => rm(stateDirectory, { recursive: true, force: true }));

  it('keeps the state private, and leaves no socket or record behind', async () => {
    const folder = join(stateDirectory, 'made', 'by', 'itself');
    const transport = await open(folder);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    assert.deepEqual(await transport.exposure(), []);
    await transport.close();
    assert.deepEqual(
      (await readdir(folder)).filter((name) => !name.startsWith('.lock')),
      ['tpm2-00.permall'],
    );
    const state = await readFile(join(folder, 'tpm2-00.permall'));
    const again = await open(folder);
    assert.equal(responseCodeOf(await again.transmit(startup('2.0'), OPTIONS)), 0);
    await again.close();
    assert.equal((await readFile(join(folder, 'tpm2-00.permall'))).length, state.length);
  });

  it('restarts swtpm immediately when it dies, without a command', async () => {
    const transport = await open(stateDirectory);
    const first = (await recordIn(stateDirectory)).swtpm;
    const reset = new Promise<void>((resolve) => {
      transport.onReset = resolve;
    });
    process.kill(first.pid, 'SIGKILL');
    await reset;
    assert.notEqual((await recordIn(stateDirectory)).swtpm.pid, first.pid);
    assert.equal(responseCodeOf(await transport.transmit(startup('2.0'), OPTIONS)), 0);
    await transport.close();
  });

  it('waits for swtpm to be back before it sends a command', async () => {
    const transport = await open(stateDirectory);
    process.kill((await recordIn(stateDirectory)).swtpm.pid, 'SIGKILL');
    await new Promise<void>((resolve) => {
      transport.onReset = resolve;
    });
    for (let round = 0; round < 3; round++) {
      assert.equal(responseCodeOf(await transport.transmit(getRandom('2.0', 8), OPTIONS)), TPM_RC.INITIALIZE);
    }
    await transport.close();
  });

  it('retries with growing pauses while swtpm keeps dying, and closes without waiting for it', async () => {
    const transport = await open(stateDirectory);
    let died = 0;
    for (let round = 0; round < 4; round++) {
      const { pid } = (await recordIn(stateDirectory)).swtpm;
      const back = new Promise<void>((resolve) => {
        transport.onReset = resolve;
      });
      process.kill(pid, 'SIGKILL');
      died++;
      await back;
    }
    assert.equal(died, 4);
    process.kill((await recordIn(stateDirectory)).swtpm.pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 30));
    const began = performance.now();
    await assert.rejects(
      transport.transmit(getRandom('2.0', 8), { locality: 0, timeoutMs: 50 }),
      /swtpm is not running/,
    );
    await transport.close();
    assert.ok(performance.now() - began < 1000, 'the next pause would take 1.6 s');
  });

  it('finds a shorter folder for its sockets if the state folder has a long name', async () => {
    const folder = join(stateDirectory, 'x'.repeat(100));
    const transport = await open(folder);
    assert.equal(responseCodeOf(await transport.transmit(startup('2.0'), OPTIONS)), 0);
    await transport.close();
  });

  it('names the Debian package if swtpm is not installed', async () => {
    await assert.rejects(
      createTransport(
        { kind: 'embedded', tpmVersion: '2.0', stateDirectory, swtpmProgram: 'swtpm-that-is-not-there' },
        { log: quietLog() },
      ),
      (error) =>
        error instanceof TbsError &&
        error.symbol === 'TBS_E_TPM_NOT_FOUND' &&
        /apt-get install swtpm/.test(error.action),
    );
  });

  it('reports swtpm’s output if it does not start', async () => {
    await mkdir(join(stateDirectory, 'tpm2-00.permall'));
    await assert.rejects(open(stateDirectory), /swtpm did not start: .*\S/s);
  });

  it('refuses a state folder that another running broker uses', async () => {
    const transport = await open(stateDirectory);
    await assert.rejects(open(stateDirectory), /in use by the broker with process id/);
    assert.equal(responseCodeOf(await transport.transmit(startup('2.0'), OPTIONS)), 0);
    await transport.close();
  });

  it('ends its swtpm when the broker is killed, and the next broker starts on the same state', async () => {
    const broker = spawn(process.execPath, [BROKER, stateDirectory], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => broker.stdout.once('data', resolve));
    const { swtpm } = await recordIn(stateDirectory);
    assert.ok(isSameProcess(swtpm));
    broker.kill('SIGKILL');
    await new Promise((resolve) => broker.once('exit', resolve));
    const transport = await open(stateDirectory);
    assert.equal(isSameProcess(swtpm), false);
    assert.equal(responseCodeOf(await transport.transmit(startup('2.0'), OPTIONS)), 0);
    await transport.close();
  });

  it('protects swtpm from Ctrl+C, which a terminal sends to the broker’s process group', async () => {
    const transport = await open(stateDirectory);
    const groupOf = async (pid: number | 'self') =>
      (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[2];
    const { swtpm } = await recordIn(stateDirectory);
    assert.equal(await groupOf(swtpm.pid), `${swtpm.pid}`);
    assert.notEqual(await groupOf('self'), `${swtpm.pid}`);
    await transport.close();
  });

  it('ends a swtpm that has outlived its broker', async () => {
    const broker = spawn(process.execPath, [BROKER, stateDirectory], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => broker.stdout.once('data', resolve));
    const { swtpm } = await recordIn(stateDirectory);
    // A stopped process gets SIGTERM only when it continues, so it outlives its broker as on a system without setpriv.
    process.kill(swtpm.pid, 'SIGSTOP');
    broker.kill('SIGKILL');
    await new Promise((resolve) => broker.once('exit', resolve));
    const transport = await open(stateDirectory);
    assert.equal(isSameProcess(swtpm), false);
    await transport.close();
  });
});
