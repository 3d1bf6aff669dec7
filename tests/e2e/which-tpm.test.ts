/** Tests which TPM a real tbsd uses, and that it refuses to use another one instead. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Status } from '../../ts-core/endpoints/rpc/protocol/status.js';
import { REPOSITORY, TestDaemon } from '../support/daemon.js';
import { startTerminalTpm, terminalOf } from '../support/terminal-tpm.js';

const isRoot = process.getuid?.() === 0;
const NO_SYS_ADMIN = ['--bounding-set', '-sys_admin', '--inh-caps', '-sys_admin', '--'];

describe('the TPM of the system’s broker', function () {
  this.timeout(60_000);
  let folder: string;
  before(function () {
    if (!isRoot) this.skip(); // only root's broker is the system's
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'which-tpm-'));
    await mkdir(join(folder, 'dev'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Writes a configuration with this transport, in which everything else belongs to the test. */
  async function configure(transport: object): Promise<string> {
    const file = join(folder, 'tbsd.json');
    const configuration = {
      stateFolder: join(folder, 'state'),
      sockets: { rpc: join(folder, 'rpc.sock'), wire: join(folder, 'wire.sock') },
      policy: { folder: join(folder, 'policy.d') },
      audit: { path: join(folder, 'audit.jsonl') },
      log: { path: join(folder, 'tbsd.log') },
      power: { logind: false },
      transport: { embedded: { stateFolder: join(folder, 'embedded-tpm') }, ...transport },
    };
    await writeFile(file, JSON.stringify(configuration), { mode: 0o600 });
    return file;
  }

  const tbsd = (file: string) =>
    spawnSync('setpriv', [...NO_SYS_ADMIN, process.execPath, join(REPOSITORY, 'bin', 'tbsd.js'), '--config', file], {
      encoding: 'utf8',
      timeout: 30_000,
    });

  it('is refused if its device is missing: no software TPM is created', async () => {
    const { status, stderr } = tbsd(await configure({ device: { paths: [join(folder, 'dev', 'tpm0')] } }));
    assert.equal(status, 69, stderr);
    assert.match(stderr, /^tbsd: TBS_E_TPM_NOT_FOUND: There is no TPM at \S+\/dev\/tpm0\. Turn the TPM on/);
    assert.match(stderr, /set transport\.kind to embedded in tbsd\.json\.\n$/);
    assert.equal(existsSync(join(folder, 'embedded-tpm')), false);
  });

  it('is refused if its device is missing, and the error names the devices that exist', async () => {
    await writeFile(join(folder, 'dev', 'tpm1'), '');
    const { stderr } = tbsd(await configure({ device: { paths: [join(folder, 'dev', 'tpm0')] } }));
    assert.match(stderr, /There is \S+\/dev\/tpm1: name the right one in transport\.device\.paths\./);
  });

  it('is refused while another process holds it; the error names the process', async () => {
    await using terminal = await startTerminalTpm({ version: '2.0' });
    const holder = await holdExclusively(await terminalOf(terminal.devicePath));
    try {
      const { status, stderr } = tbsd(await configure({ device: { paths: [terminal.devicePath] } }));
      assert.equal(status, 74, stderr);
      assert.match(stderr, new RegExp(`it is held by .*process ${holder.pid} \\(perl\\)\\. Stop what holds `));
      assert.deepEqual((await readdir(folder)).includes('embedded-tpm'), false);
    } finally {
      holder.kill();
    }
  });

  it('may be another one if the configuration allows it, which status shows as long as it is used', async () => {
    await using daemon = await TestDaemon.start({
      configuration: { transport: { kind: 'auto', device: { paths: [join(folder, 'dev', 'tpm0')] }, ...embedded() } },
    });
    const client = await daemon.connect();
    for (let round = 0; round < 2; round++) {
      const status = await client.call<Status>('status/get');
      assert.equal(status.standIn?.kind, 'softwareTpm');
      assert.match(status.standIn?.passedOver[0]?.reason ?? '', /There is no TPM at /);
      assert.ok(status.warnings.some(({ id }) => id === 'tpmStandsIn'));
    }
    client.close();
  });

  it('is reported as a software TPM if it is one, even if it is configured', async () => {
    await using daemon = await TestDaemon.start();
    const client = await daemon.connect();
    const status = await client.call<Status>('status/get');
    assert.deepEqual(status.standIn, { kind: 'softwareTpm', passedOver: [] });
    assert.ok(!status.warnings.some(({ id }) => id === 'tpmStandsIn'));
    client.close();
  });

  function embedded() {
    return { embedded: { stateFolder: join(folder, 'embedded-tpm') } };
  }
});

/** Holds a terminal with TIOCEXCL: another open fails with EBUSY, as for /dev/tpm0 while a program holds it. */
async function holdExclusively(terminal: string): Promise<ChildProcess> {
  await chmod(terminal, 0o666);
  const script = 'open F, "+<", $ARGV[0] or die; ioctl F, 0x540C, 0 or die; $| = 1; print "held\\n"; sleep 60';
  const holder = spawn('perl', ['-e', script, terminal], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => holder.stdout?.once('data', resolve));
  return holder;
}
