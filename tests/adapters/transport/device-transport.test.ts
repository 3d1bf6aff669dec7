import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createTransport } from '../../../ts-core/adapters/transport/create-transport.js';
import { siblingNodes } from '../../../ts-core/adapters/transport/device-exposure.js';
import { DeviceTransport } from '../../../ts-core/adapters/transport/device-transport.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { responseCodeOf } from '../../../ts-core/domain/tpm/command-header.js';
import type { TpmVersion } from '../../../ts-core/domain/tpm/tpm-version.js';
import { getRandom, startup } from '../../support/either-tpm-commands.js';
import { quietLog } from '../../support/quiet-log.js';
import { readableRepository } from '../../support/readable-repository.js';
import { startTerminalTpm, type TerminalTpm, terminalOf } from '../../support/terminal-tpm.js';
import { describeTransportContract, type TransportUnderTest } from './transport-contract.js';

const OPTIONS = { locality: 0, timeoutMs: 5000 };
const ORDINARY_USER = ['--reuid=12345', '--regid=12345', '--clear-groups', '--'];
const DEVICE_USER = 'build/tests/adapters/transport/device-user-process.js';

const openDevice = (path: string) => createTransport({ kind: 'device', path }, { log: quietLog() });

async function make(version: TpmVersion): Promise<TransportUnderTest> {
  const terminal = await startTerminalTpm({ version });
  const transport = await openDevice(terminal.devicePath);
  return {
    transport,
    tpmProcessId: () => terminal.tpm.pid,
    revive: () => terminal.restart(),
    dispose: async () => {
      await transport.close();
      await terminal.stop();
    },
  };
}

describeTransportContract('a device (terminal joined to swtpm)', make, { hasLocality: false });

describe('DeviceTransport', () => {
  it('works with a device that tpm2-tss’ own device TCTI accepts as well', async () => {
    await using terminal = await startTerminalTpm({ version: '2.0', startup: true });
    const keptOpen = await open(terminal.devicePath, 'r+');
    const { stdout } = await promisify(execFile)('tpm2_getrandom', ['--hex', '8'], {
      env: { ...process.env, TPM2TOOLS_TCTI: `device:${terminal.devicePath}` },
    });
    assert.match(stdout, /^[0-9a-f]{16}$/);
    await keptOpen.close();
  });

  it('reports that there is no TPM if there is no device', async () => {
    const transport = await openDevice('/nonexistent/tpm0');
    await assert.rejects(
      transport.transmit(getRandom('2.0', 8), OPTIONS),
      (error) =>
        error instanceof TbsError &&
        error.symbol === 'TBS_E_TPM_NOT_FOUND' &&
        /\/nonexistent\/tpm0/.test(error.message),
    );
  });

  describe('when the TPM is lost and returns', () => {
    let terminal: TerminalTpm;
    let sysClassTpm: string;
    let transport: DeviceTransport;
    let told: string[];
    beforeEach(async () => {
      terminal = await startTerminalTpm({ version: '2.0' });
      sysClassTpm = join(terminal.tpm.dir, 'sys-class-tpm');
      await kernelNames('tpm0', 'MSFT0101:00');
      transport = await DeviceTransport.create({ kind: 'device', path: terminal.devicePath }, quietLog(), sysClassTpm);
      told = [];
      transport.onReset = () => told.push('reset');
      transport.onReturned = () => told.push('returned');
      await transport.transmit(startup('2.0'), OPTIONS);
    });
    afterEach(async () => {
      await transport.close();
      await terminal.stop();
    });

    /** /sys/class/tpm/NAME/device leads to the hardware device. */
    async function kernelNames(name: string, hardware: string): Promise<void> {
      const hardwareFolder = join(terminal.tpm.dir, 'sys-devices', hardware);
      await mkdir(hardwareFolder, { recursive: true });
      await mkdir(join(sysClassTpm, name), { recursive: true });
      await symlink(hardwareFolder, join(sysClassTpm, name, 'device'));
    }

    it('notices without a command that the device is gone', async () => {
      assert.equal(await transport.isGone(), false);
      await terminal.unplug();
      assert.equal(await transport.isGone(), true);
      await assert.rejects(transport.transmit(getRandom('2.0', 8), OPTIONS), /its device is gone/);
    });

    it('continues with the same TPM, which may have kept its state', async () => {
      await terminal.unplug();
      await assert.rejects(transport.transmit(getRandom('2.0', 8), OPTIONS));
      await terminal.plugIn();
      assert.equal(responseCodeOf(await transport.transmit(getRandom('2.0', 8), OPTIONS)), 0);
      assert.deepEqual(told, ['returned']);
    });

    it('finds the same hardware under another name, and reports that name', async () => {
      await terminal.unplug();
      await assert.rejects(transport.transmit(getRandom('2.0', 8), OPTIONS));
      await rm(join(sysClassTpm, 'tpm0'), { recursive: true });
      await kernelNames('tpm1', 'MSFT0101:00');
      const elsewhere = join(dirname(terminal.devicePath), 'tpm1');
      await terminal.plugIn(elsewhere);
      assert.equal(responseCodeOf(await transport.transmit(getRandom('2.0', 8), OPTIONS)), 0);
      assert.equal(transport.description, `device ${elsewhere}`);
      assert.equal(transport.tpmName, 'tpm1');
    });

    it('does not use other hardware instead', async () => {
      await terminal.unplug();
      await assert.rejects(transport.transmit(getRandom('2.0', 8), OPTIONS));
      await rm(join(sysClassTpm, 'tpm0'), { recursive: true });
      await kernelNames('tpm1', 'vtpm-proxy');
      await terminal.plugIn(join(dirname(terminal.devicePath), 'tpm1'));
      await assert.rejects(transport.transmit(getRandom('2.0', 8), OPTIONS), /its device is gone/);
      assert.equal(transport.tpmName, 'tpm0');
    });
  });

  it('names the process that holds the device', async function () {
    if (process.getuid?.() !== 0) return this.skip(); // needs a second user: root is never refused an exclusive terminal
    await using terminal = await startTerminalTpm({ version: '2.0' });
    const path = await terminalOf(terminal.devicePath);
    await chmod(path, 0o666);
    // TIOCEXCL: further opens fail with EBUSY, as those of /dev/tpm0 do while a program has it open.
    const script = 'open F, "+<", $ARGV[0] or die; ioctl F, 0x540C, 0 or die; $| = 1; print "held\n"; sleep 60';
    const holder = spawn('setpriv', [...ORDINARY_USER, 'perl', '-e', script, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await firstLine(holder);
    const program = join(readableRepository(), DEVICE_USER);
    const user = spawn('setpriv', [...ORDINARY_USER, process.execPath, program, path], {
      cwd: '/',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const printed = await firstLine(user);
    holder.kill();
    assert.match(printed, new RegExp(`TBS_E_IOERROR .*held by process ${holder.pid} \\(perl\\)`));
  });

  it('warns if others can open the device or hold it', async () => {
    await using terminal = await startTerminalTpm({ version: '2.0' });
    const path = await terminalOf(terminal.devicePath);
    const transport = await openDevice(path);
    await transport.transmit(startup('2.0'), OPTIONS);
    await chmod(path, 0o600);
    const alone = await transport.exposure();
    assert.ok(
      alone.every((line) => !line.includes('can be opened')),
      alone.join('\n'),
    );
    assert.ok(!alone.some((line) => line.includes(`process ${process.pid} `)));
    await chmod(path, 0o666);
    const holder = spawn('perl', ['-e', 'open F, "+<", $ARGV[0] or die; $| = 1; print "held\n"; sleep 60', path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await firstLine(holder);
    const found = (await transport.exposure()).join('\n');
    holder.kill();
    assert.match(found, /can be opened by every user/);
    assert.match(found, new RegExp(`open in process ${holder.pid} \\(perl\\)`));
    await transport.close();
  });

  it('checks both device nodes of a TPM', () => {
    assert.deepEqual(siblingNodes('/dev/tpm0'), ['/dev/tpmrm0']);
    assert.deepEqual(siblingNodes('/dev/tpmrm12'), ['/dev/tpm12']);
    assert.deepEqual(siblingNodes('/dev/pts/3'), []);
  });

  describe('with a cancel file', () => {
    let directory: string;
    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'tpmtbs-device-'));
      await mkdir(join(directory, 'class', 'tpm7', 'device'), { recursive: true });
    });
    afterEach(() => rm(directory, { recursive: true, force: true }));

    it('cancels the running command through it, and no other', async () => {
      await using terminal = await startTerminalTpm({ version: '1.2' });
      const path = join(directory, 'tpm7');
      await symlink(await terminalOf(terminal.devicePath), path);
      const cancelFile = join(directory, 'class', 'tpm7', 'device', 'cancel');
      await writeFile(cancelFile, '');
      // The link's target is a terminal; what counts is the node that the configuration names.
      const transport = await DeviceTransport.create({ kind: 'device', path }, quietLog(), join(directory, 'class'));
      assert.equal(transport.cancellation, 'sysfs');
      await transport.cancel();
      assert.equal(await readFile(cancelFile, 'utf8'), '');
      const running = transport.transmit(startup('1.2'), OPTIONS);
      await transport.cancel();
      assert.equal(await readFile(cancelFile, 'utf8'), '-');
      assert.equal(responseCodeOf(await running), 0);
      await transport.close();
    });

    it('cannot cancel if the kernel has no such file', async () => {
      const transport = await DeviceTransport.create(
        { kind: 'device', path: '/dev/tpm7' },
        quietLog(),
        join(directory, 'class'),
      );
      assert.equal(transport.cancellation, 'none');
    });
  });
});

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', (text) => resolve(String(text)));
    child.once('exit', (code) => reject(new Error(`the process ended with ${code}`)));
  });
}
