/**
 * Tests the module in a Node.js program: node-powershell 5 with a real broker. Data passes through the environment
 * and files, since the package's quoting is not safe for data.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { PowerShell } from 'node-powershell';
import { REPOSITORY, TestDaemon } from '../support/daemon.js';
import { findPowerShell } from '../support/powershell.js';
import { GET_RANDOM_20 } from '../support/tpm20-commands.js';

/** A PowerShell session and a folder for what it writes. */
class Session {
  readonly #shell: PowerShell;
  readonly #folder: string;

  private constructor(shell: PowerShell, folder: string) {
    this.#shell = shell;
    this.#folder = folder;
  }

  static async open(socket: string, environment: Readonly<Record<string, string>> = {}): Promise<Session> {
    const found = await findPowerShell();
    const folder = await mkdtemp(join(tmpdir(), 'node-powershell-'));
    const shell = new PowerShell({
      executableOptions: { '-NoProfile': true, '-NonInteractive': true },
      spawnOptions: {
        env: {
          ...process.env,
          ...environment,
          // Without it the package waits for ever for the end of the first command.
          TERM: 'dumb',
          PATH: `${found.folder}${delimiter}${process.env['PATH'] ?? ''}`,
          TPMTBS_SOCKET: socket,
          TPMTBS_MODULE: join(REPOSITORY, 'TpmTbs.psd1'),
          TEST_FOLDER: folder,
        },
      },
    });
    const session = new Session(shell, folder);
    await shell.invoke('Import-Module $env:TPMTBS_MODULE');
    return session;
  }

  /** Runs a script that leaves its result in `$result`; gives that as JSON has it. */
  async run(script: string): Promise<unknown> {
    const file = join(this.#folder, 'result.json');
    await this.#shell.invoke(
      `$result = $null; ${script}; [IO.File]::WriteAllText("$env:TEST_FOLDER/result.json", (ConvertTo-Json -InputObject $result -Depth 6 -Compress))`,
    );
    return JSON.parse(await readFile(file, 'utf8'));
  }

  async close(): Promise<void> {
    await this.#shell.dispose();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

describe('the module driven by node-powershell', () => {
  let daemon: TestDaemon;
  let session: Session;

  before(async function () {
    // PowerShell is fetched here on a machine that has none.
    this.timeout(300_000);
    daemon = await TestDaemon.start();
    session = await Session.open(daemon.rpcSocket, { RANDOM_COMMAND: GET_RANDOM_20.toString('hex') });
  });

  after(async () => {
    await session?.close();
    await daemon?.[Symbol.asyncDispose]();
  });

  it('imports, and shows the TPM', async () => {
    const device = await session.run('$result = Get-TbsDeviceInfo | Select-Object TpmVersion, StructVersion');
    assert.deepEqual(device, { TpmVersion: '2.0', StructVersion: 1 });
  });

  it('sends a command from the environment, and gets random bytes', async () => {
    const hex = await session.run('$result = (Submit-TbsCommand $env:RANDOM_COMMAND).ResponseHex');
    assert.match(String(hex), /^800100000014000000000008[0-9A-F]{16}$/);
  });

  it('blocks a command, is refused with a stable ErrorId, and unblocks it', async () => {
    const refused = await session.run(
      'Add-TbsCommandBlock TPM2_GetRandom | Out-Null; ' +
        'try { Submit-TbsCommand $env:RANDOM_COMMAND -ErrorAction Stop } ' +
        'catch { $result = @{ id = $_.FullyQualifiedErrorId; symbol = $_.Exception.Symbol; code = $_.Exception.ResultCode } }; ' +
        'Remove-TbsCommandBlock TPM2_GetRandom | Out-Null',
    );
    assert.deepEqual(refused, {
      id: 'TbsCommandBlocked,TpmTbs.Cmdlets.SubmitTbsCommandCommand',
      symbol: 'TPM_E_COMMAND_BLOCKED',
      code: 0x80280400,
    });
    assert.equal(await session.run('$result = (Submit-TbsCommand $env:RANDOM_COMMAND).ResponseName'), 'TPM_RC_SUCCESS');
  });

  it('keeps its connection and context from one invocation to the next', async () => {
    await session.run('$context = New-TbsContext; $result = 1');
    const own = await session.run('$result = @(Get-TbsContext | Where-Object Own).Count');
    assert.equal(own, 1);
    assert.equal(
      await session.run('$result = (Submit-TbsCommand $env:RANDOM_COMMAND -Context $context).Success'),
      true,
    );
    assert.equal(await session.run('$context | Remove-TbsContext; $result = @(Get-TbsContext).Count'), 0);
  });

  it('reports immediately that there is no broker, and finds one that was started again', async function () {
    this.timeout(60_000);
    await daemon.stop();
    const id = await session.run('try { Get-TbsStatus } catch { $result = $_.FullyQualifiedErrorId }');
    assert.equal(id, 'TbsServiceNotRunning,TpmTbs.Cmdlets.GetTbsStatusCommand');
    await daemon.run();
    assert.equal(await session.run('$result = (Get-TbsStatus).State.ToString()'), 'Running');
  });
});
