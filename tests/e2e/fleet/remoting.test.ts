/** Tests PowerShell remoting over SSH to machines that each have a broker, and examples/fleet.ps1. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from '../../support/daemon.js';
import { Fleet, type FleetMachine, fleetSize, startBroker, whyNoFleet } from '../../support/fleet/fleet.js';
import { findPowerShell, type PowerShellProgram } from '../../support/powershell.js';
import type { Run } from '../../support/run-program.js';

describe('PowerShell remoting to a fleet', function () {
  this.timeout(1_200_000);
  let fleet: Fleet;
  let powershell: PowerShellProgram;

  before(async function () {
    const reason = whyNoFleet('swtpm');
    if (reason !== undefined) {
      console.log(`    skipped: ${reason}`);
      this.skip();
    }
    powershell = await findPowerShell();
    fleet = await Fleet.start(fleetSize(), {
      sshdConfiguration: [`Subsystem powershell ${powershell.path} -sshs -NoLogo -NoProfile`, ...dotnetOfMachines()],
      atStart: [
        'mkdir -p /usr/local/share/powershell/Modules',
        `ln -sfn '${REPOSITORY}' /usr/local/share/powershell/Modules/TpmTbs`,
      ],
    });
    for (const machine of fleet.machines) await startBroker(fleet, machine);
  });
  after(() => fleet?.[Symbol.asyncDispose]());

  const addresses = (machines: readonly FleetMachine[] = fleet.machines): string =>
    machines.map(({ address }) => `'${address}'`).join(',');

  const connection = (): string =>
    `UserName = 'root'; KeyFilePath = '${fleet.privateKey}'; Options = @{ UserKnownHostsFile = '${fleet.knownHosts}' }`;

  const pwsh = (script: string): Promise<Run> =>
    fleet.run(powershell.path, ['-NoProfile', '-NonInteractive', '-Command', script]);

  it('results keep the names of their types, their views and numbers, and name their machine', async () => {
    const { stdout, stderr } = await pwsh(`
      $connection = @{ HostName = ${addresses()}; ${connection()} }
      $answers = Invoke-Command @connection { Import-Module TpmTbs; Get-TbsStatus; Get-TbsPolicy; Get-TbsLockout }
      ConvertTo-Json -Compress @($answers | ForEach-Object {
        @{ type = $_.PSTypeNames[0]; machine = $_.PSComputerName; threshold = $_.IndividualThreshold; health = $_.Health; warnings = @($_.Warnings | ForEach-Object Message) }
      })
      Import-Module '${join(REPOSITORY, 'TpmTbs.psd1')}'
      $answers | Where-Object { $_.PSTypeNames[0] -eq 'Deserialized.TpmTbs.Lockout' } | Select-Object -First 1 | Out-String
    `);
    const [json = '[]', ...shown] = stdout.split('\n');
    const answers = JSON.parse(json) as {
      type: string;
      machine: string;
      threshold: unknown;
      health: string;
      warnings: string[];
    }[];
    const of = (type: string) => answers.filter((answer) => answer.type === `Deserialized.TpmTbs.${type}`);
    const machines = fleet.machines.map(({ address }) => address).sort();
    for (const type of ['Status', 'Lockout']) {
      assert.deepEqual(
        of(type)
          .map(({ machine }) => machine)
          .sort(),
        machines,
        stderr,
      );
    }
    assert.ok(of('Lockout').every(({ threshold }) => threshold === 4));
    for (const { health, warnings } of of('Status'))
      assert.deepEqual({ health, warnings }, { health: 'Works', warnings: [] });
    assert.ok(of('PolicySetting').length > 10 * machines.length);
    // Only the module's own view shows AllUsers: no property has that name.
    assert.match(shown.join('\n'), /AllUsers\s+:.*0 of 9 failures/);
  });

  it('an error of a cmdlet arrives with its ErrorId and the machine', async () => {
    const { stdout } = await pwsh(`
      $connection = @{ HostName = ${addresses(fleet.machines.slice(0, 1))}; ${connection()} }
      Invoke-Command @connection { Import-Module TpmTbs; Set-TbsPolicy -Setting @{ maxContexts = 0 } -Confirm:$false } -ErrorVariable problem -ErrorAction SilentlyContinue
      "$($problem[0].FullyQualifiedErrorId) $($problem[0].OriginInfo.PSComputerName)"
    `);
    assert.equal(stdout.trim(), 'TbsBadParameter,TpmTbs.Cmdlets.SetTbsPolicyCommand 10.77.0.1');
  });

  describe('examples/fleet.ps1', () => {
    function gather(machines: readonly FleetMachine[], ...options: string[]): Promise<Run & { rows: Row[] }> {
      return gatherFrom(addresses(machines), ...options);
    }

    async function gatherFrom(names: string, ...options: string[]): Promise<Run & { rows: Row[] }> {
      const [csv, html] = ['fleet.csv', 'fleet.html'].map((name) => join(fleet.folder, name));
      const result = await pwsh(`
        $options = @{ UserName = 'root'; KeyFilePath = '${fleet.privateKey}'; SshOption = @{ UserKnownHostsFile = '${fleet.knownHosts}' } }
        ${names} | & '${join(REPOSITORY, 'examples', 'fleet.ps1')}' @options -Csv '${csv}' -Html '${html}' ${options.join(' ')} | Out-Null
        $code = $LASTEXITCODE
        ConvertTo-Json -Compress @(Import-Csv '${csv}')
        exit $code
      `);
      // Messages of ssh itself come first.
      return { ...result, rows: JSON.parse(result.stdout.trimEnd().split('\n').at(-1) ?? '') };
    }

    async function requiredPolicy(settings: object): Promise<string> {
      const file = join(fleet.folder, 'required.json');
      await writeFile(file, JSON.stringify(settings));
      return file;
    }

    it('reports every machine as compliant, in CSV and HTML', async () => {
      const policy = await requiredPolicy({ standardUserAuthorizationFailureIndividualThreshold: 4 });
      const { code, rows, stderr } = await gather(fleet.machines, `-Policy '${policy}'`, '-TimeoutSeconds 300');
      assert.deepEqual(
        rows.map(({ HostName, State }) => `${HostName} ${State}`).sort(),
        fleet.machines.map(({ address }) => `${address} compliant`).sort(),
        stderr,
      );
      assert.equal(code, 0);
      const page = readFileSync(join(fleet.folder, 'fleet.html'), 'utf8');
      for (const { address } of fleet.machines) assert.ok(page.includes(`<td>${address}</td><td>compliant</td>`), page);
    });

    it('reports the machine whose policy differs, with the setting and its source', async () => {
      const [machine] = fleet.machines as [FleetMachine];
      const policy = await requiredPolicy({ standardUserAuthorizationFailureIndividualThreshold: 3 });
      const { code, rows } = await gather([machine], `-Policy '${policy}'`, '-TimeoutSeconds 300');
      assert.equal(rows[0]?.State, 'notCompliant');
      assert.equal(rows[0]?.Differences, 'standardUserAuthorizationFailureIndividualThreshold is 4, set by default');
      assert.equal(code, 1);
    });

    it('reports a machine that is down or hangs, without waiting longer than allowed', async function () {
      if (fleet.machines.length < 3) this.skip();
      const [hung, down] = fleet.machines.slice(-2) as [FleetMachine, FleetMachine];
      await fleet.turnOff(down);
      await fleet.runOn(hung, 'sh', ['-c', 'kill -STOP $(pgrep -o sshd)']);
      const { code, rows } = await gather([hung, down], '-TimeoutSeconds 10');
      assert.equal(rows.length, 2);
      for (const { State } of rows) assert.match(State, /^(unreachable|timedOut)$/);
      assert.equal(code, 2);
    });

    it('skips empty names, and reports one that is no name of a machine', async () => {
      const { code, rows } = await gatherFrom(`'', 'no name', ' '`);
      assert.deepEqual(
        rows.map(({ HostName, State }) => [HostName, State]),
        [['no name', 'failed']],
      );
      assert.equal(code, 2);
    });

    it('reports a machine whose broker is not running, with the reason', async () => {
      const [machine] = fleet.machines as [FleetMachine];
      await fleet.runOn(machine, '/etc/init.d/tpmtbs', ['stop']);
      const { code, rows } = await gather([machine], '-TimeoutSeconds 300');
      assert.equal(rows[0]?.State, 'failed', JSON.stringify(rows));
      assert.match(rows[0]?.Problem ?? '', /broker/);
      assert.equal(code, 2);
    });
  });
});

interface Row {
  readonly HostName: string;
  readonly State: string;
  readonly Problem: string;
  readonly Differences: string;
}

/** Returns the line of sshd_config with which a PowerShell that was fetched as a tool finds .NET. */
function dotnetOfMachines(): readonly string[] {
  const root = process.env['DOTNET_ROOT'];
  return root === undefined ? [] : [`SetEnv DOTNET_ROOT=${root}`];
}
