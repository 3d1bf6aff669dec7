/** Tests tools/pwsh.mjs and tools/nuget.mjs: an installed PowerShell, or the pinned one, checked against its hash. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { REPOSITORY } from '../support/daemon.js';
import { findPowerShell } from '../support/powershell.js';
import { run } from '../support/run-program.js';

const PACKAGE = 'the package';
/** A process id that nothing has: the highest that Linux allows. */
const NO_PROCESS = '4194304';

describe('tools/pwsh.mjs', function () {
  this.timeout(120_000);

  const tool = path.join(REPOSITORY, 'tools', 'pwsh.mjs');

  describe('as a program', () => {
    it('passes on arguments, input and the exit code', async () => {
      const args = [tool, '-NoProfile', '-CommandWithArgs', '"$($args -join "+") $input"; exit 5', 'a b', "c'd"];
      const { code, stdout } = await run(process.execPath, args, { input: 'in\n' });
      assert.deepEqual([code, stdout], [5, "a b+c'd in\n"]);
    });

    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      it(`passes ${signal} on and ends as PowerShell does`, async () => {
        const args = ['-NoProfile', '-Command', '"started"; Start-Sleep 60'];
        const interrupted = { onFirstLine: (child: ChildProcess) => child.kill(signal) };
        const direct = await run((await findPowerShell()).path, args, interrupted);
        const { code, signal: endedBy, stdout } = await run(process.execPath, [tool, ...args], interrupted);
        assert.deepEqual({ code, signal: endedBy }, { code: direct.code, signal: direct.signal });
        assert.equal(stdout, 'started\n');
      });
    }
  });

  describe('in a new clone', () => {
    let folder: string;
    let copy: string;
    let cache: string;

    beforeEach(() => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pwsh-tool-'));
      const tools = path.join(folder, 'clone', 'tools');
      fs.mkdirSync(tools, { recursive: true });
      fs.mkdirSync(path.join(folder, 'bin'));
      for (const file of ['pwsh.mjs', 'nuget.mjs', 'dotnet.mjs', 'build-lock.mjs', 'run-quietly.mjs']) {
        fs.copyFileSync(path.join(REPOSITORY, 'tools', file), path.join(tools, file));
      }
      pinHashOf(PACKAGE);
      copy = path.join(tools, 'pwsh.mjs');
      cache = path.join(folder, 'clone', '.cache', 'powershell');
      for (const program of ['sh', 'sleep', 'mkdir', 'cat', 'chmod']) {
        fs.symlinkSync(path.join('/bin', program), path.join(folder, 'bin', program));
      }
    });

    afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

    function pinHashOf(content: string) {
      const sha512 = createHash('sha512').update(content).digest('base64');
      const pinned = { powershell: { id: 'PowerShell', version: '7.9.0', sha512 } };
      fs.writeFileSync(path.join(folder, 'clone', 'tools', 'pinned-packages.json'), JSON.stringify(pinned));
    }

    function program(name: string, script: string) {
      fs.writeFileSync(path.join(folder, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }

    /** An SDK that counts what it installs; the PowerShell that it installs prints `fetched`. */
    function sdk(version: string, failure = '') {
      program(
        'dotnet',
        `if [ "$1" = --list-sdks ]; then echo "${version} [/sdk]"; exit 0; fi
echo "$@" >> ${folder}/installs
${failure}
while [ "$1" != --tool-path ]; do shift; done
package="$2/.store/powershell/7.9.0/powershell/7.9.0"
home="$package/tools/net10.0/any/unix"
mkdir -p "$home"; sleep 1
printf '%s' '${PACKAGE}' > "$package/powershell.7.9.0.nupkg"
for pwsh in "$2/pwsh" "$home/pwsh"; do printf '#!/bin/sh\\necho fetched "$@"\\n' > "$pwsh"; chmod +x "$pwsh"; done`,
      );
    }

    const start = () =>
      run(process.execPath, [copy, 'x'], { env: { PATH: path.join(folder, 'bin'), DOTNET_ROOT: undefined } });
    const installs = () => fs.readFileSync(path.join(folder, 'installs'), 'utf8').trim().split('\n');

    it('uses an installed pwsh of version 7.4 or later', async () => {
      program('pwsh', 'if [ "$1" = -Version ]; then echo PowerShell 7.4.0; else echo installed "$@"; fi');
      assert.equal((await start()).stdout, 'installed x\n');
    });

    it('skips an older pwsh and fetches the pinned version', async () => {
      program('pwsh', 'echo PowerShell 7.3.12');
      sdk('10.0.100');
      const { stdout, stderr } = await start();
      assert.equal(stdout, 'fetched x\n');
      assert.match(stderr, /fetching PowerShell 7\.9\.0/);
      assert.match(installs()[0] ?? '', /^tool install PowerShell --version 7\.9\.0 --tool-path/);
    });

    it('says in one line what to install if there is no .NET SDK either', async () => {
      const { code, stderr } = await start();
      assert.equal(code, 69);
      assert.match(
        stderr,
        /^PowerShell 7\.9\.0 is missing, and so is the \.NET SDK 10 [^\n]*dotnet-sdk-10\.0[^\n]*\n$/,
      );
    });

    it('does not use an SDK that is too old', async () => {
      sdk('8.0.100');
      assert.match((await start()).stderr, /so is the \.NET SDK 10/);
    });

    it('fetches once for two callers at the same time, and not again', async () => {
      sdk('10.0.100');
      const both = await Promise.all([start(), start()]);
      assert.deepEqual(
        both.map(({ stdout }) => stdout),
        ['fetched x\n', 'fetched x\n'],
      );
      assert.equal((await start()).stdout, 'fetched x\n');
      assert.equal(installs().length, 1);
    });

    it('runs nothing from a package whose hash is not the pinned one, and deletes it', async () => {
      sdk('10.0.100');
      pinHashOf('another package');
      const { code, stdout, stderr } = await start();
      assert.equal(code, 69);
      assert.equal(stdout, '');
      assert.match(stderr, /not the one of tools\/pinned-packages\.json/);
      assert.deepEqual(fs.readdirSync(cache), []);
    });

    it('shows the output of a failed installation and deletes its files', async () => {
      sdk('10.0.100', 'echo "error NU1101: no such package" >&2; exit 1');
      const { code, stderr } = await start();
      assert.equal(code, 69);
      assert.match(stderr, /dotnet nuget list source[\s\S]*NU1101/);
      assert.deepEqual(fs.readdirSync(cache), []);
    });

    it('takes over the lock of a process that was killed while it fetched', async () => {
      sdk('10.0.100');
      fs.mkdirSync(cache, { recursive: true });
      fs.mkdirSync(path.join(cache, '7.9.0.unfinished'));
      fs.writeFileSync(path.join(cache, '7.9.0.lock'), NO_PROCESS);
      assert.equal((await start()).stdout, 'fetched x\n');
    });
  });
});
