import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { powerShellHost, repositoryRoot, run } from './powershell-process.js';

describe('tools/pwsh.mjs', function () {
  this.timeout(60_000);

  const useHost = { TPMTBS_POWERSHELL_HOST: '1' };
  const tool = path.join(repositoryRoot, 'tools', 'pwsh.mjs');

  describe('as a program', () => {
    before(async function () {
      this.timeout(300_000);
      await powerShellHost();
    });

    it('passes arguments, input and the exit code through', async () => {
      const args = [tool, '-NoProfile', '-CommandWithArgs', '"$($args -join "+") $input"; exit 5', 'a b', "c'd"];
      const { code, stdout } = await run(process.execPath, args, { input: 'in\n', env: useHost });
      assert.deepEqual([code, stdout], [5, "a b+c'd in\n"]);
    });

    for (const [signal, ending] of [
      ['SIGINT', { code: 130, signal: null }],
      ['SIGTERM', { code: null, signal: 'SIGTERM' }],
    ] as const) {
      it(`passes ${signal} on and ends as PowerShell ended`, async () => {
        const args = [tool, '-NoProfile', '-Command', '"started"; Start-Sleep 60'];
        const done = await run(process.execPath, args, { env: useHost, onFirstOutput: (child) => child.kill(signal) });
        assert.deepEqual({ code: done.code, signal: done.signal }, ending);
        assert.equal(done.stdout, 'started\n');
      });
    }
  });

  describe('where the host is not built yet', () => {
    let folder: string;
    let copy: string;

    beforeEach(() => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pwsh-tool-'));
      copy = path.join(folder, 'checkout', 'tools', 'pwsh.mjs');
      fs.mkdirSync(path.join(folder, 'checkout', 'tools', 'powershell-host'), { recursive: true });
      fs.mkdirSync(path.join(folder, 'bin'));
      for (const file of ['pwsh.mjs', 'build-lock.mjs']) {
        fs.copyFileSync(path.join(repositoryRoot, 'tools', file), path.join(path.dirname(copy), file));
      }
      fs.writeFileSync(path.join(folder, 'checkout', 'tools', 'powershell-host', 'Program.cs'), '// one');
      for (const program of ['sh', 'sleep', 'mkdir', 'cat', 'chmod']) {
        fs.symlinkSync(path.join('/bin', program), path.join(folder, 'bin', program));
      }
    });

    afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

    /** An SDK that counts its builds; what it builds prints `built`. */
    function fakeSdk(version: string, build = '') {
      const script = `#!/bin/sh
if [ "$1" = --list-sdks ]; then echo "${version} [/sdk]"; exit 0; fi
echo build >> ${folder}/builds
${build}
while [ "$1" != -o ]; do shift; done
mkdir -p "$2"; sleep 1
printf '#!/bin/sh\\necho built "$@"\\n' > "$2/pwsh"; chmod +x "$2/pwsh"
`;
      fs.writeFileSync(path.join(folder, 'bin', 'dotnet'), script, { mode: 0o755 });
    }

    const start = () =>
      run(process.execPath, [copy, 'x'], { env: { PATH: path.join(folder, 'bin'), DOTNET_ROOT: undefined } });
    const builds = () => fs.readFileSync(path.join(folder, 'builds'), 'utf8').trim().split('\n').length;

    it('says what to install when there is no .NET SDK', async () => {
      const { code, stderr } = await start();
      assert.equal(code, 69);
      assert.match(stderr, /no \.NET SDK was found/);
      assert.match(stderr, /sudo apt-get install -y dotnet-sdk-10\.0/);
    });

    it('says so when the SDK is too old', async () => {
      fakeSdk('8.0.100');
      assert.match((await start()).stderr, /older than 10/);
    });

    it('builds once for two callers at the same time, and not again', async () => {
      fakeSdk('10.0.100');
      const both = await Promise.all([start(), start()]);
      assert.deepEqual(
        both.map(({ stdout }) => stdout),
        ['built x\n', 'built x\n'],
      );
      assert.equal((await start()).stdout, 'built x\n');
      assert.equal(builds(), 1);
    });

    it('builds anew when a source has changed', async () => {
      fakeSdk('10.0.100');
      await start();
      fs.writeFileSync(path.join(folder, 'checkout', 'tools', 'powershell-host', 'Program.cs'), '// two');
      await start();
      assert.equal(builds(), 2);
    });

    it('shows what a failed build said and leaves nothing behind', async () => {
      fakeSdk('10.0.100', 'echo "error NU1101: no such package" >&2; exit 1');
      const { code, stderr } = await start();
      assert.equal(code, 69);
      assert.match(stderr, /NuGet could not deliver[\s\S]*NU1101/);
      assert.deepEqual(fs.readdirSync(path.join(folder, 'checkout', '.cache', 'powershell-host')), []);
    });

    it('takes over the lock of a builder that was killed', async () => {
      fakeSdk('10.0.100');
      await start();
      const cache = path.join(folder, 'checkout', '.cache', 'powershell-host');
      const [build] = fs.readdirSync(cache);
      assert.ok(build);
      fs.rmSync(path.join(cache, build), { recursive: true });
      // A process id that nothing has: the highest that Linux allows.
      fs.writeFileSync(path.join(cache, `${build}.lock`), '4194304');
      assert.equal((await start()).stdout, 'built x\n');
    });
  });
});
