// Installs, updates and uninstalls the PowerShell module from a local repository with PSResourceGet, and uses it.
//   node packaging/tests/powershell.mjs      after `npm run build`
// Uses a temporary home folder, because PSResourceGet stores its repositories and modules there.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { findPowerShell } from '../../tools/pwsh.mjs';
import { buildNupkg } from '../nupkg.mjs';
import { check, finish, root, run, skipIf } from './checks.mjs';

skipIf(
  existsSync(path.join(root, 'module', 'bin', 'net8.0')) ? undefined : 'the module is not built: run `npm run build`',
);

const { path: shell } = await findPowerShell();
const scratch = mkdtempSync(path.join(tmpdir(), 'tpmtbs-nupkg-'));
const feed = path.join(scratch, 'feed');
const epoch = 1_790_000_000;
try {
  mkdirSync(feed);
  await check('is built twice to the same bytes', () => {
    mkdirSync(path.join(scratch, 'again'));
    const packages = [feed, path.join(scratch, 'again')].map((folder) =>
      buildNupkg({ folder, version: '1.0.0', epoch }),
    );
    const [first, second] = packages.map((file) => readFileSync(file));
    if (!first.equals(second)) throw new Error('the packages differ');
  });
  await check('is found in a repository', () => {
    pwsh(`Register-PSResourceRepository -Name Local -Uri '${feed}' -Trusted`);
    expectLines(
      pwsh('Find-PSResource TpmTbs -Repository Local | ForEach-Object { "$($_.Version) $($_.Type) $($_.Author)" }'),
      ['1.0.0 Module TpmTbs contributors'],
    );
  });
  await check('is installed, and its cmdlets are found and run', () => {
    pwsh('Install-PSResource TpmTbs -Repository Local');
    expectLines(pwsh('(Get-Command Get-TbsStatus).Version.ToString(); (Get-Help about_TpmTbs).Length -gt 500'), [
      '1.0.0',
      'True',
    ]);
    // No broker listens on this socket, so the cmdlet can get no further.
    const question = "try { Get-TbsStatus -ErrorAction Stop } catch { ($_.FullyQualifiedErrorId -split ',')[0] }";
    expectLines(pwsh(question), ['TbsServiceNotRunning']);
  });
  await check('is updated, to a prerelease only where that is asked for', () => {
    buildNupkg({ folder: feed, version: '1.2.0-snapshot1', epoch });
    buildNupkg({ folder: feed, version: '1.1.0', epoch });
    pwsh('Update-PSResource TpmTbs -Repository Local');
    expectLines(pwsh('(Get-Command Get-TbsStatus).Version.ToString()'), ['1.1.0']);
    pwsh('Update-PSResource TpmTbs -Repository Local -Prerelease');
    expectLines(
      pwsh('Get-InstalledPSResource TpmTbs | ForEach-Object { "$($_.Version) $($_.Prerelease)".Trim() } | Sort-Object'),
      ['1.0.0', '1.1.0', '1.2.0 snapshot1'],
    );
  });
  await check('is uninstalled without a trace', () => {
    pwsh(
      "Uninstall-PSResource TpmTbs -Version '*' -Prerelease; Uninstall-PSResource TpmTbs -Version '*' -ErrorAction SilentlyContinue",
    );
    expectLines(
      pwsh('@(Get-Module -ListAvailable TpmTbs).Count; @(Get-InstalledPSResource TpmTbs -ErrorAction Ignore).Count'),
      ['0', '0'],
    );
    const modules = path.join(scratch, '.local/share/powershell/Modules/TpmTbs');
    if (existsSync(modules)) throw new Error(`${execFileSync('find', [modules], { encoding: 'utf8' })} is still there`);
  });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
finish();

function pwsh(script) {
  const env = { ...process.env, HOME: scratch, TPMTBS_SOCKET: path.join(scratch, 'none.sock') };
  for (const name of ['XDG_DATA_HOME', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'PSModulePath']) delete env[name];
  const text = `$ErrorActionPreference = 'Stop'; $ProgressPreference = 'SilentlyContinue'; ${script}`;
  return run(shell, ['-NoProfile', '-NonInteractive', '-Command', text], { env });
}

function expectLines(output, lines) {
  const found = output.trim().split('\n');
  if (JSON.stringify(found) !== JSON.stringify(lines))
    throw new Error(`${JSON.stringify(found)}, not ${JSON.stringify(lines)}`);
}
